"""Is a structure set drawn on this series? By its frame of reference and its image references, both.

Source: DICOM PS3.3 C.8.8.5 (Structure Set module), C.7.4.1 (Frame of Reference: coordinates of two have no relation).
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from model.errors import InputRefused
from model.rtstruct.items import items, text
from model.rtstruct.modules import RT_STRUCTURE_SET_STORAGE
from model.series.geometry import SeriesGeometry


@dataclass(frozen=True, slots=True)
class References:
    """What a structure set names: frames of reference (its own list's, and its ROIs'), series, images."""

    frames: frozenset[str]
    series: frozenset[str]
    images: frozenset[str]


def references_of(dataset: Dataset) -> References:
    """Everything that the Referenced Frame of Reference Sequence and the ROIs name."""
    frames, series, images = set(), set(), set()
    for frame in items(dataset, "ReferencedFrameOfReferenceSequence"):
        frames.add(text(frame, "FrameOfReferenceUID"))
        for study in items(frame, "RTReferencedStudySequence"):
            for one in items(study, "RTReferencedSeriesSequence"):
                series.add(text(one, "SeriesInstanceUID"))
                images |= {text(image, "ReferencedSOPInstanceUID") for image in items(one, "ContourImageSequence")}
    frames |= {text(roi, "ReferencedFrameOfReferenceUID") for roi in items(dataset, "StructureSetROISequence")}
    return References(frozenset(frames - {""}), frozenset(series - {""}), frozenset(images - {""}))


def require_reference(dataset: Dataset, geometry: SeriesGeometry) -> References:
    """Raise InputRefused, with what disagrees, unless this is a structure set of the series."""
    if text(dataset, "SOPClassUID") != RT_STRUCTURE_SET_STORAGE:
        raise InputRefused("NOT_RTSTRUCT", "The file is no RT structure set.")
    found = references_of(dataset)
    own_frame = geometry.frame_of_reference_uid in found.frames
    own_series = not found.series or geometry.series_uid in found.series
    if not own_frame and not own_series:
        raise InputRefused(
            "OTHER_SERIES", "The structure set refers to another series; give the series that it was drawn on."
        )
    if not own_series:
        raise InputRefused(
            "OTHER_SERIES",
            "The structure set has the frame of reference of this series, but was drawn on another series of it; "
            "give the series that it was drawn on.",
        )
    if not own_frame:
        raise InputRefused(
            "OTHER_FRAME",
            "The structure set refers to this series, but names another frame of reference: its coordinates have no "
            "place on these images. One of the two was changed after drawing; export both again.",
        )
    if found.images and not found.images & {plane.sop_instance_uid for plane in geometry.planes}:
        raise InputRefused(
            "OTHER_IMAGES",
            "The structure set names this series, but none of its images: they were made again or replaced after "
            "drawing. Give the images that it was drawn on.",
        )
    return found
