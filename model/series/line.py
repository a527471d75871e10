"""The line along which the slices of a volume lie: a tilted gantry's leans, but every slice keeps to it.

A slice that lies beside the line was moved sideways (a corrected header, two fields of view in one series): a grid of
the whole series shows it in the wrong place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.series.geometry import SeriesGeometry

# Half a pixel is another place; positions are rounded to a tenth of a millimetre, so that this much is nothing.
BESIDE_PIXELS, NOTHING_MM = 0.5, 0.2
FEWEST = 3


def direction_of(geometry: SeriesGeometry) -> NDArray[np.float64]:
    """Return the way from slice to slice in mm per mm along the normal; (3,) float64, LPS.

    Odd slices do not move it.
    """
    positions, offsets = geometry.positions, geometry.offsets
    if len(offsets) < 2:
        return geometry.normal
    # Over half the series rounding is nothing, and the median of such pairs passes over a slice that is elsewhere.
    half = max(1, len(offsets) // 2)
    ways = (positions[half:] - positions[:-half]) / (offsets[half:] - offsets[:-half])[:, None]
    return np.asarray(np.median(ways, axis=0), dtype=np.float64)


def beside(geometry: SeriesGeometry) -> NDArray[np.float64]:
    """How far each slice lies beside the line of the others, in mm; (slices,) float64."""
    if len(geometry.planes) < FEWEST:
        return np.zeros(len(geometry.planes))
    along = geometry.positions - geometry.offsets[:, None] * direction_of(geometry)
    return np.asarray(np.linalg.norm(along - np.median(along, axis=0), axis=1), dtype=np.float64)


def sideways(geometry: SeriesGeometry) -> str | None:
    """Return what is to be said of slices that lie beside the line of the others; None where all keep to it."""
    found = beside(geometry)
    count = int(np.count_nonzero(found > max(NOTHING_MM, BESIDE_PIXELS * min(geometry.common.spacing))))
    if not count:
        return None
    return (
        f"{count} slice(s) lie up to {float(found.max()):.1f} mm beside the line of the others: moved sideways, or of "
        "another field of view?"
    )
