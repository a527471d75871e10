"""The pixels of a series that is not sealed yet, read from its folder slice by slice: it is never held in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from model.series.geometry import plane_of
from model.series.header import SliceHeader
from model.volume.interleaved import BLOCKS, sheets_alternate
from plugin.privacy.candidate import Candidate
from plugin.privacy.unchecked import UncheckedFolder


class SeriesPixels(Sequence[NDArray[np.integer]]):
    """The stored pixels of each slice, (row, column), 8 or 16 bit, in the order of the files; read each time."""

    def __init__(self, folder: UncheckedFolder, candidates: Sequence[Candidate]) -> None:
        self._folder = folder
        self._candidates = candidates

    def __len__(self) -> int:
        return len(self._candidates)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.integer]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[NDArray[np.integer]]: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.integer] | Sequence[NDArray[np.integer]]:
        if isinstance(index, slice):
            return SeriesPixels(self._folder, self._candidates[index])
        one = self._candidates[index]
        return one.checked.pixels_in(self._folder.read(one.name))

    def alternate(self) -> bool:
        """Whether the slices, in the order of their positions, are those of two acquisitions in turn."""
        headers = [one.checked.texts() for one in self._candidates]
        planes = [plane_of(SliceHeader.from_texts(texts)) for texts in headers]
        away = [
            float(np.dot(plane.position, np.cross(plane.row_direction, plane.column_direction))) for plane in planes
        ]
        order = sorted(range(len(self)), key=away.__getitem__)

        def sheet(place: int) -> NDArray[np.float32]:
            texts, stored = headers[order[place]], self[order[place]]
            step = max(1, min(stored.shape) // (4 * BLOCKS))
            slope, intercept = float(texts.get("RescaleSlope") or 1), float(texts.get("RescaleIntercept") or 0)
            return slope * stored[::step, ::step].astype(np.float32) + intercept

        return sheets_alternate(len(order), sheet)
