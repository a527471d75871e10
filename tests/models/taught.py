"""Networks of full size whose last layers were really trained, in minutes: logits as sure as a real model's.

Their encoder stays random, which nobody waits for: the last stage of the decoder and the layer of the labels learn to
tell gas, fat and bone from the rest on a real CT. The other labels are never drawn, as most of a hundred are not
in any image. Kept in .cache, never shipped as a model.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from model.engines.nnunet.plans import Configuration
from model.engines.nnunet.unet import build
from tests.builders.nnunet_folder import TinyNet, as_in_checkpoints, random_weights, write_folder
from tests.models.trained import CACHE, image

STEPS, RATE, PATCH = 100, 1e-2, 64
# HU between gas, fat, the rest, which is background, and bone: far apart, as norms move them from tile to tile.
EDGES = (-300, -30, 150)
BACKGROUND = 2
# Of labels that are never drawn.
NEVER = -30.0


def taught(net: TinyNet, steps: int = STEPS) -> Path:
    """The root of the results folder of a net, taught now or before."""
    key = hashlib.sha256(json.dumps([net.plans(), net.trainer, net.classes, steps, RATE, PATCH]).encode())
    root = CACHE / f"taught-{key.hexdigest()[:12]}"
    if not (root / "done").exists():
        shutil.rmtree(root, ignore_errors=True)
        folder = write_folder(root, net)
        path = folder / "fold_0" / "checkpoint_final.pth"
        checkpoint = torch.load(path, weights_only=False)
        checkpoint["network_weights"] = as_in_checkpoints(_teach(net, steps))
        torch.save(checkpoint, path)
        (root / "done").touch()
    return root


def targets(array: NDArray[np.float32]) -> NDArray[np.int64]:
    """(z, y, x) the kind of tissue of each voxel, 0 the background."""
    kind = np.digitize(array, EDGES)
    return np.asarray(np.where(kind == BACKGROUND, 0, kind + (kind < BACKGROUND)), dtype=np.int64)


def _teach(net: TinyNet, steps: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    network = build(Configuration.model_validate(net.plans()["configurations"][net.configuration]), net.classes)
    network.load_state_dict(random_weights(network, generator), assign=True)
    network.requires_grad_(False)
    names = [name for name, _ in network.named_parameters()]
    last = max(int(name.split(".")[2]) for name in names if name.startswith("decoder.stages."))
    taught = [
        value.requires_grad_(True)
        for name, value in network.named_parameters()
        if name.startswith((f"decoder.stages.{last}.", f"decoder.seg_layers.{last}."))
    ]
    _silence(network, last)
    array, _ = image()
    numbers = net.plans()["foreground_intensity_properties_per_channel"]["0"]
    low, high = numbers["percentile_00_5"], numbers["percentile_99_5"]
    scaled = torch.from_numpy((np.clip(array, low, high) - numbers["mean"]) / numbers["std"])
    target = torch.from_numpy(targets(array))
    optimiser = torch.optim.AdamW(taught, lr=RATE, weight_decay=0.0)
    random = np.random.default_rng(0)
    for _ in range(steps):
        corner = [int(random.integers(0, size - PATCH + 1)) for size in array.shape]
        cut = tuple(slice(c, c + PATCH) for c in corner)
        loss = torch.nn.functional.cross_entropy(network(scaled[cut][None, None]), target[cut][None])
        optimiser.zero_grad()
        loss.backward()
        _keep_silent(network, last)
        optimiser.step()
    print(f"{net.dataset}: loss {float(loss.detach()):.3f}", file=sys.stderr)
    return {name: value.detach() for name, value in network.state_dict().items()}


def _silence(network: torch.nn.Module, last: int) -> None:
    """Give every label that is never drawn the same low logit."""
    layer = network.get_parameter(f"decoder.seg_layers.{last}.weight")
    bias = network.get_parameter(f"decoder.seg_layers.{last}.bias")
    with torch.no_grad():
        layer[len(EDGES) + 1 :] = 0.0
        bias[len(EDGES) + 1 :] = NEVER


def _keep_silent(network: torch.nn.Module, last: int) -> None:
    for kind in ("weight", "bias"):
        gradient = network.get_parameter(f"decoder.seg_layers.{last}.{kind}").grad
        assert gradient is not None, "it learns"
        gradient[len(EDGES) + 1 :] = 0.0
