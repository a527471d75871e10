"""One series as an array with its geometry: what an engine is given."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.series.geometry import SeriesGeometry
from model.volume.acquisition import Acquisition
from model.volume.meaning import Meaning


@dataclass(frozen=True)
class Volume:
    """Voxels of one series.

    ``array`` is (slice, row, column), slices in the order of ``geometry.planes``; int16 where rescale slope and
    intercept are whole numbers, else float32. ``meaning`` is what the headers say that the values are; engines that
    need Hounsfield units ask ``require_hounsfield``. Those of MR are arbitrary. ``acquisition`` is what they say of how
    it was made, for the limits of models. ``measured`` is where the slices of the scanner lie, where these are planes
    resampled between them.
    """

    array: NDArray[np.int16] | NDArray[np.float32]
    geometry: SeriesGeometry
    meaning: Meaning = field(default_factory=Meaning)
    acquisition: Acquisition = field(default_factory=Acquisition)
    measured: SeriesGeometry | None = None
