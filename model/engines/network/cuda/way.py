"""All of a network's way on one device: image in, labels out; tested on torch's CPU device too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from model.contours.structure import BoxedMask
from model.engines.network.air import Part, Skipping, stand_in
from model.engines.network.cuda.batches import Batches, CudaRoom, Room, TensorPredict
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.labelling import labels_of, regions_of
from model.engines.network.cuda.resample import resampled
from model.engines.network.cuda.window import answered, slices
from model.engines.network.labelling import Labels
from model.engines.network.way import Array, Fraction, Grids, Orders
from model.engines.network.window import Shape, Window
from model.packages.document import LowerPrecision, Precision


@dataclass(frozen=True)
class OnDevice:
    """A network on a device, in one precision; its weights are there already.

    ``together``: whether it takes several tiles at a time.
    """

    predict: TensorPredict
    place: Device
    together: bool = False

    @property
    def label(self) -> str:
        """Such as ``cuda fp16``."""
        return self.place.label

    @property
    def runtime(self) -> str:
        """As Way says."""
        return self.place.runtime

    @property
    def precision(self) -> Precision:
        """As Way says."""
        return self.place.precision

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """As Way says."""
        return self.place.lower_precisions

    def resampled(self, array: Array, wanted: Shape, orders: Orders) -> Array:
        """As Way says."""
        if array.shape == wanted:
            return array
        with torch.inference_mode():
            found: Array = resampled(self._there(array), wanted, orders).cpu().numpy()
        return found

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
        with torch.inference_mode():
            coarse = resampled(self._there(image), grids.coarse, grids.there)
            del image
            sheets = self._sheets(coarse, window, classes, progress, skipping, _background_of_labels)
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
        with torch.inference_mode():
            coarse = resampled(self._there(image), grids.coarse, grids.there)
            del image
            sheets = self._sheets(coarse, window, channels, progress, skipping, _background_of_regions)
            return regions_of(sheets, grids.coarse, grids.fine, channels, grids.back)

    def channels(self, patch: Shape) -> int:
        """As Way says."""
        answer = self.place.run(self.predict)(torch.zeros((1, 1, *patch), device=self.place.device))
        whole = isinstance(answer, torch.Tensor) and answer.shape[:1] + answer.shape[2:] == (1, *patch)
        return int(answer.shape[1]) if whole else 0

    def _sheets(
        self,
        coarse: torch.Tensor,
        window: Window,
        classes: int,
        progress: Fraction,
        skipping: Skipping | None,
        background: Callable[[torch.Tensor], bool],
    ) -> Iterator[torch.Tensor]:
        """Averaged logits of each slice (classes, y, x) on the coarse grid; those in air are ``background`` alone."""
        room: Room | None = CudaRoom(self.place.device) if self.together and self.place.device.type == "cuda" else None
        predict = self.place.run(self.predict)

        def here() -> Array:
            seen: Array = coarse.cpu().numpy()
            return seen

        def run(tile: Array) -> torch.Tensor:
            return answered(self._there(tile), window, predict)

        def is_background(answer: torch.Tensor, part: Part) -> bool:
            return background(answer[(slice(None), *part)])

        known = stand_in(here, window, classes, skipping, run, is_background)
        return slices(coarse, window, Batches(predict, room), classes, progress, known)

    def _there(self, array: Array) -> torch.Tensor:
        """Bring an image to the device.

        Not by way of page-locked memory: it goes once, nothing could be done meanwhile, and it would be copied there
        first (PyTorch's guide to pin_memory finds that slower).
        """
        return torch.from_numpy(array).to(self.place.device)


def _background_of_labels(logits: torch.Tensor) -> bool:
    """Whether class 0 wins in every voxel of logits (classes, z, y, x)."""
    return all(bool((logits[0] > other).all()) for other in logits[1:])


def _background_of_regions(logits: torch.Tensor) -> bool:
    """Whether no channel of logits (channels, z, y, x) is set in any voxel."""
    return bool((logits < 0).all())
