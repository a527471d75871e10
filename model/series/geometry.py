"""The geometry of a series from every one of its slices: order, gaps, positions; never from the first alone.

Patient coordinates are DICOM's LPS in mm; voxel indices are (slice, row, column) with slices along the normal.
Sources: DICOM PS3.3 C.7.6.2.1.1 (Image Plane), C.7.6.1.1.2 (ImageType value 3 LOCALIZER).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.series import refusals
from model.series.header import SliceHeader
from model.series.parallel import Vector, alike
from model.series.steps import Hole, holes

# Two slices nearer than this lie at one position.
SAME_POSITION_MM = 1e-3
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(?:\.0*)?")
# A decimal string of any length (PS3.5 6.2); Python takes more for a number than DICOM does.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
# As scanners of several makers write it, alone or among other words of a value.
_LOCALIZER = re.compile(
    r"(?<![A-Z])(LOC|LOCALI[SZ]ERS?|SCOUT|TOPOGRAM|SCANOGRAM|SURVEY|SURVIEW|PILOT)(?![A-Z])|CT_SOM\d+ TOP\b"
)


@dataclass(frozen=True, slots=True)
class SlicePlane:
    """One slice: where its voxels lie.

    ``position`` is the centre of the first voxel; ``row_direction`` the unit vector along increasing column
    index (IOP values 1-3), ``column_direction`` along increasing row index (IOP values 4-6);
    ``spacing`` is (between rows, between columns) in mm, as PixelSpacing; ``number`` is InstanceNumber, None where it
    is not a number.
    """

    sop_instance_uid: str
    sop_class_uid: str
    position: Vector
    position_text: tuple[str, str, str]
    row_direction: Vector
    column_direction: Vector
    spacing: tuple[float, float]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class CommonPlane:
    """What the planes of a volume share, as in SlicePlane; directions are (3,) float64, LPS."""

    row_direction: NDArray[np.float64]
    column_direction: NDArray[np.float64]
    spacing: tuple[float, float]

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit normal, row direction × column direction; (3,) float64."""
        normal = np.cross(self.row_direction, self.column_direction)
        return np.asarray(normal / np.linalg.norm(normal), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A slice of the series that is no part of the volume, and why (``localizer``)."""

    sop_instance_uid: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where slices are missing: between ``after`` and ``after + 1``, at these offsets along the normal (mm)."""

    after: int
    offsets: tuple[float, ...]


@dataclass(frozen=True)
class SeriesGeometry:
    """The planes of one volume, sorted along their common normal."""

    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    modality: str
    rows: int
    columns: int
    planes: tuple[SlicePlane, ...]
    left_out: tuple[LeftOut, ...] = ()
    slice_thickness_mm: float = 0.0

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return len(self.planes), self.rows, self.columns

    @cached_property
    def common(self) -> CommonPlane:
        """Directions and spacing that all slices share within less than half a pixel: the median of each value."""
        return _common(self.planes)

    @cached_property
    def normal(self) -> NDArray[np.float64]:
        """Unit normal of the common plane; (3,) float64, LPS."""
        return self.common.normal

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """Centre of the first voxel of each slice; (slices, 3) float64, LPS mm."""
        return np.array([plane.position for plane in self.planes], dtype=np.float64)

    @cached_property
    def offsets(self) -> NDArray[np.float64]:
        """Signed distance of each slice from the origin along the normal, ascending; (slices,) float64 mm."""
        return np.asarray(self.positions @ self.normal, dtype=np.float64)

    @cached_property
    def steps(self) -> NDArray[np.float64]:
        """Distances between neighbouring slices; (slices - 1,) float64 mm."""
        return np.diff(self.offsets)

    @property
    def spacing_mm(self) -> float:
        """Median distance between neighbouring slices in mm; 0 for a single slice."""
        return float(np.median(self.steps)) if len(self.planes) > 1 else 0.0

    @cached_property
    def thicknesses(self) -> NDArray[np.float64]:
        """Part of the normal that each slice stands for, for volumes; (slices,) float64 mm.

        Half way to each neighbour, but never into a gap where slices are missing. A single slice has no neighbour:
        its thickness is ``slice_thickness_mm``.
        """
        if len(self.planes) == 1:
            return np.array([self.slice_thickness_mm], dtype=np.float64)
        halves = self.steps / 2
        for hole in self._holes:
            halves[hole.after] = hole.usual / 2
        return np.asarray(np.append(halves[:1], halves) + np.append(halves, halves[-1:]), dtype=np.float64)

    def nearest(self, heights: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of the slice nearest to each height along the normal; (n,) mm to (n,) int64."""
        offsets = self.offsets
        after = np.clip(np.searchsorted(offsets, heights), 1, max(len(offsets) - 1, 1))
        before = after - 1
        after = np.minimum(after, len(offsets) - 1)
        return np.where(heights - offsets[before] <= offsets[after] - heights, before, after)

    @property
    def uniform(self) -> bool:
        """Whether all steps agree within 1 % of their median."""
        return len(self.planes) < 3 or bool(np.ptp(self.steps) <= 0.01 * self.spacing_mm)

    @property
    def tilt_degrees(self) -> float:
        """Angle between the normal and the line through the slice positions (gantry tilt); 0 for one slice."""
        if len(self.planes) < 2:
            return 0.0
        line = self.positions[-1] - self.positions[0]
        cosine = abs(float(line @ self.normal)) / float(np.linalg.norm(line))
        return float(np.degrees(np.arccos(min(1.0, cosine))))

    @property
    def orientation(self) -> str:
        """AXIAL, CORONAL, SAGITTAL, or OBLIQUE when the normal is more than 20 degrees off every axis."""
        axis = int(np.argmax(np.abs(self.normal)))
        if abs(float(self.normal[axis])) < np.cos(np.radians(20.0)):
            return "OBLIQUE"
        return ("SAGITTAL", "CORONAL", "AXIAL")[axis]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Places where slices are missing: steps that the series around them does not share."""
        found = []
        for hole in self._holes:
            length = float(self.steps[hole.after])
            count = max(1, round(length / hole.usual) - 1)
            start, step = float(self.offsets[hole.after]), length / (count + 1)
            found.append(Gap(hole.after, tuple(start + step * (n + 1) for n in range(count))))
        return tuple(found)

    @cached_property
    def _holes(self) -> tuple[Hole, ...]:
        return holes(self.steps, [plane.number for plane in self.planes])


def is_localizer(header: SliceHeader) -> bool:
    """Whether a word of ImageType calls the slice a localizer: 3-PLANE LOC, SCOUT, CT_SOM5 TOP, LOCALIZER."""
    return any(_LOCALIZER.search(value.upper()) for value in header.image_type)


def geometry_of(headers: Iterable[SliceHeader]) -> SeriesGeometry:
    """Sort the slices of one series along their normal, in whatever order they come.

    Raises InputRefused when what was given cannot be one volume: no slice, several series, studies, modalities
    or frames of reference, a frame of reference missing, planes without position or orientation, slices that
    are not parallel or of different matrix or pixel spacing, two slices at one position or with one UID.
    """
    everything = list(headers)
    left_out = tuple(LeftOut(h.sop_instance_uid, "localizer") for h in everything if is_localizer(h))
    slices = [header for header in everything if not is_localizer(header)]
    if not slices:
        raise refusals.only_localizers(len(left_out))
    _one_value(slices, "series_uid", "SERIES_MIXED", "SeriesInstanceUID")
    _one_value(slices, "study_uid", "SERIES_MIXED", "StudyInstanceUID")
    _one_value(slices, "modality", "SERIES_MIXED", "Modality")
    _one_value(slices, "frame_of_reference_uid", "FRAME_OF_REFERENCE", "FrameOfReferenceUID")
    if not slices[0].frame_of_reference_uid:
        raise refusals.no_frame_of_reference()
    if len({header.sop_instance_uid for header in slices}) != len(slices):
        raise refusals.slice_twice()
    _one_value(slices, "rows", "GEOMETRY_MIXED", "Rows")
    _one_value(slices, "columns", "GEOMETRY_MIXED", "Columns")
    rows, columns = _count(slices[0].rows, "Rows"), _count(slices[0].columns, "Columns")
    planes = [plane_of(header) for header in slices]
    if not alike(planes, rows, columns):
        raise refusals.planes_differ()
    normal = _common(planes).normal
    planes.sort(key=lambda plane: float(np.dot(plane.position, normal)))
    geometry = SeriesGeometry(
        study_uid=slices[0].study_uid,
        series_uid=slices[0].series_uid,
        frame_of_reference_uid=slices[0].frame_of_reference_uid,
        modality=slices[0].modality,
        rows=rows,
        columns=columns,
        planes=tuple(planes),
        left_out=left_out,
        slice_thickness_mm=_thickness(slices[0].slice_thickness),
    )
    if coinciding := int(np.count_nonzero(geometry.steps < SAME_POSITION_MM)):
        raise refusals.slices_coincide(coinciding)
    return geometry


def require_whole(geometry: SeriesGeometry) -> None:
    """Raise InputRefused when slices are missing, naming how many and where along the normal in mm."""
    if gaps := geometry.gaps:
        between = [(geometry.offsets[gap.after], geometry.offsets[gap.after + 1], len(gap.offsets)) for gap in gaps]
        raise refusals.slices_missing([(float(low), float(high), count) for low, high, count in between])


def plane_of(header: SliceHeader) -> SlicePlane:
    """Read one image plane; raises InputRefused when position, orientation or spacing are missing or no numbers."""
    position = _numbers(header.position, 3, "ImagePositionPatient")
    orientation = _numbers(header.orientation, 6, "ImageOrientationPatient")
    spacing = _numbers(header.pixel_spacing, 2, "PixelSpacing")
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.9 or max(lengths) > 1.1 or abs(float(row @ column)) > 0.01:
        raise refusals.no_orientation()
    if min(spacing) <= 0:
        raise refusals.no_spacing()
    row, column = row / lengths[0], column / lengths[1]
    x, y, z = header.position
    return SlicePlane(
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        position=(position[0], position[1], position[2]),
        position_text=(x, y, z),
        row_direction=(float(row[0]), float(row[1]), float(row[2])),
        column_direction=(float(column[0]), float(column[1]), float(column[2])),
        spacing=(spacing[0], spacing[1]),
        number=int(number[1]) if (number := _WHOLE.fullmatch(header.instance_number)) else None,
    )


def _one_value(slices: Sequence[SliceHeader], field: str, code: str, keyword: str) -> None:
    count = len({getattr(header, field) for header in slices})
    if count > 1:
        raise refusals.several_values(code, keyword, count)


def _common(planes: Sequence[SlicePlane]) -> CommonPlane:
    directions = np.array([(plane.row_direction, plane.column_direction) for plane in planes], dtype=np.float64)
    spacing = np.median(np.array([plane.spacing for plane in planes], dtype=np.float64), axis=0)
    row, column = np.median(directions, axis=0)
    return CommonPlane(row, column, (float(spacing[0]), float(spacing[1])))


def _numbers(texts: tuple[str, ...], count: int, keyword: str) -> tuple[float, ...]:
    if not any(texts):
        raise refusals.unusable(keyword, "is missing or empty")
    if not all(_DECIMAL.fullmatch(text) for text in texts):
        comma = " (a comma is no decimal point in DICOM)" if any("," in text for text in texts) else ""
        raise refusals.unusable(keyword, f"holds what is no number{comma}")
    numbers = tuple(float(text) for text in texts)
    if len(numbers) != count:
        raise refusals.unusable(keyword, f"has {len(numbers)} value(s) instead of {count}")
    if not np.all(np.isfinite(numbers)):
        raise refusals.unusable(keyword, "holds a number that is not finite")
    return numbers


def _thickness(text: str) -> float:
    """SliceThickness, which nothing but the volume of a single slice depends on; 0 when it is unknown."""
    try:
        thickness = float(text)
    except ValueError:
        return 0.0
    return thickness if np.isfinite(thickness) and thickness > 0 else 0.0


def _count(text: str, keyword: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise refusals.unusable(keyword, "is missing, or no whole number above 0")
    return int(text)
