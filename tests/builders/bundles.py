"""MONAI bundles as they are published: configurations, metadata and a state dictionary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

NETWORK = {
    "_target_": "UNet",
    "spatial_dims": 3,
    "in_channels": 1,
    "out_channels": 3,
    "channels": [4, 8],
    "strides": [2],
    "num_res_units": 1,
    "norm": "instance",
}


def write_bundle(
    root: Path, *, network: dict[str, Any] | None = None, imports: list[str] | None = None, weights: Any = None
) -> Path:
    """Write a bundle of a small UNet; ``weights`` is its state dictionary."""
    inference = {
        "imports": imports or ["$import glob", "$import os"],
        "bundle_root": ".",
        "output_dir": "$@bundle_root + '/eval'",
        "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "network_def": network or NETWORK,
        "network": "$@network_def.to(@device)",
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", "keys": "image"},
                {"_target_": "EnsureChannelFirstd", "keys": "image"},
                {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
                {"_target_": "Spacingd", "keys": "image", "pixdim": [4.0, 4.0, 5.0], "mode": "bilinear"},
                {
                    "_target_": "ScaleIntensityRanged",
                    "keys": "image",
                    "a_min": -500,
                    "a_max": 500,
                    "b_min": 0.0,
                    "b_max": 1.0,
                    "clip": True,
                },
                {"_target_": "EnsureTyped", "keys": "image"},
            ],
        },
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [32, 32, 16], "overlap": 0.5},
    }
    metadata = {
        "version": "0.1.0",
        "name": "Tiny",
        "intended_use": "Tests",
        "network_data_format": {
            "inputs": {"image": {"modality": "CT", "num_channels": 1}},
            "outputs": {"pred": {"channel_def": {"0": "background", "1": "spleen", "2": "liver"}}},
        },
    }
    (root / "configs").mkdir(parents=True)
    (root / "models").mkdir()
    (root / "configs/inference.json").write_text(json.dumps(inference))
    (root / "configs/metadata.json").write_text(json.dumps(metadata))
    torch.save(weights or {"w": torch.zeros(1)}, root / "models/model.pt")
    return root
