"""Weights of one fold, put into the network that plans describe."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from model.engines.nnunet.plans import Configuration
from model.engines.nnunet.unet import build
from model.errors import InputRefused
from model.packages.weights import read_tensors, tensors_of


def network_weights(found: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    """Return the weights by the names of our modules: nnU-Net's checkpoints carry the same ones two or three times."""
    plain = {}
    for key, value in tensors_of(found, name).items():
        for prefix in ("module.", "_orig_mod."):  # of training on several devices and of torch.compile
            key = key.removeprefix(prefix)
        if ".all_modules." not in key and not key.startswith("decoder.encoder."):
            plain[key] = value
    return plain


def load_network(path: Path, configuration: Configuration, classes: int) -> nn.Module:
    """Return the network with the weights of a file, float32, ready to draw on the CPU.

    Raises InputRefused when the weights are not those of the network.
    """
    found = read_tensors(path)
    return filled(build(configuration, classes), network_weights(found.get("network_weights", found), path.name))


def filled(network: nn.Module, weights: dict[str, torch.Tensor]) -> nn.Module:
    """Put weights into a network on the meta device; raises InputRefused when names or shapes differ."""
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in weights.items()}
    if wanted != given:
        odd = sorted({name for name, shape in (wanted.items() ^ given.items())})
        raise InputRefused(
            "WEIGHTS_SHAPE",
            f"The weights are not those of the network in plans.json: {len(odd)} differ, first {odd[0][:80]}.",
        )
    network.load_state_dict({name: value.to(torch.float32) for name, value in weights.items()}, assign=True)
    return network.eval().requires_grad_(False)
