"""A drawing to a DICOM RT structure set, contours exact on every slice.

Implicit VR Little Endian, because explicit VR turns a ContourData beyond 64 KB into UN (DICOM PS3.5 6.2.2) and readers
then find no contour.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from importlib.metadata import version

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, ImplicitVRLittleEndian, RTStructureSetStorage

from model.contours.outlines import Outlines, outline
from model.contours.placement import ContourData, Planes, contour_data, planes_of
from model.contours.structure import BoxedMask, Structure
from model.dicom.encoding import implicit_header
from model.dicom.tags import ROI_CONTOUR_SEQUENCE
from model.engines.engine import Drawing, Progress
from model.errors import InputRefused
from model.names.entry import Entry
from model.names.naming import entries_for
from model.rtstruct import modules
from model.rtstruct.contour_items import roi_item, slice_openings
from model.rtstruct.patient_study import copied_from
from model.rtstruct.written import NotWritten, StructureSet, WrittenRoi
from model.series.geometry import SeriesGeometry
from model.series.line import sideways
from model.series.uneven import uneven_steps


def _silent(fraction: float, words: str) -> None:
    """Progress that nobody watches."""


def structure_set(
    geometry: SeriesGeometry,
    source: Dataset,
    drawing: Drawing,
    *,
    series_uid: str,
    instance_uid: str,
    label: str,
    now: datetime,
    tolerance_mm: float = 0.0,
    keyholes: bool = True,
    progress: Progress = _silent,
) -> StructureSet:
    """Write an RT structure set.

    Args:
        geometry: Where the slices lie, from their headers.
        source: The header of one slice, from which patient and study are copied.
        drawing: What an engine drew on the grid of the series; empty structures are left out, and said.
        series_uid: Series Instance UID of the structure set.
        instance_uid: SOP Instance UID of the structure set.
        label: Becomes the structure set's label (16 characters), name and series description.
        now: Local time at the site.
        tolerance_mm: How far contours may be simplified, in mm; 0 keeps every voxel.
        keyholes: Whether holes are cut out by a narrow channel. Without, they are contours of their own, which
            readers that unite contours fill.
        progress: Called with a fraction from 0 to 1 and the name of the structure that was written.

    Raises:
        InputRefused: Nothing is left to write, two names collide, or a mask does not fit the series.

    Example:
        >>> folder = open_folder(Path("ct"))
        >>> heart = Structure("Heart", BoxedMask.crop(mask))  # (slice, row, column), bool
        >>> made = structure_set(folder.geometry, pydicom.dcmread(folder.files[0], stop_before_pixels=True),
        ...                      Drawing(algorithm, (heart,)), series_uid=generate_uid(), instance_uid=generate_uid(),
        ...                      label="AutoContour", now=datetime.now(UTC).astimezone())
        >>> Path("rtstruct.dcm").write_bytes(made.content)
    """
    drawn = [structure for structure in drawing.structures if not structure.mask.empty]
    left_out = [NotWritten(s.label, "empty") for s in drawing.structures if s.mask.empty]
    left_out += [NotWritten(missing.label, missing.reason) for missing in drawing.not_drawn]
    if not drawn:
        raise InputRefused("NOTHING_DRAWN", "Every structure is empty, so there is no structure set to write.")
    for structure in drawn:
        require_inside(structure, geometry)
    entries = entries_for([structure.label for structure in drawn], drawing.names)
    planes, openings = planes_of(geometry), slice_openings(geometry)
    rois: list[WrittenRoi] = []
    pieces: list[bytes] = []
    spacing = geometry.planes[0].spacing
    trace = partial(_trace, planes=planes, spacing=spacing, tolerance_mm=tolerance_mm, keyholes=keyholes)
    # The compiled part leaves Python's lock, so structures are traced side by side.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        traced = pool.map(trace, (structure.mask for structure in drawn))
        for number, (structure, entry, (outlines, data)) in enumerate(
            zip(drawn, entries, traced, strict=True), start=1
        ):
            # Joined at once: the pieces of a contour are ten times as many objects.
            pieces.append(b"".join(roi_item(number, entry.colour, outlines, data, openings)))
            rois.append(_written(number, structure, entry, outlines, geometry))
            progress(number / len(drawn), entry.name)
    dataset = copied_from(source)
    modules.identify(dataset, series_uid=series_uid, instance_uid=instance_uid, label=label, now=now)
    modules.tell_origin(dataset, drawing.algorithm, version("orthanc-autocontour"), now)
    modules.refer(dataset, geometry)
    dataset.StudyInstanceUID = geometry.study_uid
    # Beside its images in a list that is sorted by number.
    dataset.SeriesNumber = None
    if "SeriesNumber" in source:
        dataset["SeriesNumber"] = source.get_item("SeriesNumber")
    dataset.StructureSetROISequence = DicomSequence([modules.roi_of(roi, geometry, drawing.algorithm) for roi in rois])
    dataset.RTROIObservationsSequence = DicomSequence(
        [modules.observation_of(roi, entry) for roi, entry in zip(rois, entries, strict=True)]
    )
    remarks = tuple(_remarks(geometry))
    return StructureSet(_file(dataset, instance_uid, pieces), tuple(rois), tuple(left_out), remarks)


def _trace(
    mask: BoxedMask, *, planes: Planes, spacing: tuple[float, float], tolerance_mm: float, keyholes: bool
) -> tuple[Outlines, ContourData]:
    outlines = outline(mask, spacing=spacing, tolerance_mm=tolerance_mm, keyholes=keyholes)
    return outlines, contour_data(outlines, planes)


def require_inside(structure: Structure, geometry: SeriesGeometry) -> None:
    """Raise InputRefused when a mask reaches beyond the series."""
    ends = np.add(structure.mask.origin, structure.mask.shape)
    if min(structure.mask.origin) < 0 or bool(np.any(ends > geometry.shape)):
        raise InputRefused("LABELS_OUTSIDE", "A structure reaches beyond the slices of the series.")


def _written(
    number: int, structure: Structure, entry: Entry, outlines: Outlines, geometry: SeriesGeometry
) -> WrittenRoi:
    first = structure.mask.origin[0]
    counts = structure.mask.counts.slices
    areas = counts * (geometry.planes[0].spacing[0] * geometry.planes[0].spacing[1])
    volume = float(areas @ geometry.thicknesses[first : first + len(counts)]) / 1000.0
    return WrittenRoi(
        number=number,
        name=entry.name,
        full_name=entry.full,
        label=structure.label,
        volume_cm3=volume,
        contours=len(outlines.lengths),
        points=len(outlines.points),
        flags=structure.flags,
    )


def _remarks(geometry: SeriesGeometry) -> list[str]:
    remarks = []
    missing = sum(len(gap.offsets) for gap in geometry.gaps)
    if missing:
        remarks.append(f"{missing} slice(s) are missing from the series; nothing is drawn in the gap")
    elif (uneven := uneven_steps(geometry)) is not None:
        remarks.append(uneven)
    if (moved := sideways(geometry)) is not None:
        remarks.append(f"{moved.removesuffix('?')}; contours are right on each, models see them in line")
    if geometry.left_out:
        remarks.append(f"{len(geometry.left_out)} localizer image(s) of the series are not referenced")
    return remarks


def _file(dataset: Dataset, instance_uid: str, contours: Sequence[bytes]) -> bytes:
    """Return the whole file: what pydicom writes before and after the contours, and the contours' bytes between."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RTStructureSetStorage
    meta.MediaStorageSOPInstanceUID = UID(instance_uid)
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    before, after = Dataset(), Dataset()
    for tag in sorted(dataset.keys()):
        part = before if tag < ROI_CONTOUR_SEQUENCE else after
        part[tag] = dataset.get_item(tag)
    before.file_meta = meta
    opening = DicomBytesIO()
    dcmwrite(opening, before, implicit_vr=True, little_endian=True, enforce_file_format=True)
    closing = DicomBytesIO()
    closing.is_implicit_VR, closing.is_little_endian = True, True
    write_dataset(closing, after)
    length = sum(len(piece) for piece in contours)
    return b"".join([opening.getvalue(), implicit_header(ROI_CONTOUR_SEQUENCE, length), *contours, closing.getvalue()])
