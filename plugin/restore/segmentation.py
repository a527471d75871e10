"""A DICOM SEG beside a stored structure set: the same voxels, made from its own contours, with the patient in it."""

from __future__ import annotations

import io
from collections.abc import Sequence
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


def segmentation_of(
    rtstruct: bytes,
    headers: Sequence[Dataset],
    algorithm: Algorithm,
    *,
    series_uid: str,
    instance_uid: str,
    now: datetime,
) -> bytes:
    """Rasterise a restored structure set onto its series and write it as DICOM SEG.

    ``headers`` are the original slices, in any order, without pixels. Raises InputRefused when highdicom is not
    installed.
    """
    geometry = geometry_of(SliceHeader.from_dataset(header) for header in headers)
    by_uid = {str(header.SOPInstanceUID): header for header in headers}
    masks = read_masks(pydicom.dcmread(io.BytesIO(rtstruct)), geometry)
    drawing = Drawing(algorithm, tuple(Structure(roi.name, roi.mask) for roi in masks if not roi.mask.empty))
    sources = [by_uid[plane.sop_instance_uid] for plane in geometry.planes]
    made = pydicom.dcmread(io.BytesIO(segmentation(geometry, sources, drawing, label="AutoContour", now=now)))
    # The job's own identifiers, so that a repeated step stores the same object again.
    made.SeriesInstanceUID, made.SOPInstanceUID = UID(series_uid), UID(instance_uid)
    made.file_meta.MediaStorageSOPInstanceUID = UID(instance_uid)
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
