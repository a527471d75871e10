"""The last layer of a network, taken from it: applied to what the tiles give together, not to every tile.

A 1x1x1 convolution is linear, and so are the averages over tiles, mirror images and weights before it: it may come
after them. With 118 classes and 32 features it is then computed once for a voxel that eight tiles see, and what is
held and summed has 32 channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.engines.network.window import Array
from model.errors import InputRefused


@dataclass(frozen=True)
class Head:
    """``weights`` is (classes, channels) and ``bias`` (classes, 1), float32."""

    weights: Array
    bias: Array

    @property
    def classes(self) -> int:
        """How many it gives."""
        return int(self.weights.shape[0])

    @property
    def channels(self) -> int:
        """How many it takes."""
        return int(self.weights.shape[1])

    def applied(self, features: Array) -> Array:
        """(channels, …) to (classes, …) float32."""
        flat = np.ascontiguousarray(features).reshape(self.channels, -1)
        logits = self.weights @ flat
        logits += self.bias
        return logits.reshape(self.classes, *features.shape[1:])

    def on(self, sheets: Iterator[Array]) -> Iterator[Array]:
        """Every slice (channels, y, x) as one of (classes, y, x)."""
        return (self.applied(sheet) for sheet in sheets)


def save_head(path: Path, weights: Array, bias: Array) -> None:
    """Write the file that ``read_head`` reads."""
    np.save(path, np.concatenate([weights, bias.reshape(-1, 1)], axis=1, dtype=np.float32), allow_pickle=False)


def read_head(path: Path) -> Head:
    """Return the layer in a file; raises InputRefused when it is none."""
    try:
        whole = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise InputRefused("WEIGHTS_FORMAT", "The last layer of a converted network is damaged.") from None
    if whole.ndim != 2 or whole.dtype != np.float32 or whole.shape[1] < 2:
        raise InputRefused("WEIGHTS_SHAPE", "The last layer of a converted network has another shape.")
    return Head(np.ascontiguousarray(whole[:, :-1]), np.ascontiguousarray(whole[:, -1:]))
