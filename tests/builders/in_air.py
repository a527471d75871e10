"""A small body in much air, and networks that see it: one that is right in air, and those that are not everywhere."""

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
from tests.builders.nearly_tied import NearestCentre
from tests.builders.series import geometry
from tests.builders.volumes import plan_of

SHAPE = (24, 80, 80)
LARGE, SMALL = "urinary_bladder", "prostate"
# Nearest centres in hundreds of HU: air is nearest to the background, or to the small organ.
RIGHT, WRONG = (0.0, 2.0, 4.0), (0.0, 2.0, -10.0)
# HU of the network that is wrong about air of one density alone.
ODD = -960


def body(odd: int = -1000, noise: float = 5.0) -> NDArray[np.int16]:
    """(slice, row, column) HU: air, in the middle a body with two organs, and air of ``odd`` HU in a corner."""
    made = np.full(SHAPE, -1000, dtype=np.int16)
    made[:, 44:, 44:] = odd
    made[:, 28:52, 28:52] = 0
    made[4:20, 32:40, 32:48] = 200
    made[6:16, 42:48, 34:44] = 400
    return np.asarray(made + np.rint(np.random.default_rng(0).normal(scale=noise, size=SHAPE)), dtype=np.int16)


def volume(odd: int = -1000) -> Volume:
    """The body in an axial series of 5 mm slices and pixels of 4 mm."""
    return Volume(body(odd), geometry(plan_of(SHAPE)))


def samples(modality: str, fetch: bool) -> Iterator[Shown]:
    """The body as the image of the tests."""
    if modality != "CT":
        raise TargetFailed("SAMPLE_MISSING", f"no sample {modality} is on this machine")
    yield Shown("made-up body", volume(), ())


def samples_with_odd_air(modality: str, fetch: bool) -> Iterator[Shown]:
    """The body beside air of another density, and air of a third as what deviates most."""
    array = body(ODD)
    array[:, :20, :20] = -920
    yield Shown("made-up body", Volume(array, geometry(plan_of(SHAPE))), ())


class OddAir(NearestCentre):
    """Right, but for tiles whose mean is that of the odd air: there it draws the large organ."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        near = 1 - ((image.mean() - ODD / 100) / 0.1) ** 2
        odd = torch.cat((torch.zeros_like(image), torch.full_like(image, 1e4), torch.zeros_like(image)), dim=1)
        answer: torch.Tensor = self.layer(image) + odd * near.clamp(min=0)
        return answer


def torchscript(folder: Path, network: torch.nn.Module) -> Path:
    """A network as a TorchScript file."""
    path = folder / "in_air.ts"
    torch.jit.trace(network, torch.zeros(1, 1, 16, 16, 16)).save(str(path))
    return path


def description(normalisation: str = "range", **inference: object) -> dict[str, Any]:
    """What its file does not say."""
    steps = {
        "range": {"kind": "range", "low": 0, "high": 100, "to": [0, 1], "clip": False},
        "clipped": {"kind": "ct", "low": -200, "high": 1000, "mean": 0, "std": 100},
        "zscore": {"kind": "zscore"},
    }
    return {
        "input": {
            "modality": "CT",
            "orientation": "LPS",
            "spacing": [5.0, 4.0, 4.0],
            "normalisation": [steps[normalisation]],
        },
        "inference": {"patch": [16, 16, 16], "precision": "fp32", **inference},
        "labels": [{"value": 1, "label": LARGE}, {"value": 2, "label": SMALL}],
    }
