"""torchscript: one file that holds a network and its weights, drawn as model.json describes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch

from model.engines.network.device import best_device
from model.engines.network.window import Predict
from model.engines.plain.engine import Plain
from model.engines.torchscript.program import harmless_archive, require_harmless_graphs
from model.errors import InputRefused
from model.packages.package import Package


class TorchScript(Plain):
    """A Plain engine around a loaded TorchScript module."""

    def __init__(self, package: Package) -> None:
        """Look at the program, load it, try it; raises InputRefused when it is not harmless or does not fit."""
        device = best_device()
        path = package.path(package.document.networks[0].weights[0])
        super().__init__(package, load(path, device), device, reload=lambda other: load(path, other))


def load(path: Path, device: torch.device) -> Predict:
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

    def predict(tile: torch.Tensor) -> torch.Tensor:
        answer = module(tile)
        # Networks with deep supervision answer with several grids, the finest first.
        return answer[0] if isinstance(answer, list | tuple) else answer

    return predict
