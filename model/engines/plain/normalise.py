"""Intensities as model.json describes them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model.packages.document import Normalisation

SMALLEST = 1e-8


def normalised(image: torch.Tensor, steps: Sequence[Normalisation]) -> torch.Tensor:
    """(z, y, x) float32, in place."""
    for step in steps:
        if step.kind == "ct":
            assert step.low is not None
            assert step.high is not None
            assert step.mean is not None
            assert step.std is not None
            image.clamp_(step.low, step.high).sub_(step.mean).div_(max(step.std, SMALLEST))
        elif step.kind == "range":
            assert step.low is not None
            assert step.high is not None
            low, high = step.to
            image.sub_(step.low).div_(max(step.high - step.low, SMALLEST)).mul_(high - low).add_(low)
            if step.clip:
                image.clamp_(min(low, high), max(low, high))
        elif step.kind == "zscore":
            inside = image[image != 0] if step.nonzero and bool((image != 0).any()) else image
            mean, std = float(inside.mean(dtype=torch.float64)), float(inside.std(correction=0))
            if step.nonzero:
                image.copy_(torch.where(image != 0, (image - mean) / max(std, SMALLEST), image))
            else:
                image.sub_(mean).div_(max(std, SMALLEST))
    return image
