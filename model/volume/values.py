"""Hounsfield units or not: what the headers of a CT say about its values, and what its values say themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.errors import InputRefused
from model.volume.volume import Volume

# Values of at most this many voxels are looked at; a body shows in far fewer.
LOOKED_AT = 1_000_000
LOOKED_AT_OF_A_SLICE = 20_000
# Below this nothing was measured: padding. Air is at -1000.
PADDING_HU = -1500.0
# Nothing darker than this, and so much within the range where water lies on other scales: no image in HU.
AIR_HU, AIR_SHARE = -200.0, 0.001
DENSE_HU, DENSE_SHARE = (700.0, 1400.0), 0.15
# Padding is one value, or a few; so many values in so much of the image are measured, and below air nothing is.
DISTINCT_BELOW_AIR, SHARE_BELOW_AIR = 20, 0.2
# Fat and muscle alone are 100 HU apart; a whole image within less is on another scale.
LEAST_RANGE = 20.0


def require_hounsfield(volume: Volume, model: str) -> None:
    """Raise InputRefused when a CT is not in Hounsfield units, by its headers or by what its values are.

    For every engine that reads CT; other modalities have no such unit and pass.
    """
    if volume.geometry.modality != "CT":
        return
    meaning = volume.meaning
    if not meaning.hounsfield:
        raise InputRefused(
            "VALUES_NOT_HU",
            f"The model {model} needs Hounsfield units, and RescaleType or ImageType say that the values of this "
            "series are something else (density, atomic number, a material); send the CT that is in HU.",
        )
    if meaning.not_rescaled:
        raise InputRefused(
            "VALUES_NO_RESCALE",
            f"{meaning.not_rescaled} slice(s) of this CT have no RescaleSlope or RescaleIntercept, so nobody knows "
            f"their Hounsfield units, which the model {model} needs; send the series as the scanner wrote it.",
        )
    if implausible(volume.array) or slices_below_air(volume.array):
        raise InputRefused(
            "VALUES_IMPLAUSIBLE",
            f"The values of this CT are not those of a body in Hounsfield units, which the model {model} needs; its "
            "slope, intercept or RescaleType is wrong, or it shows another quantity. Send the CT that is in HU.",
        )


def implausible(array: NDArray[np.int16] | NDArray[np.float32]) -> bool:
    """Whether no CT of a body has such values: (slice, row, column), meant to be HU.

    Three ways in which a scale is wrong: water at 1000 and no air (electron density, a missing intercept); noise
    below air (an intercept applied twice, a slope of 10); everything within a few units (fractions, atomic numbers).
    One value all over passes: it is not a body, and engines say that better.
    """
    step = max(1, int(np.ceil((array.size / LOOKED_AT) ** (1 / 3))))
    values = array[::step, ::step, ::step].ravel()
    if not bool(np.all(np.isfinite(values))):
        return True
    low, high = float(values.min()), float(values.max())
    if high == low:
        return False
    if high - low < LEAST_RANGE:
        return True
    if _noise_below_air(values):
        return True
    measured = values[values >= PADDING_HU]
    if not len(measured):
        return False
    dense = np.count_nonzero((measured >= DENSE_HU[0]) & (measured <= DENSE_HU[1]))
    dark = np.count_nonzero(measured < AIR_HU)
    return bool(dark < AIR_SHARE * len(measured) and dense > DENSE_SHARE * len(measured))


def slices_below_air(array: NDArray[np.int16] | NDArray[np.float32]) -> int:
    """How many slices hold noise below air, as one whose intercept was applied twice; the others hide it."""
    step = max(1, int(np.ceil((array[0].size / LOOKED_AT_OF_A_SLICE) ** 0.5)))
    return sum(_noise_below_air(one[::step, ::step].ravel()) for one in array)


def _noise_below_air(values: NDArray[np.int16] | NDArray[np.float32]) -> bool:
    below = values[values < PADDING_HU]
    return len(below) > SHARE_BELOW_AIR * len(values) and len(np.unique(below)) > DISTINCT_BELOW_AIR
