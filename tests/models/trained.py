"""Small nnU-Net folders that were really trained: minutes of work, kept in .cache, never shipped as a model.

They learn to tell gas and bone from the rest of a real CT (hu-ct's sample of the abdomen): enough for logits that are
as sure of themselves as those of a real model, which random weights never are.
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
from model.samples import series
from model.series.geometry import geometry_of
from model.volume.load import load_volume
from tests.builders.nnunet_folder import TinyNet, as_in_checkpoints, random_weights, write_folder
from tests.builders.series import series_in

CACHE = Path(".cache/trained")
STEPS, RATE, BATCH = 80, 4e-3, 2
LABELS = {"background": 0, "gas": 1, "bone": 2}

NETS = {
    "3d_fullres, two folds": TinyNet("Dataset911_Trained", patch=(24, 48, 48), spacing=(3.0, 3.0, 3.0), folds=2,
                                     labels=LABELS, features=8),
    "3d_fullres, residual": TinyNet("Dataset912_Residual", patch=(24, 48, 48), spacing=(3.0, 3.0, 3.0),
                                    network="ResidualEncoderUNet", labels=LABELS, features=8, mirror=(2,)),
    "2d": TinyNet("Dataset913_Flat", configuration="2d", patch=(64, 64), spacing=(3.0, 3.0), labels=LABELS, features=8,
                  mirror=(0, 1)),
    "3d_fullres, thick slices": TinyNet("Dataset914_Thick", patch=(12, 48, 48), spacing=(10.0, 3.0, 3.0),
                                        labels=LABELS, features=8, mirror=None),
}  # fmt: skip


def trained(name: str) -> Path:
    """The results folder of a net, trained now or before."""
    net = NETS[name]
    key = hashlib.sha256(json.dumps([net.plans(), net.folds, STEPS, RATE]).encode()).hexdigest()[:12]
    root = CACHE / key
    if not (root / "done").exists():
        shutil.rmtree(root, ignore_errors=True)
        folder = write_folder(root, net)
        for fold in range(net.folds):
            path = folder / f"fold_{fold}" / "checkpoint_final.pth"
            checkpoint = torch.load(path, weights_only=False)
            checkpoint["network_weights"] = as_in_checkpoints(_train(net, fold))
            torch.save(checkpoint, path)
        (root / "done").touch()
    return next(root.glob("Dataset*/*__*__*"))


def image() -> tuple[NDArray[np.float32], tuple[float, float, float]]:
    """The real CT: (z, y, x) HU and mm of its axes."""
    paths, headers = series_in(series("abdomen"))
    geometry = geometry_of(headers)
    volume = load_volume(paths, geometry)
    row, column = geometry.planes[0].spacing
    return volume.array.astype(np.float32), (geometry.spacing_mm, row, column)


def _train(net: TinyNet, fold: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(fold)
    network = build(Configuration.model_validate(net.plans()["configurations"][net.configuration]), net.classes)
    network.load_state_dict(random_weights(network, generator), assign=True)
    network.requires_grad_(True)
    array, _ = image()
    labels = np.where(array > 180, 2, np.where(array < -300, 1, 0)).astype(np.int64)
    numbers = net.plans()["foreground_intensity_properties_per_channel"]["0"]
    low, high = numbers["percentile_00_5"], numbers["percentile_99_5"]
    scaled = torch.from_numpy((np.clip(array, low, high) - numbers["mean"]) / numbers["std"])
    target = torch.from_numpy(labels)
    patch = (1, *net.patch) if len(net.patch) == 2 else net.patch
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE)
    random = np.random.default_rng(fold)
    for _ in range(STEPS):
        corners = [[int(random.integers(0, max(1, s - p + 1))) for s, p in zip(array.shape, patch, strict=True)]
                   for _ in range(BATCH)]  # fmt: skip
        cut = [tuple(slice(c, c + p) for c, p in zip(corner, patch, strict=True)) for corner in corners]
        inputs = torch.stack([scaled[one] for one in cut])[:, None]
        wanted = torch.stack([target[one] for one in cut])
        if len(net.patch) == 2:
            inputs, wanted = inputs[:, :, 0], wanted[:, 0]
        loss = torch.nn.functional.cross_entropy(network(inputs), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    print(f"{net.dataset} fold {fold}: loss {float(loss.detach()):.3f}", file=sys.stderr)
    return {name: value.detach() for name, value in network.state_dict().items()}
