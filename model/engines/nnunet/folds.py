"""The folds of one network in torch, averaged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from model.engines.network.cuda.batches import TensorPredict
from model.engines.nnunet.plans import Plans
from model.engines.nnunet.weights import load_network


class Folds:
    """Networks of one configuration whose logits are averaged."""

    def __init__(self, weights: Sequence[Path], plans: Plans, classes: int) -> None:
        """Load all folds; raises InputRefused when weights do not fit the plans."""
        self._flat = plans.flat
        self.folds = [load_network(path, plans.configuration, classes) for path in weights]

    def at(self, device: torch.device) -> TensorPredict:
        """Bring the weights to a device."""
        for fold in self.folds:
            fold.to(device)
        return self.predict

    def predict(self, tile: torch.Tensor) -> torch.Tensor:
        """Mean logits of all folds; a 2d network sees the only slice of its tile."""
        image = tile[:, :, 0] if self._flat else tile
        logits: torch.Tensor = self.folds[0](image)
        if len(self.folds) > 1:
            logits = logits.to(torch.float32)  # a sum in 16 bits would lose digits, or go beyond them
            for fold in self.folds[1:]:
                logits += fold(image)
            logits /= len(self.folds)
        return logits[:, :, None] if self._flat else logits
