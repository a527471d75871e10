"""Whether a network's answers are numbers: of others no class is the largest, and any label would be a guess."""

from __future__ import annotations

import math

from model.errors import EngineFailed


def require_finite(total: float) -> None:
    """Raise EngineFailed when a sum over all logits of a slice is no number: then one of them is none."""
    if not math.isfinite(total):
        raise EngineFailed(
            "MODEL_NUMBERS",
            "The network answered with infinity or with what is no number, so nothing was drawn of it; "
            "draw in fp32, or import the model again.",
        )
