"""A series as Orthanc's ``/series/{id}/instances-tags`` describes it, made up slice by slice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plugin.facts.dictionary import tag_of

AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
NORMALS: dict[tuple[float, ...], tuple[int, int, int]] = {
    AXIAL: (0, 0, 1),
    CORONAL: (0, 1, 0),
    SAGITTAL: (-1, 0, 0),
}


def element(value: Any) -> dict[str, Any]:
    """One element in Orthanc's full form: text, sequence or (None) binary."""
    if value is None:
        return {"Name": "Unknown Tag & Data", "Type": "Null", "Value": None}
    if isinstance(value, list):
        return {"Name": "", "Type": "Sequence", "Value": [tags(**item) for item in value]}
    return {"Name": "", "Type": "String", "Value": str(value)}


def tags(**attributes: Any) -> dict[str, Any]:
    """Tags of one instance, or item: by keyword, or by ``gggg,eeee`` in a dictionary."""
    return {tag_of(key) or key: element(value) for key, value in attributes.items()}


def tags_of(dataset: Any) -> dict[str, Any]:
    """A dataset of pydicom as Orthanc describes it."""
    found = {}
    for one in dataset:
        tag = f"{one.tag.group:04x},{one.tag.element:04x}"
        if one.VR == "SQ":
            found[tag] = {"Name": one.name, "Type": "Sequence", "Value": [tags_of(item) for item in one.value]}
        elif one.VR in ("OB", "OW", "UN"):
            found[tag] = element(None)
        else:
            values = one.value if one.VM > 1 else [one.value]
            found[tag] = element("\\".join("" if value is None else str(value) for value in values))
    return found


def slice_tags(offset: float, number: int, orientation: Iterable[float] = AXIAL, **attributes: Any) -> dict[str, Any]:
    """One CT slice at ``offset`` mm along z (or along its normal); ``attributes`` on top."""
    axes = tuple(orientation)
    normal = NORMALS.get(axes, (0, 0, 1))
    position = tuple(offset * part for part in normal)
    usual = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "SOPInstanceUID": f"2.25.{abs(hash((offset, number, axes, tuple(sorted(map(str, attributes.items())))))):d}",
        "StudyInstanceUID": "2.25.1",
        "SeriesInstanceUID": "2.25.2",
        "FrameOfReferenceUID": "2.25.3",
        "Modality": "CT",
        "ImageType": "ORIGINAL\\PRIMARY\\AXIAL",
        "InstanceNumber": number,
        "ImagePositionPatient": "\\".join(f"{part:g}" for part in position),
        "ImageOrientationPatient": "\\".join(f"{part:g}" for part in axes),
        "PixelSpacing": "0.8\\0.8",
        "Rows": 512,
        "Columns": 512,
        "SliceThickness": 3,
    }
    return tags(**(usual | attributes))


def stack(
    count: int, step: float = 3.0, start: float = 0.0, orientation: Iterable[float] = AXIAL, **attributes: Any
) -> list[dict[str, Any]]:
    """Slices at equal distances."""
    return [slice_tags(start + step * n, n + 1, orientation, **attributes) for n in range(count)]


def series(*slices: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The answer of ``/series/{id}/instances-tags``."""
    return {f"instance-{number}": one for number, one in enumerate(slices)}
