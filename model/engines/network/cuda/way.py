"""All of a network's way on one device: image in, labels out; tested on torch's CPU device too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from model.contours.structure import BoxedMask
from model.engines.network.cuda.batches import Batches, CudaRoom, Room, TensorPredict
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.labelling import labels_of, regions_of
from model.engines.network.cuda.resample import resampled
from model.engines.network.cuda.window import slices
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

    def labels(self, image: Array, window: Window, grids: Grids, classes: int, progress: Fraction) -> Labels:
        """As Way says."""
        with torch.inference_mode():
            sheets = self._sheets(image, window, grids, classes, progress)
            return labels_of(sheets, grids.coarse, grids.fine, grids.back)

    def regions(
        self, image: Array, window: Window, grids: Grids, channels: int, progress: Fraction
    ) -> tuple[BoxedMask, ...]:
        """As Way says."""
        with torch.inference_mode():
            sheets = self._sheets(image, window, grids, channels, progress)
            return regions_of(sheets, grids.coarse, grids.fine, channels, grids.back)

    def channels(self, patch: Shape) -> int:
        """As Way says."""
        answer = self.place.run(self.predict)(torch.zeros((1, 1, *patch), device=self.place.device))
        whole = isinstance(answer, torch.Tensor) and answer.shape[:1] + answer.shape[2:] == (1, *patch)
        return int(answer.shape[1]) if whole else 0

    def _sheets(
        self, image: Array, window: Window, grids: Grids, classes: int, progress: Fraction
    ) -> Iterator[torch.Tensor]:
        """Averaged logits of each slice (classes, y, x) on the coarse grid, in order."""
        room: Room | None = CudaRoom(self.place.device) if self.together and self.place.device.type == "cuda" else None
        batches = Batches(self.place.run(self.predict), room)
        return slices(resampled(self._there(image), grids.coarse, grids.there), window, batches, classes, progress)

    def _there(self, array: Array) -> torch.Tensor:
        """Bring an image to the device.

        Not by way of page-locked memory: it goes once, nothing could be done meanwhile, and it would be copied there
        first (PyTorch's guide to pin_memory finds that slower).
        """
        return torch.from_numpy(array).to(self.place.device)
