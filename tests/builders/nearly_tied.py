"""Networks whose answer in bf16 is known: one that is sure of itself, and one whose logits are nearly tied.

Both are nearest-centre classifiers of HU. Sure: its centres lie 2 apart, and bf16 errs by hundredths. Nearly tied, as
after a bad training: a small organ's centre lies so near to the large one's that bf16 cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.errors import TargetFailed
from model.sides.sample import Shown
from model.volume.volume import Volume
from tests.builders.series import geometry
from tests.builders.volumes import plan_of

SHAPE = (20, 48, 56)
LARGE, SMALL, ABSENT = "urinary_bladder", "prostate", "heart"
# Of background, the large organ, the small one, and one that no image shows; in hundreds of HU.
Centres = tuple[float, ...]
SURE, TIED = (0.0, 2.0, 4.0, 30.0), (0.0, 2.0, 2.08, 30.0)
# HU of both organs as each of the networks knows them.
ORGANS: dict[Centres, tuple[int, int]] = {SURE: (200, 400), TIED: (190, 210)}


def body(centres: Centres) -> NDArray[np.int16]:
    """(slice, row, column) HU: air, a body of 0, a large organ and a small one, with the noise of a scanner."""
    large, small = ORGANS[centres]
    made = np.full(SHAPE, -1000, dtype=np.int16)
    made[:, 8:-8, 8:-8] = 0
    made[3:15, 14:30, 14:34] = large
    made[4:12, 32:38, 20:28] = small
    noise = np.random.default_rng(0).normal(scale=2.0, size=SHAPE)
    return np.asarray(made + np.rint(noise), dtype=np.int16)


def samples(centres: Centres, modality: str) -> Iterator[Shown]:
    """The body as an image of the tests."""
    if modality != "CT":
        raise TargetFailed("SAMPLE_MISSING", f"no sample {modality} is on this machine")
    yield Shown("made-up body", Volume(body(centres), geometry(plan_of(SHAPE))), ())


class NearestCentre(torch.nn.Module):
    """Logits of how near each voxel is to each centre."""

    def __init__(self, centres: Centres) -> None:
        super().__init__()
        self.layer = torch.nn.Conv3d(1, len(centres), 1)
        values = torch.tensor(centres)
        self.layer.weight.data = values.reshape(-1, 1, 1, 1, 1).clone()
        self.layer.bias = torch.nn.Parameter(-values * values / 2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        answer: torch.Tensor = self.layer(image)
        return answer


def torchscript(folder: Path, centres: Centres) -> Path:
    """The network as a TorchScript file."""
    path = folder / "centres.ts"
    torch.jit.trace(NearestCentre(centres), torch.zeros(1, 1, 16, 16, 16)).save(str(path))
    return path


def description(**inference: object) -> dict[str, Any]:
    """What its file does not say."""
    return {
        "input": {
            "modality": "CT",
            "orientation": "LPS",
            "spacing": [5.0, 4.0, 4.0],
            "normalisation": [{"kind": "range", "low": 0, "high": 100, "to": [0, 1], "clip": False}],
        },
        "inference": {"patch": [16, 16, 16], **inference},
        "labels": [{"value": value, "label": label} for value, label in enumerate((LARGE, SMALL, ABSENT), start=1)],
    }
