"""nnU-Net's normalisation of intensities, by the names in plans.json."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.nnunet.plans import Plans
from model.errors import InputRefused

SMALLEST = 1e-8
SCHEMES = ("CTNormalization", "ZScoreNormalization", "NoNormalization", "RescaleTo01Normalization")


def require_known(plans: Plans) -> None:
    """Raise InputRefused when plans ask for a normalisation that is not built here, or lack its numbers."""
    scheme = plans.configuration.normalization_schemes[0]
    if scheme not in SCHEMES:
        raise InputRefused("PLANS", f"plans.json: the normalisation {scheme[:60]!r} is not known.")
    if scheme == "CTNormalization" and plans.intensities is None:
        raise InputRefused("PLANS", "plans.json lacks the intensities that CTNormalization needs.")


def box_of_image(array: NDArray[np.float32]) -> tuple[slice, slice, slice]:
    """Return the box of what is not 0, which nnU-Net crops to before anything else."""
    found = ndimage.find_objects((array != 0).view(np.uint8))
    return (found[0][0], found[0][1], found[0][2]) if found else (slice(0, 1), slice(0, 1), slice(0, 1))


def normalised(array: NDArray[np.float32], plans: Plans) -> torch.Tensor:
    """(z, y, x) float32, a new tensor."""
    scheme = plans.configuration.normalization_schemes[0]
    image = torch.from_numpy(np.array(array, dtype=np.float32, order="C"))
    if scheme == "CTNormalization":
        numbers = plans.intensities
        assert numbers is not None, "checked by require_known"
        image.clamp_(numbers.percentile_00_5, numbers.percentile_99_5)
        return image.sub_(numbers.mean).div_(max(numbers.std, SMALLEST))
    if scheme == "ZScoreNormalization":
        if plans.configuration.use_mask_for_norm[0]:
            mask = torch.from_numpy(ndimage.binary_fill_holes(array != 0))
            inside = image[mask]
            image[mask] = (inside - inside.mean()) / max(float(inside.std(correction=0)), SMALLEST)
            return image
        mean, std = float(image.mean(dtype=torch.float64)), float(image.std(correction=0))
        return image.sub_(mean).div_(max(std, SMALLEST))
    if scheme == "RescaleTo01Normalization":
        image.sub_(image.min().item())
        return image.div_(max(float(image.max()), SMALLEST))
    return image
