"""Pixel data of one series → a volume in the order of its planes, rescaled.

Sources: DICOM PS3.3 C.7.6.3 (Image Pixel), C.11.1.1.2 (Modality LUT: output = slope × stored + intercept).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset

from model.errors import InputRefused
from model.series.geometry import SeriesGeometry
from model.series.header import SliceHeader
from model.volume.volume import Volume

# Slices that are held undecoded at a time.
BATCH = 32
INT16 = np.iinfo(np.int16)


def load_volume(
    slices: Iterable[Path | str | Dataset],
    geometry: SeriesGeometry,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Volume:
    """Decode and rescale the slices of ``geometry``, given in any order as files or as pydicom datasets.

    Slices that are no part of the geometry (localizers) are left out. ``progress`` gets fractions from 0 to 1.
    Raises InputRefused when a slice of the geometry is missing, comes twice, is no single-frame grayscale image
    of the geometry's size, or cannot be decoded.
    """
    place = {plane.sop_instance_uid: index for index, plane in enumerate(geometry.planes)}
    left_out = {one.sop_instance_uid for one in geometry.left_out}
    volume = _Accumulator(geometry.shape)
    seen: set[int] = set()

    # Decoders release the interpreter lock for most of their work, so two slices are decoded at a time.
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for uid, stored, slope, intercept in _decoded(slices, pool):
            if uid in left_out:
                continue
            if uid not in place:
                raise InputRefused("PIXELS_FOREIGN", "A file is no slice of the series that is to be contoured.")
            index = place[uid]
            if index in seen:
                raise InputRefused("SLICE_TWICE", "Two files of the series carry the same SOP Instance UID.")
            if stored.shape != geometry.shape[1:]:
                raise InputRefused("PIXELS_SHAPE", "A slice's pixel data is no single grayscale image of its size.")
            volume.put(index, stored, slope, intercept)
            seen.add(index)
            progress(len(seen) / len(place))
    if len(seen) != len(place):
        raise InputRefused(
            "PIXELS_MISSING", f"{len(place) - len(seen)} slice(s) of the series came without their pixel data."
        )
    return Volume(volume.array, geometry)


def series_in(directory: Path) -> tuple[list[Path], list[SliceHeader]]:
    """The DICOM image files in a folder and below, with their headers; other files are passed over.

    Raises InputRefused when there is none.
    """
    paths, headers = [], []
    for path in sorted(one for one in directory.rglob("*") if one.is_file()):
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
        except (pydicom.errors.InvalidDicomError, EOFError):
            continue
        if "Rows" in dataset:
            paths.append(path)
            headers.append(SliceHeader.from_dataset(dataset))
    if not paths:
        raise InputRefused("SERIES_EMPTY", "The folder holds no DICOM image.")
    return paths, headers


class _Accumulator:
    """The growing array: int16 as long as every value fits, float32 from the first slice that does not."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.array: NDArray[np.int16] | NDArray[np.float32] = np.zeros(shape, dtype=np.int16)

    def put(self, index: int, stored: NDArray[Any], slope: float, intercept: float) -> None:
        whole = slope.is_integer() and intercept.is_integer() and np.issubdtype(stored.dtype, np.integer)
        if whole and self.array.dtype == np.int16:
            ends = [int(stored.min()) * int(slope) + int(intercept), int(stored.max()) * int(slope) + int(intercept)]
            if min(ends) >= INT16.min and max(ends) <= INT16.max:
                self.array[index] = (
                    stored.astype(np.int32) * int(slope) + int(intercept) if slope != 1 or intercept else stored
                )
                return
        if self.array.dtype == np.int16:
            self.array = self.array.astype(np.float32)
        self.array[index] = stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _decoded(
    slices: Iterable[Path | str | Dataset], pool: ThreadPoolExecutor
) -> Iterator[tuple[str, NDArray[Any], float, float]]:
    """Slices as they are decoded, a batch at a time: an executor's map would read the whole series first."""
    waiting = iter(slices)
    while batch := list(islice(waiting, BATCH)):
        yield from pool.map(_decode_one, batch)


def _decode_one(one: Path | str | Dataset) -> tuple[str, NDArray[Any], float, float]:
    dataset = one if isinstance(one, Dataset) else _read(one)
    slope, intercept = _number(dataset, "RescaleSlope", 1.0), _number(dataset, "RescaleIntercept", 0.0)
    if slope == 0.0:
        raise InputRefused("PIXELS_RESCALE", "A slice has a RescaleSlope of 0, so its values mean nothing.")
    if int(dataset.get("NumberOfFrames") or 1) != 1 or int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise InputRefused("PIXELS_SHAPE", "A slice's pixel data is no single grayscale image of its size.")
    try:
        stored = dataset.pixel_array
    except (AttributeError, ValueError, RuntimeError, NotImplementedError, KeyError, EOFError) as error:
        raise InputRefused(
            "PIXELS_UNREADABLE",
            "The pixel data of a slice is missing, cut off or in a transfer syntax that cannot be decoded here.",
        ) from error
    return str(dataset.SOPInstanceUID), stored, slope, intercept


def _read(path: Path | str) -> Dataset:
    try:
        return pydicom.dcmread(path)
    except (pydicom.errors.InvalidDicomError, EOFError, OSError) as error:
        raise InputRefused("PIXELS_UNREADABLE", "A file of the series cannot be read as DICOM.") from error


def _number(dataset: Dataset, keyword: str, default: float) -> float:
    try:
        value = dataset.get(keyword)
        return default if value is None or value == "" else float(value)
    except (TypeError, ValueError) as error:
        raise InputRefused("PIXELS_RESCALE", f"A slice's {keyword} is no number.") from error
