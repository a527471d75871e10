"""A DICOM SEG beside a stored structure set: the same voxels, made from its own contours, with the patient in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID

from model.contours.structure import Structure
from model.engines.engine import Algorithm, Drawing
from model.rtstruct.read import read_masks
from model.seg.write import segmentation
from model.series.geometry import geometry_of
from model.series.header import SliceHeader

# What the UIDs of the new object are made from.
SERIES, INSTANCE = "segmentation series", "segmentation instance"


def segmentation_of(
    rtstruct: bytes,
    headers: Sequence[Dataset],
    algorithm: Algorithm,
    made_uid: Callable[[str], str],
) -> bytes:
    """Rasterise a restored structure set onto its series and write it as DICOM SEG.

    ``headers`` are the original slices, or frames of enhanced images as model.series.enhanced gives them, in any order,
    without pixels. ``made_uid`` gives the same UID for the same
    name each time: the same arguments give the same bytes, so that a repeated step stores the same object again.
    Raises InputRefused when highdicom is not installed.
    """
    geometry = geometry_of(SliceHeader.from_dataset(header) for header in headers)
    structures = pydicom.dcmread(io.BytesIO(rtstruct))
    masks = read_masks(structures, geometry)
    drawing = Drawing(algorithm, tuple(Structure(roi.name, roi.mask) for roi in masks if not roi.mask.empty))
    now = datetime.strptime(f"{structures.StructureSetDate}{str(structures.StructureSetTime)[:6]}", "%Y%m%d%H%M%S")
    made = pydicom.dcmread(io.BytesIO(segmentation(geometry, headers, drawing, label="AutoContour", now=now)))
    _repeat(made, made_uid, now)
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _repeat(made: Dataset, made_uid: Callable[[str], str], now: datetime) -> None:
    """Put the job's own identifiers and the structure set's time in the place of random and present ones."""
    made.SeriesInstanceUID, made.SOPInstanceUID = UID(made_uid(SERIES)), UID(made_uid(INSTANCE))
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    for dimension in (*made.DimensionOrganizationSequence, *made.DimensionIndexSequence):
        dimension.DimensionOrganizationUID = UID(made_uid("segmentation dimensions"))
    for segment in made.SegmentSequence:
        segment.TrackingUID = UID(made_uid(f"segment {segment.SegmentNumber}"))
    date, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    for item in (made, *made.get("ContributingEquipmentSequence", ())):
        for keyword in ("InstanceCreation", "Content", "Series"):
            if keyword + "Date" in item:
                setattr(item, keyword + "Date", date)
                setattr(item, keyword + "Time", time)
        if "ContributionDateTime" in item:
            item.ContributionDateTime = date + time
