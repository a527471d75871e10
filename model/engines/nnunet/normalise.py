"""nnU-Net's normalisation of intensities, by the names in plans.json."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.network.air import Air, air_of
from model.engines.nnunet.plans import Plans
from model.errors import InputRefused

SMALLEST = 1e-8
# Those that make the same number of a HU in every image.
FIXED = ("CTNormalization", "NoNormalization")
SCHEMES = ("CTNormalization", "ZScoreNormalization", "NoNormalization", "RescaleTo01Normalization")


def require_known(plans: Plans) -> None:
    """Raise InputRefused when plans ask for a normalisation that is not built here, or lack its numbers."""
    scheme = plans.configuration.normalization_schemes[0]
    if scheme not in SCHEMES:
        raise InputRefused("PLANS", f"plans.json: the normalisation {scheme[:60]!r} is not known.")
    if scheme == "CTNormalization" and plans.intensities is None:
        raise InputRefused("PLANS", "plans.json lacks the intensities that CTNormalization needs.")


def box_of_image(array: NDArray[np.float32] | NDArray[np.int16]) -> tuple[slice, slice, slice]:
    """Return the box of what is not 0, which nnU-Net crops to before anything else."""
    mask = BoxedMask.crop(np.not_equal(array, 0, out=np.empty(array.shape, dtype=np.bool_)), copy=False)
    if not mask.array.size:
        return slice(0, 1), slice(0, 1), slice(0, 1)
    z, y, x = (slice(a, a + size) for a, size in zip(mask.origin, mask.array.shape, strict=True))
    return z, y, x


def normalised(array: NDArray[np.float32] | NDArray[np.int16], plans: Plans) -> NDArray[np.float32]:
    """(z, y, x) float32, a new array."""
    scheme = plans.configuration.normalization_schemes[0]
    image = np.array(array, dtype=np.float32, order="C")
    if scheme == "CTNormalization":
        numbers = plans.intensities
        assert numbers is not None, "checked by require_known"
        np.clip(image, numbers.percentile_00_5, numbers.percentile_99_5, out=image)
        image -= np.float32(numbers.mean)
        image /= np.float32(max(numbers.std, SMALLEST))
    elif scheme == "ZScoreNormalization":
        mask = None
        if plans.configuration.use_mask_for_norm[0]:
            mask = ndimage.binary_fill_holes(array != 0)
        inside = image if mask is None else image[mask]
        mean, std = inside.mean(dtype=np.float64), inside.std(dtype=np.float64)
        inside -= np.float32(mean)
        inside /= np.float32(max(std, SMALLEST))
        if mask is not None:
            image[mask] = inside
    elif scheme == "RescaleTo01Normalization":
        image -= image.min()
        image /= np.float32(max(float(image.max()), SMALLEST))
    return image


def air_in(plans: Plans) -> Air | None:
    """Return air in the network's numbers; None where they depend on the rest of the image."""
    if plans.configuration.normalization_schemes[0] not in FIXED:
        return None
    return air_of(lambda hu: normalised(hu, plans))
