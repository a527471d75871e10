"""Pixel data of one series → a volume in the order of its planes, rescaled.

Sources: DICOM PS3.3 C.7.6.3 (Image Pixel), C.11.1.1.2 (Modality LUT: output = slope × stored + intercept),
C.7.5.1.1.2 (Pixel Padding Value and Range).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset

from model.series.enhanced import images_of, is_enhanced
from model.series.geometry import SeriesGeometry
from model.series.refusals import slice_twice
from model.volume import refusals
from model.volume.acquisition import KEYWORDS, Acquisition, acquisition_of
from model.volume.meaning import Meaning, meaning_of
from model.volume.text_slice import TextSlice
from model.volume.volume import Volume

# One file of a series: where it lies, what was read of it, or what reads it when it is its turn.
Header = Dataset | TextSlice
Source = Path | str | Header | Callable[[], Header]
# Slices that are held undecoded at a time.
BATCH = 32
INT16 = np.iinfo(np.int16)
# Padding of a CT that its rescale makes brighter than 12 bits of HU reach would be taken for metal: it is air instead.
BRIGHTEST_HU, AIR_HU = 3071.0, -1024


def load_volume(
    slices: Iterable[Source],
    geometry: SeriesGeometry,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Volume:
    """Decode and rescale the slices of a series.

    Args:
        slices: Files, pydicom datasets with pixels, or functions that read one, in any order, enhanced images with all
            their frames among them; localizers, which are no part of the geometry, are left out.
        geometry: Where the slices lie.
        progress: Called with a fraction from 0 to 1.

    Returns:
        The values, (slice, row, column) in the order of ``geometry.planes``: int16, or float32 where they do not fit.

    Raises:
        InputRefused: A slice of the geometry is missing, comes twice, is not a single-frame grayscale image of the
            geometry's size, or cannot be decoded.
    """
    place = {plane.sop_instance_uid: index for index, plane in enumerate(geometry.planes)}
    left_out = {one.sop_instance_uid for one in geometry.left_out}
    seen: set[int] = set()
    meanings: list[Meaning] = []
    acquisitions: list[Acquisition] = []

    # Decoders and numpy release the interpreter lock for most of their work, so two slices are worked on at a time.
    threads = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1))
    with threads as pool, _Rescaling(geometry.shape, pool) as volume:
        for one in _decoded(slices, pool):
            if one.uid in left_out:
                continue
            if one.uid not in place:
                raise refusals.foreign()
            index = place[one.uid]
            if index in seen:
                raise slice_twice()
            if one.stored.shape != geometry.shape[1:]:
                raise refusals.another_size()
            volume.put(index, one)
            meanings.append(one.meaning)
            acquisitions.append(one.acquisition)
            seen.add(index)
            progress(len(seen) / len(place))
    if len(seen) != len(place):
        raise refusals.missing(len(place) - len(seen))
    return Volume(volume.array, geometry, Meaning.of(meanings), Acquisition.of(acquisitions))


@dataclass(frozen=True)
class _Slice:
    """One decoded slice: ``stored`` (row, column) as in the file, but for bright padding, which ``padding`` marks.

    ``padding`` is None where there is none; ``fits``: rescaled, all of it is whole numbers of 16 bits.
    """

    uid: str
    stored: NDArray[Any]
    slope: float
    intercept: float
    meaning: Meaning
    acquisition: Acquisition
    padding: NDArray[np.bool_] | None
    fits: bool


class _Rescaling:
    """The growing array: int16 as long as every value fits, float32 from the first slice that does not.

    Slices are rescaled into it in the threads of ``pool``; it is whole when the context ends.
    """

    def __init__(self, shape: tuple[int, int, int], pool: ThreadPoolExecutor) -> None:
        self.array: NDArray[np.int16] | NDArray[np.float32] = np.zeros(shape, dtype=np.int16)
        self._pool = pool
        self._under_way: deque[Future[None]] = deque()

    def __enter__(self) -> _Rescaling:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._wait(0)

    def put(self, index: int, one: _Slice) -> None:
        """Have a slice rescaled to its place, where no other is."""
        if self.array.dtype == np.int16 and not one.fits:
            self._wait(0)
            self.array = self.array.astype(np.float32)
        self._wait(BATCH)
        self._under_way.append(self._pool.submit(_rescale, one, self.array[index]))

    def _wait(self, left: int) -> None:
        while len(self._under_way) > left:
            self._under_way.popleft().result()


def _rescale(one: _Slice, plane: NDArray[np.int16] | NDArray[np.float32]) -> None:
    """Write the values of a slice into its plane; an int16 one has to fit."""
    if plane.dtype == np.int16:
        # In 16 bits throughout: what overflows on the way comes back, as the ends fit.
        plane[...] = one.stored
        plane *= np.int64(int(one.slope)).astype(np.int16)
        plane += np.int64(int(one.intercept)).astype(np.int16)
    else:
        plane[...] = one.stored.astype(np.float32) * np.float32(one.slope) + np.float32(one.intercept)
    if one.padding is not None:
        plane[one.padding] = AIR_HU


def _fits(stored: NDArray[Any], slope: float, intercept: float) -> bool:
    """Whether all values are whole numbers of 16 bits once they are rescaled."""
    if not stored.size:
        return True
    if not (slope.is_integer() and intercept.is_integer() and np.issubdtype(stored.dtype, np.integer)):
        return False
    ends = [int(end) * int(slope) + int(intercept) for end in (stored.min(), stored.max())]
    return min(ends) >= INT16.min and max(ends) <= INT16.max


def _decoded(slices: Iterable[Source], pool: ThreadPoolExecutor) -> Iterator[_Slice]:
    """Slices as they are decoded, a batch at a time: an executor's map would read the whole series first."""
    waiting = iter(slices)
    while batch := list(islice(waiting, BATCH)):
        for decoded in pool.map(_decode, batch):
            yield from decoded


