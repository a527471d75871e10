"""One plane of a volume with its structures, turned as a radiologist looks at it.

Axial: from the feet, the front of the patient above and the patient's left on the right. Coronal: from the front,
the head above. Sagittal: from the left, the front of the patient on the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.errors import InputRefused
from model.volume.patient_axes import Canonical, to_canonical
from model.volume.volume import Volume

Colour = tuple[int, int, int]
Overlay = tuple[str, Colour, BoxedMask]

MARGIN_MM = 12.0
# Structures that take up less of the image than this do not tell where the patient is.
LEAST_SHARE = 0.3

PLANES = ("axial", "coronal", "sagittal")
# Letters on the left, right, upper and lower edge (DICOM PS3.3 C.7.6.1.1.1: A, P, R, L, H, F).
EDGES = {"axial": ("R", "L", "A", "P"), "coronal": ("R", "L", "H", "F"), "sagittal": ("A", "P", "H", "F")}


@dataclass(frozen=True)
class View:
    """``image`` (row, column) values as shown, ``masks`` of the same shape, ``pixel_mm`` (between rows, columns)."""

    plane: str
    index: int
    count: int
    image: NDArray[np.int16]
    masks: tuple[tuple[str, Colour, NDArray[np.bool_]], ...]
    pixel_mm: tuple[float, float]


@dataclass(frozen=True)
class Scene:
    """A volume and its structures on the patient's axes, ready to be cut."""

    full: Canonical
    overlays: tuple[Overlay, ...]

    def cut(self, plane: str, index: int | None, *, crop: bool = False) -> View:
        """One plane; without an index the one that shows most of the structures.

        Indices count from the feet (axial), the front (coronal) and the patient's right (sagittal). With ``crop``
        the air around the patient is left out where the structures tell where the patient is. Raises InputRefused
        for an unknown plane or an index outside the volume.
        """
        if plane not in PLANES:
            raise InputRefused("PREVIEW_PLANE", f"There is no such plane; there are {', '.join(PLANES)}.")
        axis = PLANES.index(plane)
        count = self.full.array.shape[axis]
        chosen = self._fullest(axis) if index is None else index
        if not 0 <= chosen < count:
            raise InputRefused("PREVIEW_SLICE", f"The slice is outside the volume: it has 0 to {count - 1} here.")
        image = np.take(self.full.array, chosen, axis=axis)
        masks = [(name, colour, self._slice(mask, axis, chosen)) for name, colour, mask in self.overlays]
        if crop:
            part = self._patient(axis)
            image, masks = image[part], [(name, colour, mask[part]) for name, colour, mask in masks]
        others = [size for other, size in enumerate(self.full.spacing) if other != axis]
        if plane != "axial":
            image, masks = image[::-1], [(name, colour, mask[::-1]) for name, colour, mask in masks]
        return View(plane, chosen, count, image, tuple(masks), (others[0], others[1]))

    def _slice(self, mask: BoxedMask, axis: int, index: int) -> NDArray[np.bool_]:
        shape = [size for other, size in enumerate(self.full.array.shape) if other != axis]
        whole = np.zeros(shape, dtype=np.bool_)
        inner = index - mask.origin[axis]
        if 0 <= inner < mask.array.shape[axis]:
            part = np.take(mask.array, inner, axis=axis)
            row, column = (start for other, start in enumerate(mask.origin) if other != axis)
            whole[row : row + part.shape[0], column : column + part.shape[1]] = part
        return whole

    def _patient(self, axis: int) -> tuple[slice, slice]:
        """Rows and columns of a plane that the structures take up, with a margin; all of them when they are few."""
        boxes = [(mask.origin, mask.array.shape) for _, _, mask in self.overlays if not mask.empty]
        parts = []
        for other in (other for other in range(3) if other != axis):
            size, step = self.full.array.shape[other], self.full.spacing[other]
            low = min((origin[other] for origin, _ in boxes), default=0)
            high = max((origin[other] + shape[other] for origin, shape in boxes), default=size)
            margin = round(MARGIN_MM / step)
            known = high - low >= LEAST_SHARE * size
            parts.append(slice(max(0, low - margin), min(size, high + margin)) if known else slice(0, size))
        return parts[0], parts[1]

    def _fullest(self, axis: int) -> int:
        """Where the structures, each measured by its own largest section, add up to most."""
        total = np.zeros(self.full.array.shape[axis])
        for _, _, mask in self.overlays:
            if not mask.empty:
                areas = np.count_nonzero(mask.array, axis=tuple(other for other in range(3) if other != axis))
                total[mask.origin[axis] : mask.origin[axis] + len(areas)] += np.sqrt(areas / areas.max())
        return int(np.argmax(total)) if total.any() else len(total) // 2


def scene(volume: Volume, overlays: Sequence[Overlay]) -> Scene:
    """Turn a volume and masks on its own grid to the patient's axes."""
    full = to_canonical(volume)
    shape = volume.geometry.shape
    turned = [(name, colour, full.frame.forth(mask, shape, full.array.shape)) for name, colour, mask in overlays]
    return Scene(full, tuple(turned))
