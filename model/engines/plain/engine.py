"""Networks whose input model.json describes itself: TorchScript, ONNX and MONAI share all but how they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.engine import Drawing, Progress
from model.engines.network import device as devices
from model.engines.network.labelling import Found, labels_of, regions_of
from model.engines.network.orientation import oriented
from model.engines.network.resample import CUBIC, LINEAR, new_shape, resampled
from model.engines.network.series import algorithm_of, require_fits
from model.engines.network.structures import entries_of, structures_of
from model.engines.network.window import Predict, Shape, Window, slices
from model.engines.plain.normalise import normalised
from model.errors import EngineFailed, InputRefused
from model.packages.document import Label
from model.packages.package import Package
from model.volume.volume import Volume

# Networks stride by powers of two; tiles shrink in these steps.
STEP: Shape = (16, 16, 16)


class Plain:
    """Draws with one network: turned, resampled and normalised as model.json says, tile by tile."""

    def __init__(
        self,
        package: Package,
        predict: Predict,
        device: torch.device,
        *,
        measure: bool = True,
        reload: Callable[[torch.device], Predict] | None = None,
    ) -> None:
        """Try the network on a tile; raises InputRefused when its answer is not what model.json promises.

        ``reload`` gives the same network on another device, for when memory runs out.
        """
        document = package.document
        if len(document.networks) != 1:
            raise InputRefused("PACKAGE_DOCUMENT", f"A package of the kind {document.engine} has one network.")
        if document.input.spacing is None or document.inference.patch is None:
            raise InputRefused("PACKAGE_DOCUMENT", "model.json lacks input.spacing or inference.patch.")
        self.package = package
        self._predict, self._reload = predict, reload
        inference = document.inference
        self._window = Window(document.inference.patch, inference.overlap, inference.gaussian, inference.flips)
        self._classes = _channels(predict, self._window.patch, device)
        most = max(label.value for label in document.labels)
        # With sigmoid each channel is a structure, above one half by itself: channel i is value i + 1.
        self._by_channel = inference.activation == "sigmoid"
        if most > (self._classes if self._by_channel else self._classes - 1):
            raise InputRefused(
                "LABELS", f"The network has {self._classes} channels, and model.json names the value {most}."
            )
        place = devices.Device(device)
        self._home = devices.measured(predict, self._window.patch, device, inference.precision) if measure else place
        self._place = self._home

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw what the network finds; raises EngineFailed for another modality or when memory does not suffice."""
        beyond = require_fits(self.package, volume)
        document = self.package.document
        image = oriented(volume, document.input.orientation)
        array = np.asarray(image.array, dtype=np.float32)
        found, short = self._drawn(array, image.spacing, lambda part: progress(part, document.networks[0].name))
        notes = (*beyond, *short)
        voxel_ml = float(np.prod(image.spacing)) / 1000.0
        if isinstance(found, tuple):
            shape = volume.array.shape
            regions = [(label, image.turn.back(found[label.value - 1], shape)) for label in document.labels]
            structures, missing = structures_of(np.zeros((0, 0, 0), dtype=np.uint16), (), voxel_ml, regions)
        else:
            numbered: list[tuple[int, Label]] = [(label.value, label) for label in document.labels]
            known = np.zeros(max(int(found.max()), max(number for number, _ in numbered)) + 1, dtype=np.uint16)
            known[[number for number, _ in numbered]] = [number for number, _ in numbered]
            structures, missing = structures_of(image.back(known[found]), numbered, voxel_ml)
        if notes:
            structures = [replace(one, flags=(*one.flags, *dict.fromkeys(notes))) for one in structures]
        algorithm = algorithm_of(self.package, self._place.label)
        return Drawing(algorithm, tuple(structures), tuple(missing), entries_of(document.labels))

    def _drawn(
        self, array: NDArray[np.float32], spacing: tuple[float, float, float], progress: Callable[[float], None]
    ) -> tuple[Found, list[str]]:
        """Return what is found, and what was done about short memory.

        It tries smaller tiles, then the CPU; then it raises EngineFailed.
        """
        if self._reload is not None and self._place != self._home:
            self._predict, self._place = self._reload(self._home.device), self._home
        window, notes = self._window, list[str]()
        while True:
            try:
                return self._found(array, spacing, window, progress), notes
            except (RuntimeError, MemoryError) as error:
                if not devices.out_of_memory(error):
                    raise
            less = self._smaller(window.patch)
            if less is not None:
                window = replace(window, patch=less)
                notes.append("drawn with smaller tiles, as memory was short")
            elif self._reload is not None and self._place.device.type != "cpu":
                self._place = devices.Device(torch.device("cpu"))
                self._predict, window = self._reload(self._place.device), self._window
                torch.cuda.empty_cache()
                notes.append("drawn on the CPU, as the GPU's memory was short")
            else:
                raise EngineFailed(
                    "OUT_OF_MEMORY", "The machine has too little memory for this series and model, tile by tile."
                )

    def _smaller(self, patch: Shape) -> Shape | None:
        """Return the next smaller tile that the network takes: one that was traced may take no other than its own."""
        less = devices.smaller(patch, STEP)
        while less is not None:
            try:
                if _channels(self._predict, less, self._place.device) == self._classes:
                    return less
            except InputRefused:
                pass
            less = devices.smaller(less, STEP)
        return None

    def _found(
        self,
        array: NDArray[np.float32],
        spacing: tuple[float, float, float],
        window: Window,
        progress: Callable[[float], None],
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
        image = torch.from_numpy(np.array(cropped, dtype=np.float32, order="C"))
        image = normalised(resampled(image, coarse, (order, order, order)), wanted.normalisation)
        with torch.inference_mode():
            predict = self._place.run(self._predict)
            logits = slices(image, window, predict, self._classes, self._place.device, progress)
            if self._by_channel:
                start = (box[0].start, box[1].start, box[2].start)
                return tuple(_shifted(one, start) for one in regions_of(logits, coarse, fine, self._classes))
            labels = labels_of(logits, coarse, fine)
        whole = np.zeros(array.shape, dtype=np.uint16)
        whole[box] = labels
        return whole


def _shifted(mask: BoxedMask, start: tuple[int, int, int]) -> BoxedMask:
    z, y, x = (a + b for a, b in zip(mask.origin, start, strict=True))
    return BoxedMask((z, y, x), mask.array)


def _nonzero(array: NDArray[np.float32]) -> tuple[slice, ...]:
    mask = array != 0
    if not mask.any():
        return tuple(slice(0, size) for size in array.shape)
    spans = []
    for axis in range(3):
        hits = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return tuple(spans)


def _channels(predict: Predict, patch: Shape, device: torch.device) -> int:
    """Channels of the network's answer to a tile; raises InputRefused when it has another shape than the tile."""
    try:
        with torch.inference_mode():
            answer = predict(torch.zeros((1, 1, *patch), device=device))
    except (RuntimeError, ValueError, TypeError) as error:
        raise InputRefused(
            "NETWORK", f"The network does not take a tile of {patch} voxels ({type(error).__name__})."
        ) from None
    if not isinstance(answer, torch.Tensor) or answer.shape[:1] + answer.shape[2:] != (1, *patch):
        raise InputRefused("NETWORK", "The network's answer to a tile is not (1, channels) and the tile's own shape.")
    return int(answer.shape[1])
