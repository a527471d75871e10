"""Where the head is in a coarse volume: its body, its vertex, its middle and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from plugin.privacy.face.patient_grid import Coarse

Mask = NDArray[np.bool_]
# Tables, sheets and tubes are thinner than twice this.
THIN_MM = 4.0
# A cross-section of less is no head: a tube, a fold of cloth.
SMALLEST_MM2 = 400.0
# Above the widest part of the head its cross-sections shrink; where the first one is as large as this share of the
# largest, the vertex lies outside of the images.
CUT_OFF = 0.5
CRANIUM_MM = 110.0
# From front to back and across, newborn to largest, in mm.
DEPTH_MM, WIDTH_MM = (85.0, 260.0), (65.0, 220.0)
# A cross-section of the cranium fills its box as an ellipse does (0.785).
FILLED = 0.62


@dataclass(frozen=True)
class Head:
    """``vertex`` and ``middle`` in mm on the patient's axes; ``length`` from front to back and ``width`` in mm.

    ``front`` is where the forehead begins, from the front of the images.
    """

    vertex: float
    middle: float
    length: float
    width: float
    front: float


def threshold_of(values: Coarse, modality: str, hounsfield: float, share: float) -> float:
    """Return what divides body from air: HU of a CT; of MR a share of what lies between background and bright."""
    if modality == "CT":
        return hounsfield
    low, high = (float(one) for one in np.percentile(values, (1.0, 98.0)))
    return low + share * (high - low)


def body_of(values: Coarse, spacing: tuple[float, float, float], threshold: float) -> Mask:
    """Return the largest thing that is not thin, with what hangs on it."""
    tissue = values > threshold
    steps = [max(1, round(THIN_MM / size)) for size in spacing]
    core = ndimage.binary_erosion(ndimage.binary_closing(tissue, iterations=1), np.ones([2 * n + 1 for n in steps]))
    labels, count = ndimage.label(core)
    if count == 0:
        return np.zeros_like(tissue)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    largest = labels == int(np.argmax(sizes))
    reach = np.ones([2 * n + 3 for n in steps])
    return np.asarray(ndimage.binary_dilation(largest, reach) & tissue)


def head_of(body: Mask, spacing: tuple[float, float, float]) -> Head | None:
    """Find the head at the upper end of a body; None where it is not there as a whole from the vertex down."""
    sz, sy, sx = spacing
    areas = body.sum(axis=(1, 2)) * (sy * sx)
    there = np.flatnonzero(areas >= SMALLEST_MM2)
    if there.size == 0:
        return None
    top = int(there[-1])
    low = max(0, top - round(CRANIUM_MM / sz))
    if top - low < 0.6 * CRANIUM_MM / sz:
        return None
    largest = float(areas[low : top + 1].max())
    if top == len(areas) - 1 and areas[top] > CUT_OFF * largest:
        return None
    cranium = body[low : top + 1]
    boxes = [_box(layer) for layer in cranium if layer.any()]
    lengths = [(box[1] - box[0]) * sy for box in boxes]
    widths = [(box[3] - box[2]) * sx for box in boxes]
    widest = int(np.argmax(np.multiply(lengths, widths)))
    length, width = float(lengths[widest]), float(np.percentile(widths, 90))
    if not (DEPTH_MM[0] <= length <= DEPTH_MM[1] and WIDTH_MM[0] <= width <= WIDTH_MM[1]):
        return None
    half = cranium[len(cranium) // 2]
    if not half.any():
        return None
    box = _box(half)
    filled = ndimage.binary_fill_holes(half).sum() / max(1, (box[1] - box[0]) * (box[3] - box[2]))
    if filled < FILLED:
        return None
    middle = float(np.mean([(one[2] + one[3] - 1) / 2 for one in boxes[len(boxes) // 4 :]])) * sx
    front = float(np.min([one[0] for one in boxes])) * sy
    return Head(top * sz, middle, length, width, front)


def _box(layer: Mask) -> tuple[int, int, int, int]:
    """Return the first row, the one after the last, and the same of columns."""
    rows, columns = np.flatnonzero(layer.any(axis=1)), np.flatnonzero(layer.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
