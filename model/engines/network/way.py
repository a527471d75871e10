"""How a network is applied to an image: on the CPU around any runtime, or all of it on a device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.network.air import Part, Skipping, background_of_labels, background_of_regions, stand_in
from model.engines.network.head import Head
from model.engines.network.labelling import Labels, labels_of
from model.engines.network.regions import regions_of
from model.engines.network.resample import resampled
from model.engines.network.window import Predict, Shape, Window, mirrored, slices
from model.packages.document import LowerPrecision, Precision
from model.packages.precision import runtime_of

Array = NDArray[np.float32]
Orders = tuple[int, int, int]
Fraction = Callable[[float], None]


@dataclass(frozen=True)
class Grids:
    """The grid (z, y, x) that the network sees and that of the image, with the orders of the splines back and there."""

    coarse: Shape
    fine: Shape
    back: Orders = (1, 1, 1)
    there: Orders = (1, 1, 1)


class Way(Protocol):
    """Resampling, window and labels around one network; ``label`` is such as ``cpu fp32``."""

    @property
    def label(self) -> str:
        """Where and in which precision, for whoever reads the structure set."""
        ...

    @property
    def runtime(self) -> str:
        """What computes, as ``model.engines.network.machine`` names it; empty where it has one precision only."""
        ...

    @property
    def precision(self) -> Precision:
        """In what it computes."""
        ...

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """In what its device or runtime can compute in place of fp32, the most exact first."""
        ...

    def resampled(self, array: Array, wanted: Shape, orders: Orders) -> Array:
        """(z, y, x) on another grid of the same extent."""
        ...

    def labels(
        self,
        image: Array,
        window: Window,
        grids: Grids,
        classes: int,
        progress: Fraction,
        skipping: Skipping | None = None,
    ) -> Labels:
        """(z, y, x) uint16 on the fine grid: the largest class.

        An image on another grid is resampled first, and let go then: it is of use only to who holds it.
        """
        ...

    def regions(
        self,
        image: Array,
        window: Window,
        grids: Grids,
        channels: int,
        progress: Fraction,
        skipping: Skipping | None = None,
    ) -> tuple[BoxedMask, ...]:
        """Return a mask on the fine grid for each channel, where it is above 0, of an image as for ``labels``."""
        ...

    def channels(self, patch: Shape) -> int:
        """Channels of the answer to a tile of zeros; 0 when it has another shape than the tile."""
        ...


def computed_by(ways: Sequence[Way]) -> str:
    """Return the name of what computes networks, each in its precision: results of the test of air hold for it."""
    return runtime_of([f"{way.runtime or way.label} in {way.precision}" for way in ways])


def _nothing() -> None:
    """Give back nothing."""


@dataclass(frozen=True)
class OnCpu:
    """In numpy and C around a runtime that computes tiles.

    ``head`` is the network's last layer where the runtime leaves it to be applied to what the tiles give together;
    ``rest`` gives back the runtime's memory when an image is done.
    """

    predict: Predict
    label: str = "cpu fp32"
    runtime: str = ""
    precision: Precision = "fp32"
    head: Head | None = None
    rest: Callable[[], None] = _nothing

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """As Way says."""
        return ("bf16",)

    def resampled(self, array: Array, wanted: Shape, orders: Orders) -> Array:
        """As Way says."""
        return resampled(array, wanted, orders)

    def labels(
        self,
        image: Array,
        window: Window,
        grids: Grids,
        classes: int,
        progress: Fraction,
        skipping: Skipping | None = None,
    ) -> Labels:
        """As Way says."""
        image = self.resampled(image, grids.coarse, grids.there)
        with self._resting():
            sheets = self._sheets(image, window, classes, progress, skipping, background_of_labels)
            return labels_of(sheets, grids.coarse, grids.fine, grids.back)

    def regions(
        self,
        image: Array,
        window: Window,
        grids: Grids,
        channels: int,
        progress: Fraction,
        skipping: Skipping | None = None,
    ) -> tuple[BoxedMask, ...]:
        """As Way says."""
        image = self.resampled(image, grids.coarse, grids.there)
        with self._resting():
            sheets = self._sheets(image, window, channels, progress, skipping, background_of_regions)
            return regions_of(sheets, grids.coarse, grids.fine, channels, grids.back)

    def channels(self, patch: Shape) -> int:
        """As Way says."""
        with self._resting():
            answer = self.predict(np.zeros((1, 1, *patch), dtype=np.float32))
            whole = isinstance(answer, np.ndarray) and answer.shape[:1] + answer.shape[2:] == (1, *patch)
            found = answer.shape[1] if whole else 0
        return int(self.head.classes if whole and self.head is not None else found)

    def _sheets(
        self,
        image: Array,
        window: Window,
        classes: int,
        progress: Fraction,
        skipping: Skipping | None,
        background: Callable[[Array], bool],
    ) -> Iterator[Array]:
        """Averaged logits of each slice (classes, y, x), in order; those in air are ``background`` alone."""
        head = self.head
        channels = classes if head is None else head.channels

        def run(tile: Array) -> Array:
            answer: Array = mirrored(self.predict, tile[None, None], window.flips)[0].copy()
            return answer

        def is_background(answer: Array, part: Part) -> bool:
            z, y, x = part
            sheets = (answer[:, index, y, x] for index in range(z.start, z.stop))
            return all(background(one) for one in (sheets if head is None else head.on(sheets)))

        known = stand_in(lambda: image, window, channels, skipping, run, is_background)
        found = slices(image, window, self.predict, channels, progress, known)
        return found if head is None else head.on(found)

    @contextmanager
    def _resting(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.rest()
