"""RT structure sets of any origin to masks on the grid of a series."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from model.contours.filling import fill
from model.contours.structure import BoxedMask
from model.errors import InputRefused
from model.rtstruct.modules import RT_STRUCTURE_SET_STORAGE
from model.series.geometry import SeriesGeometry

CONTOUR_DATA = 0x30060050
CONTOUR_GEOMETRIC_TYPE = 0x30060042
CONTOUR_SEQUENCE = 0x30060040
CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
# A contour whose points are farther than this from one plane, in parts of a slice, is not drawn on slices.
WARP = 0.25
# Contours written with few decimals may miss their slice by this much, however thin the slices are.
ROUNDING_MM = 0.05


@dataclass(frozen=True)
class RoiMask:
    """One ROI on the grid of the series.

    ``colour`` is RGB; ``off_grid`` counts closed contours that lie on no slice of the series, ``not_closed`` the
    points and open contours: neither is in the mask.
    """

    number: int
    name: str
    colour: tuple[int, int, int]
    mask: BoxedMask
    off_grid: int = 0
    not_closed: int = 0


def read_masks(dataset: Dataset, geometry: SeriesGeometry) -> tuple[RoiMask, ...]:
    """Fill every ROI of a structure set, each contour on the slice that it lies on.

    Contours of one slice are combined by exclusive or, which is right for keyholes, for nested contours and for
    CLOSEDPLANAR_XOR. An ROI without contours has an empty mask.

    Raises InputRefused when the dataset is no RT structure set, refers to another series, or holds contours that
    cannot be read or are not parallel to the slices.
    """
    require_reference(dataset, geometry)
    items = {_whole(item.get("ReferencedROINumber")): item for item in dataset.get("ROIContourSequence") or ()}
    masks = []
    for roi in dataset.get("StructureSetROISequence") or ():
        number = _whole(roi.get("ROINumber"))
        masks.append(_roi(number, str(roi.get("ROIName") or f"ROI {number}"), items.get(number), geometry))
    if masks and all(roi.mask.empty for roi in masks) and any(roi.off_grid for roi in masks):
        raise InputRefused("CONTOURS_OUTSIDE", "No contour of the structure set lies on a slice of the series.")
    return tuple(masks)


def require_reference(dataset: Dataset, geometry: SeriesGeometry) -> None:
    """Raise InputRefused unless this is a structure set of the series, by its references or else its frame."""
    if str(dataset.get("SOPClassUID", "")) != RT_STRUCTURE_SET_STORAGE:
        raise InputRefused("NOT_RTSTRUCT", "The file is no RT structure set.")
    frames = list(dataset.get("ReferencedFrameOfReferenceSequence") or ())
    series = {
        str(item.get("SeriesInstanceUID"))
        for frame in frames
        for study in frame.get("RTReferencedStudySequence") or ()
        for item in study.get("RTReferencedSeriesSequence") or ()
    }
    named = {str(frame.get("FrameOfReferenceUID")) for frame in frames}
    named |= {str(roi.get("ReferencedFrameOfReferenceUID")) for roi in dataset.get("StructureSetROISequence") or ()}
    if (series and geometry.series_uid not in series) or geometry.frame_of_reference_uid not in named:
        raise InputRefused(
            "OTHER_SERIES", "The structure set refers to another series; give the series that it was drawn on."
        )


def _roi(number: int, name: str, item: Dataset | None, geometry: SeriesGeometry) -> RoiMask:
    texts, not_closed = [], 0
    for contour in _contours(item):
        if str(contour.get("ContourGeometricType", "")).strip() in CLOSED:
            texts.append(_data(contour))
        else:
            not_closed += 1
    given = item.get("ROIDisplayColor") if item is not None else None
    red, green, blue = [_whole(part) for part in given] if given and len(given) == 3 else (255, 0, 0)
    points, lengths = _numbers([text for text in texts if text])
    mask, off_grid = place(points, lengths, geometry)
    return RoiMask(number, name, (red, green, blue), mask, off_grid, not_closed)


def place(points: NDArray[np.float64], lengths: NDArray[np.int32], geometry: SeriesGeometry) -> tuple[BoxedMask, int]:
    """Fill contours given in patient coordinates.

    ``points`` is (n, 3) float64, LPS mm; ``lengths`` (m,) points of each contour. Returns the mask and how many
    contours lie on no slice. Raises InputRefused when a contour is not parallel to the slices.
    """
    if not len(lengths):
        return fill(np.zeros((0, 2)), lengths, lengths, geometry.shape), 0
    starts = np.cumsum(lengths) - lengths
    heights = points @ geometry.normal
    lowest, highest = np.minimum.reduceat(heights, starts), np.maximum.reduceat(heights, starts)
    middle = (lowest + highest) / 2
    nearest = geometry.nearest(middle)
    reach = np.maximum(geometry.thicknesses[nearest], 2 * ROUNDING_MM)
    if bool(np.any(highest - lowest > WARP * reach + ROUNDING_MM)):
        raise InputRefused("CONTOURS_TILTED", "The structure set holds contours that are not parallel to the slices.")
    on_grid = np.abs(middle - geometry.offsets[nearest]) <= reach / 2 + ROUNDING_MM
    keep = np.repeat(on_grid, lengths)
    lengths, slices, points = lengths[on_grid], nearest[on_grid].astype(np.int32), points[keep]
    plane = np.repeat(slices, lengths)
    inward = _inward(geometry)[plane]
    pixels = np.einsum("nij,nj->ni", inward, points - geometry.positions[plane])
    mask = fill(pixels, lengths, slices, geometry.shape)
    return mask, int(np.count_nonzero(~on_grid))


def _inward(geometry: SeriesGeometry) -> NDArray[np.float64]:
    """For each slice (2, 3) float64: mm from its first voxel to (row, column) in pixels.

    By its own directions, which rounding leaves neither quite parallel to the others' nor quite perpendicular.
    """
    outward = [
        np.stack(
            [
                np.array(plane.column_direction) * plane.spacing[0],
                np.array(plane.row_direction) * plane.spacing[1],
            ],
            axis=1,
        )
        for plane in geometry.planes
    ]
    return np.asarray(np.linalg.pinv(np.stack(outward)), dtype=np.float64)


def _contours(item: Dataset | None) -> Iterator[Dataset]:
    if item is not None:
        yield from item.get("ContourSequence") or ()


def _data(contour: Dataset) -> bytes:
    """ContourData as text, whether it was read as DS, as UN (explicit VR beyond 64 KB), or set as numbers."""
    if CONTOUR_DATA not in contour:
        return b""
    value = contour.get_item(CONTOUR_DATA).value
    if value is None:
        return b""
    if not isinstance(value, bytes):
        value = "\\".join(str(part) for part in value).encode("ascii")
    return value.strip(b" \0")


def _numbers(texts: list[bytes]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Decimal strings of contours to (n, 3) float64 and (m,) lengths."""
    counts = np.array([text.count(b"\\") + 1 for text in texts], dtype=np.int32)
    with warnings.catch_warnings():
        # numpy only warns where a text is no number.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            values = np.fromstring(b"\\".join(texts).decode("ascii"), dtype=np.float64, sep="\\")
        except (DeprecationWarning, ValueError):
            values = np.empty(0)
    if len(values) != int(counts.sum()) or bool(np.any(counts % 3)) or not bool(np.all(np.isfinite(values))):
        raise InputRefused(
            "CONTOURS_UNREADABLE", "The structure set holds contour data that are no triples of numbers."
        )
    return values.reshape(-1, 3), (counts // 3).astype(np.int32)


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise InputRefused("NOT_RTSTRUCT", "The structure set has an ROI without a number.") from None
