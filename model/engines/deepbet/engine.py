"""deepbet: the brain on T1-weighted MR of the head, by the package of that name (Fisch et al. 2024, MIT).

The extra "deepbet" installs it with its weights; here it is given an array and its mask is taken, nothing else of it
is used.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask, Structure
from model.engines.deepbet.head import require_brain, require_head, require_magnitude
from model.engines.engine import Algorithm, Drawing, Progress
from model.engines.network.orientation import oriented
from model.errors import EngineFailed, InputRefused
from model.packages.package import sha256_of
from model.volume.volume import Volume

MODEL, VERSION, LICENCE = "deepbet", "1.0.2", "MIT"
DESCRIPTION = "deepbet, brain on T1-weighted MR of the head, review required"
# The two networks of version 1.0.2, as its package has them.
WEIGHTS = {
    "model.pt": "de8ee7c69654d0dd3935dc4a5d84571d8ecf4637a6bfc01df399c4c2bc86e0fd",
    "bbox_model.pt": "39a7b2b5f799faa1391ea97bfcdc0b9299f20d84f2316a4ff8918dc4685e40aa",
}
THRESHOLD = 0.5
# Of a head whose brain can be found at all; a few slices are not a head.
SMALLEST_MM = 80.0


class DeepBet:
    """Draws Brain on an MR volume of the head."""

    def __init__(self) -> None:
        """Verify and load both networks; raises EngineFailed when the extra is missing or its files are others."""
        folder = weights_folder()
        for name, digest in WEIGHTS.items():
            if not (folder / name).is_file() or sha256_of(folder / name) != digest:
                raise InputRefused("PACKAGE_HASH", f"{name} of deepbet is not that of version {VERSION}; reinstall it.")
        from deepbet.bet import BrainExtraction

        self._networks = BrainExtraction()

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw the brain.

        Raises EngineFailed for another modality, for phase, real and imaginary images, and where there is no head or no
        brain.
        """
        if volume.geometry.modality != "MR":
            raise EngineFailed("MODEL_MODALITY", "deepbet draws on T1-weighted MR of the head; choose another model.")
        if min(_extent(volume)) < SMALLEST_MM:
            raise EngineFailed("MODEL_EXTENT", f"deepbet needs a head: at least {SMALLEST_MM:.0f} mm along every axis.")
        require_magnitude(volume)
        require_head(volume)
        progress(0.1, "Brain")
        image = oriented(volume, "RAS")
        mask = self._mask(np.asarray(image.array, dtype=np.float32))
        progress(0.95, "Brain")
        require_brain(float(np.count_nonzero(mask)) * float(np.prod(image.spacing)) / 1000.0)
        placed = image.back(mask.astype(np.uint8)) > 0
        return Drawing(algorithm(), (Structure("Brain", BoxedMask.crop(np.ascontiguousarray(placed))),))

    def _mask(self, array: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Mask (z, y, x) of an image on NIfTI's axes."""
        try:
            share = self._networks.run_model(np.ascontiguousarray(array.transpose(2, 1, 0)))
            mask = self._networks.postprocess(share > THRESHOLD)
        except (AssertionError, ValueError, IndexError):
            raise EngineFailed("MODEL_NOTHING", "deepbet found no brain in the image, so nothing was drawn.") from None
        return np.asarray(mask, dtype=np.bool_).transpose(2, 1, 0)


def weights_folder() -> Path:
    """Where the package keeps its networks; raises EngineFailed when it is not installed."""
    spec = find_spec("deepbet")
    if spec is None or spec.origin is None:
        raise EngineFailed("ENGINE_NOT_INSTALLED", 'The model deepbet needs the extra "deepbet" of this package.')
    return Path(spec.origin).parents[1] / "data" / "models"


@cache
def algorithm() -> Algorithm:
    """Who drew; the digest is that of the larger network."""
    return Algorithm(MODEL, VERSION, WEIGHTS["model.pt"], LICENCE, DESCRIPTION)


def _extent(volume: Volume) -> tuple[float, float, float]:
    geometry = volume.geometry
    row_mm, column_mm = geometry.planes[0].spacing
    return float(geometry.thicknesses.sum()), geometry.rows * row_mm, geometry.columns * column_mm
