"""What deepbet can be given: magnitude images of a head. Headers say so where they still do, and the image itself."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.network.orientation import oriented
from model.errors import EngineFailed
from model.volume.volume import Volume

# PS3.3 C.8.3.1.1.1 and C.8.13.3.1 (Image Type, Complex Image Component), and how scanners write them.
NO_MAGNITUDE = frozenset(
    ("P", "R", "I", "PHASE", "PHASE MAP", "PHASE_MAP", "REAL", "IMAGINARY", "VELOCITY MAP", "P_FFE", "R_FFE", "I_FFE")
)
# The share of each axis that a corner has, of which one at least shows air around any head; in magnitude images air is
# the darkest there is, and quiet.
CORNER = 0.08
BRIGHT_AIR, LOUD_AIR = 0.25, 0.12
# Of the largest thing in the image within so much of its upper end: what is broader or deeper may be shoulders.
UPPER_MM = 120.0
BROADEST_MM, DEEPEST_MM = 230.0, 280.0
TISSUE = 0.2
# ml that nothing with a brain in it is outside of: on coarse slices deepbet takes skull along, and quality flags that.
BRAIN_ML = (250.0, 3500.0)


def require_magnitude(volume: Volume) -> None:
    """Raise EngineFailed for phase, real and imaginary images, by their headers or by what air looks like."""
    array = np.asarray(volume.array, dtype=np.float32)
    low, high = (float(value) for value in np.percentile(array, (0.5, 99.5)))
    reach = max(high - low, 1e-6)
    airs = [array[corner] for corner in _corners(array.shape)]
    darkest = min(float(np.median(air)) for air in airs)
    quietest = min(float(air.std()) for air in airs)
    if (
        volume.acquisition.image_types & NO_MAGNITUDE
        or darkest > low + BRIGHT_AIR * reach
        or quietest > LOUD_AIR * reach
    ):
        raise EngineFailed(
            "MODEL_LIMITS",
            "deepbet draws on magnitude images, and this series shows phase, real or imaginary parts; send the "
            "magnitude series.",
        )


def require_head(volume: Volume) -> None:
    """Raise EngineFailed when the largest thing in the image is larger than any head."""
    turned = oriented(volume, "LPS")
    array = np.asarray(turned.array, dtype=np.float32)
    body = array > TISSUE * float(np.percentile(array, 99))
    pieces, count = ndimage.label(body)
    if count == 0:
        raise _no_head()
    body = pieces == int(np.bincount(pieces.ravel())[1:].argmax()) + 1
    slices = np.flatnonzero(body.any(axis=(1, 2)))
    upper = body[max(0, int(slices[-1]) + 1 - round(UPPER_MM / turned.spacing[0])) :]
    if _length(upper, 2, turned.spacing) > BROADEST_MM or _length(upper, 1, turned.spacing) > DEEPEST_MM:
        raise _no_head()


def require_brain(millilitres: float) -> None:
    """Raise EngineFailed when what was found has not the size of a brain."""
    if not BRAIN_ML[0] <= millilitres <= BRAIN_ML[1]:
        raise EngineFailed(
            "MODEL_NOTHING", "What deepbet found has not the size of a brain, so nothing was drawn; is this a head?"
        )


def _no_head() -> EngineFailed:
    return EngineFailed("MODEL_LIMITS", "deepbet draws the brain in a head, and what this series shows is none.")


def _corners(shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
    spans = [
        (slice(0, max(1, round(CORNER * size))), slice(size - max(1, round(CORNER * size)), size)) for size in shape
    ]
    return list(product(*spans))


def _length(mask: NDArray[Any], axis: int, spacing: tuple[float, float, float]) -> float:
    hits = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
    return (int(hits[-1]) - int(hits[0]) + 1) * spacing[axis]
