"""Whether what became of a real series is true of its files, from pydicom's reading of them and nothing of the package.

Each outcome says something of the series: that its slices are one volume, that one is missing, that it is a mosaic.
What nobody can check here is not believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

from tests.builders.real_series import RealSeries

ENHANCED = (
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
)
# mm: two images nearer than this are of one place; a field narrower than this shows no whole body.
ONE_PLACE, BODY = 0.01, 250.0
# A step so many times the usual one is a hole; wider steps up to an end are thicker slices, unless numbers skip there.
HOLE = 1.5
# What a secondary capture has (DICOM PS3.3 C.8.6.1).
CAPTURE = ("ConversionType", "SecondaryCaptureDeviceManufacturer", "SecondaryCaptureDeviceManufacturerModelName")
NO_SLICE_WORDS = {"PROJECTION IMAGE", "SCREEN SAVE", "REF_SURVIEW", "LOCALIZER", "DOSE_INFO", "CSA MIP", "REPORT"}


@dataclass(frozen=True)
class Frame:
    """One image: where its first pixel lies and how its rows and columns run, or None where the file does not say."""

    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    size: tuple[Any, ...]
    words: frozenset[str]
    number: int = 0


def frames_of(header: Dataset) -> Iterator[Frame]:
    """Yield every image of an object."""
    size = (header.get("Rows"), header.get("Columns"))
    groups = header.get("PerFrameFunctionalGroupsSequence")
    if not groups:
        yield Frame(
            _numbers(header.get("ImagePositionPatient")),
            _numbers(header.get("ImageOrientationPatient")),
            (*size, *(_numbers(header.get("PixelSpacing")) or ())),
            _words(header),
            int(header.get("InstanceNumber") or 0),
        )
        return
    shared = header.SharedFunctionalGroupsSequence[0]
    for group in groups:
        measures, plane, turned = (
            (group.get(keyword) or shared.get(keyword) or [Dataset()])[0]
            for keyword in ("PixelMeasuresSequence", "PlanePositionSequence", "PlaneOrientationSequence")
        )
        yield Frame(
            _numbers(plane.get("ImagePositionPatient")),
            _numbers(turned.get("ImageOrientationPatient")),
            (*size, *(_numbers(measures.get("PixelSpacing")) or ())),
            _words(header),
        )


def untrue(series: RealSeries, state: str, code: str) -> str | None:
    """Say why an outcome is not true of a series; None where it is."""
    claim = CLAIMS.get((state, code))
    if claim is None:
        return f"ended {state} {code}, of which nobody can say that it is true"
    said, holds = claim
    return None if holds(series) else f"ended {state} {code}, and it is not so that {said}"


def _numbers(value: Any) -> tuple[float, ...] | None:
    return tuple(float(one) for one in value) if value else None


def _words(header: Dataset) -> frozenset[str]:
    value = header.get("ImageType") or ()
    return frozenset(str(one).strip().upper() for one in ([value] if isinstance(value, str) else value))


def _slices(series: RealSeries) -> list[Frame]:
    """The images that are no localizers."""
    everything = [frame for header in series.headers for frame in frames_of(header)]
    return [frame for frame in everything if "LOCALIZER" not in frame.words]


def _offsets(frames: Sequence[Frame]) -> NDArray[np.float64] | None:
    """(n,) mm along the normal, frame by frame; None where images lie in different planes, or nothing says where."""
    placed = [(one.position, one.orientation) for one in frames if one.position and one.orientation]
    if not placed or len(placed) < len(frames):
        return None
    turned = np.array([orientation for _, orientation in placed])
    if np.abs(turned - turned[0]).max() > 1e-3 or len({one.size for one in frames}) > 1:
        return None
    return np.asarray(np.array([position for position, _ in placed]) @ np.cross(turned[0, :3], turned[0, 3:]))


def _steps(frames: Sequence[Frame]) -> NDArray[np.float64] | None:
    """(n - 1,) mm from each place to the next."""
    offsets = _offsets(frames)
    return None if offsets is None else np.diff(np.sort(offsets))


def _has_hole(frames: Sequence[Frame]) -> bool:
    offsets = _offsets(frames)
    if offsets is None or len(offsets) < 3:
        return False
    order = np.argsort(offsets)
    steps = np.diff(offsets[order])
    skips = np.abs(np.diff(np.array([frame.number for frame in frames])[order])) > 1
    wide = steps > HOLE * np.median(steps)
    usual = np.flatnonzero(~wide)
    return bool(wide[usual[0] : usual[-1]].any() or (wide & skips).any())


def _one_volume(series: RealSeries) -> bool:
    frames = _slices(series)
    steps = _steps(frames)
    frames_of_reference = {str(header.get("FrameOfReferenceUID") or "") for header in series.headers}
    return (
        steps is not None
        and bool((steps > ONE_PLACE).all())
        and not _has_hole(frames)
        and len(frames_of_reference) == 1
        and "" not in frames_of_reference
    )


def _doubled(series: RealSeries) -> bool:
    frames = _slices(series)
    if all(frame.words & {"MOSAIC", "VFRAME"} for frame in frames):
        return True
    steps = _steps(frames)
    if steps is None:
        return False
    places = 1 + int((steps > ONE_PLACE).sum())
    return len(frames) >= 1.5 * places


def _several(series: RealSeries) -> bool:
    numbers = {str(header.get("AcquisitionNumber") or "") for header in series.headers}
    return _offsets(_slices(series)) is None or len(numbers) > 1


def _small(series: RealSeries) -> bool:
    frame = _slices(series)[0]
    rows, columns, row_mm, column_mm = (*frame.size, 1.0, 1.0)[:4]
    return bool(min(rows * row_mm, columns * column_mm) < BODY)


def _no_slice(header: Dataset) -> bool:
    return (
        header.get("SOPClassUID") not in (CTImageStorage, MRImageStorage, *ENHANCED)
        or bool(_words(header) & NO_SLICE_WORDS)
        or any(header.get(keyword) for keyword in CAPTURE)
        or int(header.get("SamplesPerPixel") or 1) > 1
        or int(header.get("NumberOfFrames") or 1) > 1
    )


def _other_values(header: Dataset) -> bool:
    rescale = str(header.get("RescaleType") or "HU").strip()
    return rescale not in ("HU", "US", "") or bool(_words(header) & {"PERFUSION", "DENSITY", "MAT_VALUE_BASED"})


def _each(test: Callable[[Dataset], bool]) -> Callable[[RealSeries], bool]:
    return lambda series: all(test(header) for header in series.headers)


# For each state and code what it says of a series, and whether that is so.
CLAIMS: Mapping[tuple[str, str], tuple[str, Callable[[RealSeries], bool]]] = {
    ("done", ""): ("its slices are one volume without a hole, in one frame of reference", _one_volume),
    ("ignored", ""): ("it is neither CT nor MR", _each(lambda one: one.Modality not in ("CT", "MR"))),
    ("imageless", ""): ("it holds no image", _each(lambda one: "Rows" not in one)),
    ("not stored", ""): ("it is neither CT nor MR", _each(lambda one: one.Modality not in ("CT", "MR"))),
    ("excluded", "SERIES_EMPTY"): ("every image is a localizer", lambda series: not _slices(series)),
    ("excluded", "NOT_A_SLICE"): ("no image is a slice of a scan", _each(_no_slice)),
    ("excluded", "SEVERAL_IMAGES"): ("most places have several images, or it is a mosaic", _doubled),
    ("failed", "FRAME_OF_REFERENCE"): (
        "an image has no FrameOfReferenceUID",
        lambda series: any(not header.get("FrameOfReferenceUID") for header in series.headers),
    ),
    ("failed", "FRAME_GROUPS"): (
        "an enhanced object does not describe its frames",
        _each(lambda one: len(one.get("PerFrameFunctionalGroupsSequence") or ()) != int(one.NumberOfFrames)),
    ),
    ("failed", "GEOMETRY_GAP"): ("slices are missing", lambda series: _has_hole(_slices(series))),
    ("failed", "SEVERAL_VOLUMES"): ("its images are of several planes or acquisitions", _several),
    ("failed", "VALUES_NOT_HU"): ("its values are no Hounsfield units", _each(_other_values)),
    ("failed", "NOTHING_DRAWN"): ("so little of a body is in view that nothing can be recognised", _small),
}
