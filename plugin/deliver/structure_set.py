"""A structure set taken apart into its ROIs, and put together again of those that are sent.

Contours are never decoded where the file is written in Implicit VR Little Endian, as ours are: a million numbers as
objects take seconds. Sources: DICOM PS3.3 C.8.8.5, C.8.8.6 and C.8.8.8; PS3.5 6.2 (DS has at most 16 bytes).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence as DicomSequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import ImplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from model.dicom.tags import CONTOUR_SEQUENCE
from model.errors import InputRefused
from model.rtstruct.file import read_structure_set
from model.rtstruct.items import contour_data, items, text, whole

DS_BYTES = 16
# Among the bytes of a sequence, a number of too many bytes has a backslash before or behind it, which no UID has.
_LONG_NUMBER = re.compile(rb"\\[0-9eE+\-. ]{17}|[0-9eE+\-. ]{17}\\")


@dataclass(frozen=True)
class Roi:
    """What the three sequences of a structure set hold of one ROI."""

    number: int
    name: str
    item: Dataset
    contours: Dataset | None
    observations: list[Dataset]

    @property
    def empty(self) -> bool:
        """Whether it has no contour."""
        if self.contours is None or Tag(CONTOUR_SEQUENCE) not in self.contours:
            return True
        value = self.contours.get_item(CONTOUR_SEQUENCE).value
        return value is None or len(value) == 0


def opened(content: bytes) -> Dataset:
    """Read a structure set; raises InputRefused."""
    dataset = read_structure_set(content)
    if dataset.file_meta.get("TransferSyntaxUID") != ImplicitVRLittleEndian:
        # What is not decoded is written as it was read, which only the same encoding allows.
        for _ in dataset.iterall():
            pass
    return dataset


def rois_of(dataset: Dataset) -> tuple[Roi, ...]:
    """Return the ROIs in their order; raises InputRefused when nobody knows whose the contours are."""
    contours = _by_number(items(dataset, "ROIContourSequence"))
    observations = _by_number(items(dataset, "RTROIObservationsSequence"))
    found: list[Roi] = []
    for item in items(dataset, "StructureSetROISequence"):
        number = whole(text(item, "ROINumber"))
        drawn = contours.get(number, [])
        if number is None or len(drawn) > 1 or any(number == one.number for one in found):
            raise InputRefused("ROI_NUMBER", "The numbers of the ROIs are not unique, so nobody knows what is whose.")
        found.append(Roi(number, _name(item), item, drawn[0] if drawn else None, observations.get(number, [])))
    return tuple(found)


def _name(item: Dataset) -> str:
    try:
        return str(item.get("ROIName") or "").strip()
    except Exception:  # noqa: BLE001 - a name in an unknown encoding costs the name, not the ROI
        return ""


def _by_number(found: Iterable[Dataset]) -> dict[int | None, list[Dataset]]:
    sorted_out: dict[int | None, list[Dataset]] = {}
    for item in found:
        sorted_out.setdefault(whole(text(item, "ReferencedROINumber")), []).append(item)
    return sorted_out


def own_frame(dataset: Dataset, rois: Sequence[Roi]) -> str:
    """Return the frame of reference that the structure set is drawn in: its own, or that of most of its ROIs."""
    frames = Counter(text(roi.item, "ReferencedFrameOfReferenceUID") for roi in rois)
    own = text(dataset, "FrameOfReferenceUID")
    return own if own in frames else frames.most_common(1)[0][0] if frames else own


def keep_only(dataset: Dataset, rois: Sequence[Roi], *, empty_contours: bool) -> None:
    """Write the sequences of these ROIs, in this order.

    Args:
        dataset: The structure set.
        rois: What stays.
        empty_contours: Whether an ROI without contours keeps its item of ROI Contour Sequence.
    """
    drawn = [roi.contours for roi in rois if roi.contours is not None and (empty_contours or not roi.empty)]
    dataset.StructureSetROISequence = DicomSequence([roi.item for roi in rois])
    # Type 1 (PS3.3 C.8.8.6): a set of empty ROIs alone is refused before.
    dataset.ROIContourSequence = DicomSequence(drawn)
    dataset.RTROIObservationsSequence = DicomSequence([one for roi in rois for one in roi.observations])
    numbers = {roi.number for roi in rois}
    for one in dataset.RTROIObservationsSequence:
        related = [item for item in items(one, "RTRelatedROISequence") if _refers_to(item) in numbers]
        _set_or_delete(one, "RTRelatedROISequence", related)
        _set_or_delete(one, "RelatedRTROIObservationsSequence", [])


def keep_frame(dataset: Dataset, frame: str) -> None:
    """Leave out the references of other frames of reference, which nothing is drawn in any more."""
    frames = list(items(dataset, "ReferencedFrameOfReferenceSequence"))
    kept = [one for one in frames if text(one, "FrameOfReferenceUID") == frame]
    if kept and len(kept) < len(frames):
        dataset.ReferencedFrameOfReferenceSequence = DicomSequence(kept)


def _refers_to(item: Dataset) -> int | None:
    return whole(text(item, "ReferencedROINumber"))


def _set_or_delete(dataset: Dataset, keyword: str, kept: list[Dataset]) -> None:
    if keyword not in dataset:
        return
    if kept:
        setattr(dataset, keyword, DicomSequence(kept))
    else:
        delattr(dataset, keyword)


def shorten_numbers(dataset: Dataset, rois: Sequence[Roi]) -> int:
    """Write decimal strings of more than 16 bytes shorter, contours and headers; returns how many there were."""
    count = _shorten_own(dataset) + sum(_shorten_own(roi.item) for roi in rois)
    for roi in rois:
        if roi.contours is None or roi.empty:
            continue
        # pydicom's types leave out what it read and has not converted yet.
        element: Any = roi.contours.get_item(CONTOUR_SEQUENCE)
        if isinstance(element, RawDataElement) and not _LONG_NUMBER.search(element.value or b""):
            continue
        for contour in items(roi.contours, "ContourSequence"):
            parts = contour_data(contour).decode("ascii", "replace").split("\\")
            long = sum(len(part) > DS_BYTES for part in parts)
            if long:
                contour.ContourData = [_short(part) for part in parts]
                count += long
    return count


def _shorten_own(dataset: Dataset) -> int:
    count = 0
    for tag in list(dataset.keys()):
        if _vr(tag) != "DS":  # of an implicit file, elements know no VR
            continue
        parts = text(dataset, keyword_for_tag(tag)).split("\\")
        long = sum(len(part) > DS_BYTES for part in parts)
        if long:
            dataset.add_new(tag, "DS", [_short(part) for part in parts])
            count += long
    return count


def _vr(tag: BaseTag) -> str:
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return ""


def _short(part: str) -> str:
    return part if len(part) <= DS_BYTES else format_number_as_ds(float(part))


def file_of(dataset: Dataset) -> bytes:
    """Return the structure set as a file in Implicit VR Little Endian, which every node takes (PS3.5 10.1)."""
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    buffer = BytesIO()
    dcmwrite(buffer, dataset, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()
