"""A network of torch as what can be converted: traced on a small tile, its last layer apart where it is known."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from model.engines.network.head import save_head
from model.engines.network.runtime.convertible import Array, Fold
from model.engines.network.runtime.library import openvino
from model.engines.network.window import Shape


@dataclass(frozen=True)
class Traceable:
    """``body`` takes (1, 1, z, y, x) and answers with (1, channels, z, y, x).

    ``head`` is the layer that follows it, a convolution of one voxel, or None where ``body`` is all. ``example`` is
    the tile on which it is traced and ``trial`` that on which its answers are compared; ``fixed`` networks take tiles
    of this shape alone.
    """

    body: nn.Module
    head: nn.Module | None
    example: Shape
    trial: Shape
    fixed: bool

    def answer(self, tile: Array) -> Array:
        """As Convertible says."""
        with torch.inference_mode():
            found: torch.Tensor = self.body(torch.from_numpy(tile))
            if self.head is not None:
                found = _after(self.head, found)
            answer: Array = found.to(torch.float32).contiguous().numpy()
        return answer

    def written(self, folder: Path) -> Fold:
        """As Convertible says."""
        library = openvino()
        example = torch.zeros((1, 1, *self.example))
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a trace may miss: its answers are compared
            traced = torch.jit.trace(self.body.eval(), example, check_trace=False)
            network: Any = library.convert_model(traced, example_input=example)
        network.reshape([1, 1, *(self.trial if self.fixed else (-1, -1, -1))])
        fold = Fold.within(folder, head=self.head is not None)
        library.save_model(network, str(fold.graph), compress_to_fp16=False)
        if fold.head is not None and self.head is not None:
            layer: Any = self.head
            weights = layer.weight.detach().to(torch.float32).flatten(1)
            bias = torch.zeros(len(weights)) if layer.bias is None else layer.bias.detach().to(torch.float32)
            save_head(fold.head, weights.numpy(), bias.numpy())
        return fold


class Whole(nn.Module):
    """A network as it is called for a tile, all of it."""

    def __init__(self, predict: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self._predict = predict

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """(1, 1, z, y, x) to (1, classes, z, y, x)."""
        return self._predict(tile)


def whole(predict: Callable[[torch.Tensor], torch.Tensor], patch: Shape) -> Traceable:
    """Return a network of which nothing is known but its answers, on tiles of one shape alone."""
    body = predict if isinstance(predict, nn.Module) else Whole(predict)
    return Traceable(body, None, patch, patch, fixed=True)


def _after(head: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Apply a last layer of two or three dimensions to features with three."""
    weight: Any = head.weight
    if weight.dim() == 4:
        flat: torch.Tensor = head(features[:, :, 0])
        return flat[:, :, None]
    answer: torch.Tensor = head(features)
    return answer
