"""torchscript: one file that holds a network and its weights, drawn as model.json describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.engines.plain.engine import Plain
from model.engines.plain.places import placed_of_torch
from model.packages.package import Package

if TYPE_CHECKING:
    import torch

    from model.engines.network.cuda.batches import TensorPredict


class TorchScript(Plain):
    """A Plain engine around a TorchScript program."""

    def __init__(self, package: Package) -> None:
        """Look at the program, load it, try it; raises InputRefused when it is not harmless or does not fit."""
        path = package.path(package.document.networks[0].weights[0])

        def at(device: torch.device) -> TensorPredict:
            from model.engines.torchscript.loading import load

            return load(path, device)

        # What was traced with one tile may have that number written into it.
        super().__init__(package, lambda patch: placed_of_torch(package, patch, at, together=False))
