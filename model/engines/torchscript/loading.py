"""TorchScript files to networks of torch."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from model.engines.network.cuda.batches import TensorPredict
from model.engines.torchscript.program import harmless_archive, require_harmless_graphs
from model.errors import InputRefused


class Finest(nn.Module):
    """A program as it is called for a tile: of several grids, as deep supervision answers with, the first is taken."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """(1, 1, z, y, x) to (1, classes, z, y, x)."""
        answer = self.program(tile)
        return answer[0] if isinstance(answer, list | tuple) else answer


def load(path: Path, device: torch.device) -> TensorPredict:
    """Return the network in a TorchScript file, after its program was found harmless."""
    archive = harmless_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.jit is to be replaced by torch.export; the files live on
            loader: Any = torch.jit.load
            module = loader(archive, map_location=device).eval()
    except (RuntimeError, ValueError) as error:
        raise InputRefused("WEIGHTS_FORMAT", f"{path.name} cannot be loaded as TorchScript.") from error
    require_harmless_graphs(module, path.name)
    return Finest(module)