def _decode(one: Source) -> Iterable[_Slice]:
    """Return the slice of a file, or those of an enhanced image, which are decoded as they are taken."""
    read = one if isinstance(one, Header) else one() if callable(one) else _read(one)
    if isinstance(read, TextSlice) or not is_enhanced(read):
        return (_decode_one(read),)
    return map(_decode_one, images_of(read))


def _decode_one(dataset: Header) -> _Slice:
    slope, intercept = _number(dataset, "RescaleSlope"), _number(dataset, "RescaleIntercept")
    if slope is not None and slope <= 0.0:
        raise refusals.slope_not_positive()
    if dataset.get("ModalityLUTSequence"):
        raise refusals.through_a_table()
    if "PixelData" not in dataset and ("FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset):
        raise refusals.floating_point()
    for keyword in ("NumberOfFrames", "SamplesPerPixel"):
        if int(dataset.get(keyword) or 1) != 1:
            raise refusals.no_single_image(keyword)
    if "PixelData" not in dataset:
        raise refusals.no_pixels()
    if isinstance(dataset, Dataset) and "PhotometricInterpretation" in dataset:
        # In capitals: decoders take no other.
        dataset.PhotometricInterpretation = str(dataset.PhotometricInterpretation).strip(" \0").upper()
    try:
        stored = dataset.pixel_array
    except (AttributeError, ValueError, RuntimeError, NotImplementedError, KeyError, EOFError) as error:
        raise refusals.undecodable() from error
    rescale = (1.0 if slope is None else slope, 0.0 if intercept is None else intercept)
    meaning = meaning_of(
        "\\".join(_values(dataset, "RescaleType")),
        _values(dataset, "ImageType"),
        rescaled=slope is not None and intercept is not None,
    )
    padding = _bright_padding(dataset, stored, *rescale) if _is_ct(dataset) else None
    if padding is not None:
        # Out of the way while the range of the values is looked at.
        stored = np.where(padding, stored[~padding].min(initial=stored.max()), stored)
    acquisition = acquisition_of({keyword: _values(dataset, keyword) for keyword in KEYWORDS})
    uid, fits = str(dataset.get("SOPInstanceUID")), _fits(stored, *rescale)
    return _Slice(uid, stored, *rescale, meaning, acquisition, padding, fits)


def _is_ct(dataset: Header) -> bool:
    return str(dataset.get("Modality")).strip(" \0").upper() == "CT"


def _bright_padding(dataset: Header, stored: NDArray[Any], slope: float, intercept: float) -> NDArray[np.bool_] | None:
    """Pixels of PixelPaddingValue (to PixelPaddingRangeLimit) that would be brighter than anything measured."""
    ends = [dataset.get("PixelPaddingValue"), dataset.get("PixelPaddingRangeLimit")]
    numbers = [_as_stored(end, stored) for end in ends if isinstance(end, int)]
    if not isinstance(ends[0], int) or min(numbers) * slope + intercept <= BRIGHTEST_HU:
        return None
    return np.asarray((stored >= min(numbers)) & (stored <= max(numbers)), dtype=np.bool_)


def _as_stored(value: int, stored: NDArray[Any]) -> int:
    """Return a padding value as pixels of this type hold it: writers disagree on its sign."""
    return int(np.array([value & (2 ** (8 * stored.dtype.itemsize) - 1)]).astype(stored.dtype)[0])


def _values(dataset: Header, keyword: str) -> list[str]:
    value = dataset.get(keyword)
    if value is None or isinstance(value, str):
        return [value or ""]
    return [str(part) for part in value]


def _read(path: Path | str) -> Dataset:
    try:
        return pydicom.dcmread(path)
    except (pydicom.errors.InvalidDicomError, EOFError, OSError) as error:
        raise refusals.unreadable() from error


def _number(dataset: Header, keyword: str) -> float | None:
    try:
        value = dataset.get(keyword)
        number = None if value is None or value == "" else float(value)
    except (TypeError, ValueError) as error:
        raise refusals.no_number(keyword) from error
    if number is not None and not np.isfinite(number):
        raise refusals.no_number(keyword)
    return number
