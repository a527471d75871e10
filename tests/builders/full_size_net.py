"""nnU-Net folders with networks as large as TotalSegmentator's: six stages, 31 million parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.builders.nnunet_folder import TinyNet

# Features of each stage as nnU-Net plans them for a patch of 128 voxels.
STAGES = (32, 64, 128, 256, 320, 320)
SMALL_STAGES = (8, 16, 32)


@dataclass(frozen=True)
class FullSizeNet(TinyNet):
    """A PlainConvUNet of ``stages``; each but the first halves the tile."""

    stages: tuple[int, ...] = STAGES
    patch: tuple[int, ...] = (128, 128, 128)
    spacing: tuple[float, ...] = (3.0, 3.0, 3.0)
    mirror: tuple[int, ...] | None = None

    def plans(self) -> dict[str, Any]:
        """plans.json."""
        found = super().plans()
        architecture = found["configurations"][self.configuration]["architecture"]["arch_kwargs"]
        count = len(self.stages)
        architecture |= {
            "n_stages": count,
            "features_per_stage": list(self.stages),
            "kernel_sizes": [[3, 3, 3]] * count,
            "strides": [[1, 1, 1]] + [[2, 2, 2]] * (count - 1),
            "n_conv_per_stage": [2] * count,
            "n_conv_per_stage_decoder": [2] * (count - 1),
        }
        return found
