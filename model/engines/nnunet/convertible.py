"""nnU-Net's networks as they are converted: their features, and their last layer apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from model.engines.network.runtime.torch_trace import Traceable
from model.engines.network.window import Shape
from model.engines.nnunet.plans import Plans
from model.engines.nnunet.weights import load_network


class Features(nn.Module):
    """A UNet without its last layer, on tiles with three axes whatever its own dimensions are."""

    def __init__(self, network: Any, *, flat: bool) -> None:
        super().__init__()
        self.network = network
        self.flat = flat

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """(1, 1, z, y, x) to (1, channels, z, y, x)."""
        image = tile[:, :, 0] if self.flat else tile
        found: torch.Tensor = self.network.decoder.features(self.network.encoder(image))
        return found[:, :, None] if self.flat else found


def fold(path: Path, plans: Plans, classes: int, multiple: Shape) -> Traceable:
    """Return one fold; raises InputRefused when its weights do not fit the plans.

    ``multiple`` is the product of its strides: it is traced on the smallest tile that it takes, with two voxels at
    the end of the strides, as its norms need, and tried out on one of half a patch.
    """
    network: Any = load_network(path, plans.configuration, classes)
    head: nn.Module = network.decoder.seg_layers[-1]
    depth, rows, columns = multiple
    example = (depth, 2 * rows, columns)
    z, y, x = (
        min(size, max(2 * step, -(-size // (2 * step)) * step))
        for size, step in zip(plans.patch, multiple, strict=True)
    )
    return Traceable(Features(network, flat=plans.flat), head, example, (z, y, x), fixed=False)
