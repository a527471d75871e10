"""Networks whose input model.json describes itself: TorchScript, ONNX and MONAI share all but how they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.engine import AirTiles, Drawing, Progress
from model.engines.network.air import Skipping, skipping_for, together
from model.engines.network.labelling import Found
from model.engines.network.memory import smaller
from model.engines.network.orientation import oriented
from model.engines.network.placed import Placed
from model.engines.network.resample import CUBIC, LINEAR, new_shape
from model.engines.network.series import algorithm_of, require_fits
from model.engines.network.structures import entries_of, structures_of
from model.engines.network.way import Grids, Way, computed_by
from model.engines.network.window import Shape, Window
from model.engines.plain.normalise import air_in, normalised
from model.errors import InputRefused
from model.packages.document import Label, LowerPrecision, Precision
from model.packages.package import Package
from model.volume.volume import Volume

# Networks stride by powers of two; tiles shrink in these steps.
STEP: Shape = (16, 16, 16)


class Plain:
    """Draws with one network: turned, resampled and normalised as model.json says, tile by tile."""

    def __init__(self, package: Package, place: Callable[[Shape], Placed]) -> None:
        """Try the network on a tile; raises InputRefused when its answer is not what model.json promises.

        ``place`` loads the network, given the shape of a tile.
        """
        document = package.document
        if len(document.networks) != 1:
            raise InputRefused("PACKAGE_DOCUMENT", f"A package of the kind {document.engine} has one network.")
        if document.input.spacing is None or document.inference.patch is None:
            raise InputRefused("PACKAGE_DOCUMENT", "model.json lacks input.spacing or inference.patch.")
        self.package = package
        inference = document.inference
        self._window = Window(document.inference.patch, inference.overlap, inference.gaussian, inference.flips)
        self._air = air_in(document.input.normalisation)
        self.placed = place(self._window.patch)
        self._classes = _channels(self.placed.way, self._window.patch)
        most = max(label.value for label in document.labels)
        # With sigmoid each channel is a structure, above one half by itself: channel i is value i + 1.
        self._by_channel = inference.activation == "sigmoid"
        if most > (self._classes if self._by_channel else self._classes - 1):
            raise InputRefused(
                "LABELS", f"The network has {self._classes} channels, and model.json names the value {most}."
            )

    @property
    def runtime(self) -> str:
        """What computes the network: results of the test of precision hold for this alone."""
        return self.placed.way.runtime

    @property
    def precision(self) -> Precision:
        """In what it is computed."""
        return self.placed.way.precision

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """In what it can be computed in place of fp32, the most exact first."""
        return self.placed.way.lower_precisions

    @property
    def computed_by(self) -> str:
        """What computes the network, and in which precision: results of the test of air hold for this alone."""
        return computed_by([self.placed.way])

    @property
    def sees_air(self) -> bool:
        """Whether air is one number to the network."""
        return self._air is not None

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw what the network finds; raises EngineFailed for another modality or when memory does not suffice."""
        beyond = require_fits(self.package, volume)
        document = self.package.document
        image = oriented(volume, document.input.orientation)
        array = image.array
        told: list[AirTiles] = []

        def attempt(way: Way, window: Window) -> Found:
            # Smaller tiles are others than those of the test.
            air = self._air if window == self._window else None
            skipping = skipping_for(self.package, self.computed_by, air, told)
            name = document.networks[0].name
            return self._found(way, array, image.spacing, window, lambda part: progress(part, name), skipping)

        found, short = self.placed.drawn(self._window, self._smaller, attempt)
        notes = (*beyond, *short)
        voxel_ml = float(np.prod(image.spacing)) / 1000.0
        if isinstance(found, tuple):
            shape = volume.array.shape
            regions = [(label, image.turn.back(found[label.value - 1], shape)) for label in document.labels]
            structures, missing = structures_of(np.zeros((0, 0, 0), dtype=np.uint16), (), voxel_ml, regions)
        else:
            numbered: list[tuple[int, Label]] = [(label.value, label) for label in document.labels]
            structures, missing = structures_of(image.back(found), numbered, voxel_ml)
        if notes:
            structures = [replace(one, flags=(*one.flags, *dict.fromkeys(notes))) for one in structures]
        skipped = together(told)
        algorithm = algorithm_of(self.package, self.placed.way.label, self.runtime, self.precision, skipped)
        return Drawing(algorithm, tuple(structures), tuple(missing), entries_of(document.labels), skipped)

    def _smaller(self, patch: Shape) -> Shape | None:
        """Return the next smaller tile that the network takes: one that was traced may take no other than its own."""
        less = smaller(patch, STEP)
        while less is not None:
            try:
                if _channels(self.placed.way, less) == self._classes:
                    return less
            except InputRefused:
                pass
            less = smaller(less, STEP)
        return None

    def _found(
        self,
        way: Way,
        array: NDArray[np.float32] | NDArray[np.int16],
        spacing: tuple[float, float, float],
        window: Window,
        progress: Callable[[float], None],
        skipping: Skipping | None,
    ) -> Found:
        wanted = self.package.document.input
        assert wanted.spacing is not None, "checked when the engine was made"
        box = tuple(slice(0, size) for size in array.shape)
        if self.package.document.inference.crop == "nonzero":
            box = _nonzero(array)
        cropped = array[box]
        fine: Shape = (cropped.shape[0], cropped.shape[1], cropped.shape[2])
        coarse = new_shape(fine, spacing, wanted.spacing)
        order = CUBIC if wanted.interpolation == "cubic" else LINEAR
        image = way.resampled(np.array(cropped, dtype=np.float32, order="C"), coarse, (order, order, order))
        image, grids = normalised(image, wanted.normalisation), Grids(coarse, fine)
        if self._by_channel:
            start = (box[0].start, box[1].start, box[2].start)
            masks = way.regions(image, window, grids, self._classes, progress, skipping)
            return tuple(_shifted(one, start) for one in masks)
        labels = way.labels(image, window, grids, self._classes, progress, skipping)
        if labels.shape == array.shape:
            return labels
        whole = np.zeros(array.shape, dtype=np.uint16)
        whole[box] = labels
        return whole


def _shifted(mask: BoxedMask, start: tuple[int, int, int]) -> BoxedMask:
    z, y, x = (a + b for a, b in zip(mask.origin, start, strict=True))
    return BoxedMask((z, y, x), mask.array)


def _nonzero(array: NDArray[np.float32] | NDArray[np.int16]) -> tuple[slice, ...]:
    mask = array != 0
    if not mask.any():
        return tuple(slice(0, size) for size in array.shape)
    spans = []
    for axis in range(3):
        hits = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return tuple(spans)


def _channels(way: Way, patch: Shape) -> int:
    """Channels of the network's answer to a tile; raises InputRefused when it has another shape than the tile."""
    try:
        channels = way.channels(patch)
    except (RuntimeError, ValueError, TypeError) as error:
        raise InputRefused(
            "NETWORK", f"The network does not take a tile of {patch} voxels ({type(error).__name__})."
        ) from None
    if not channels:
        raise InputRefused("NETWORK", "The network's answer to a tile is not (1, channels) and the tile's own shape.")
    return channels
