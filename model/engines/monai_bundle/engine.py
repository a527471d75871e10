"""monai-bundle: a network of MONAI's by its name and constants, drawn as model.json describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.engines.plain.engine import Plain
from model.engines.plain.places import placed_of_torch
from model.packages.package import Package

if TYPE_CHECKING:
    import torch

    from model.engines.network.cuda.batches import TensorPredict


class MonaiBundle(Plain):
    """A Plain engine around a network of MONAI's; its axes are x, y, z."""

    def __init__(self, package: Package) -> None:
        """Make the network and load its weights; raises InputRefused when it is not allowed or does not fit."""
        network = package.document.networks[0]
        definition, path = network.definition or {}, package.path(network.weights[0])

        def at(device: torch.device) -> TensorPredict:
            from model.engines.monai_bundle.loading import load

            return load(definition, path, device)

        super().__init__(package, lambda patch: placed_of_torch(package, patch, at, together=True))
