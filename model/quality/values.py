"""Flags on a CT whose values are not quite Hounsfield units: cone beam CT, whose tissue and air lie elsewhere.

Rules and networks that read HU then miss bone, or take tissue for it, without a sign. Where muscle, brain and fat lie
is known well enough to notice an offset of a hundred HU, and air a wrong slope; less than about 50 HU is not noticed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.engine import Drawing
from model.volume.blocks import block_means
from model.volume.volume import Volume

TISSUE_OFF = "soft tissue is not at 15 to 100 HU: a cone beam CT, or a wrong rescale?"
AIR_OFF = "the air around is not at -1000 HU: a cone beam CT, or a wrong rescale?"

# Averaged over so many millimetres each way noise is gone, and tissues are peaks of their own.
BLOCK_MM, MOST_SLICES = 3.0, 120
LOW_HU, HIGH_HU, BIN_HU, SMOOTH_BINS = -400, 1600, 5, 2.0
# Muscle, organs and brain, with contrast agent or without; a peak counts from this part of the highest.
SOFT_TISSUE, COUNTS = (15.0, 100.0), 0.2
# Muscle lies so far above fat.
ABOVE_FAT = (100.0, 180.0)
# Fewer blocks of tissue than this say nothing.
LEAST_BLOCKS = 2000
# Air beyond this is off; where values at the rim of the images differ by more than this, it is not air.
AIR, BELOW_AIR, RIM_PIXELS, CALM_HU = (-1080.0, -900.0), -1500.0, 2, 60.0


def with_value_flags(drawing: Drawing, volume: Volume) -> Drawing:
    """Flag every structure that was drawn on a CT whose values are off."""
    flags = value_flags(volume)
    if not flags:
        return drawing
    return replace(drawing, structures=tuple(replace(one, flags=(*one.flags, *flags)) for one in drawing.structures))


def value_flags(volume: Volume) -> tuple[str, ...]:
    """Return what is off in the values of a CT; nothing for other modalities, which have no unit."""
    if volume.geometry.modality != "CT":
        return ()
    sheets = volume.array[:: -(-len(volume.array) // MOST_SLICES)]
    peaks = _peaks(_blocks(sheets, min(volume.geometry.common.spacing)))
    found = [TISSUE_OFF] if peaks is not None and not _muscle_in(peaks) else []
    return (*found, *([AIR_OFF] if _air_off(sheets) else []))


def _blocks(sheets: NDArray[np.int16] | NDArray[np.float32], pixel_mm: float) -> NDArray[np.float32]:
    """Means over blocks of pixels, (slice, block, block) float32."""
    size = max(1, min(round(BLOCK_MM / pixel_mm), *sheets.shape[1:]))
    return np.asarray([block_means(sheet.astype(np.float32), size, size) for sheet in sheets], dtype=np.float32)


def _peaks(blocks: NDArray[np.float32]) -> list[float] | None:
    """Return where the values of tissue gather, in HU; None where there is too little tissue to tell."""
    counts, edges = np.histogram(blocks, bins=np.arange(LOW_HU, HIGH_HU + 1, BIN_HU))
    if counts.sum() < LEAST_BLOCKS:
        return None
    smooth = ndimage.gaussian_filter1d(counts.astype(np.float64), SMOOTH_BINS)
    # What rises towards the lower end belongs to lung and air.
    inner = np.flatnonzero((smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])) + 1
    if not len(inner):
        return []
    high = smooth[inner] >= COUNTS * smooth[inner].max()
    return [float(edges[index] + BIN_HU / 2) for index in inner[high]]


def _muscle_in(peaks: list[float]) -> bool:
    """Whether one of the peaks is muscle, an organ or brain where it belongs, and not fat that was moved there."""

    def apart(one: float, other: float) -> bool:
        return ABOVE_FAT[0] <= other - one <= ABOVE_FAT[1]

    within = [peak for peak in peaks if SOFT_TISSUE[0] <= peak <= SOFT_TISSUE[1]]
    return any(
        not any(apart(peak, above) for above in peaks) or any(apart(below, peak) for below in peaks) for peak in within
    )


def _air_off(sheets: NDArray[np.int16] | NDArray[np.float32]) -> bool:
    """Whether the rim of the images is even, as air is, and of another value than air or padding."""
    rim = np.concatenate(
        [
            part.ravel()
            for part in (
                sheets[:, :RIM_PIXELS],
                sheets[:, -RIM_PIXELS:],
                sheets[:, :, :RIM_PIXELS],
                sheets[:, :, -RIM_PIXELS:],
            )
        ]
    )
    low, middle, high = (float(value) for value in np.percentile(rim, (25, 50, 75)))
    if high - low >= CALM_HU or middle <= BELOW_AIR or AIR[0] <= middle <= AIR[1]:
        return False
    # Soft tissue at the rim of a small field of view is even, too; something is darker than that.
    return middle < LOW_HU or float(np.percentile(sheets[:, ::4, ::4], 1)) > middle - CALM_HU
