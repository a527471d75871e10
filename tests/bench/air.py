"""Tiles of air: a network of full size on real CT in a wide field, with all tiles and without those of air.

The network tells soft tissue, fat and bone from gas, which is its background (``tests/models/taught.py``, whose last
layer is turned round); its images are clipped at -1024 HU, so that it sees the noise of air. The slab is a real series
of a field of 500 mm; the head is set into such a field, whose air has the noise of a scanner. It is the test of air
itself, so what it prints of voxels is what the package would keep.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model.air.check import ensure_air
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.air import AirResult
from model.samples.build import series
from model.sides.sample import Shown, volume_of
from model.volume.volume import Volume
from tests.builders.full_size_net import FullSizeNet
from tests.builders.no_samples import none
from tests.builders.series import SeriesPlan, geometry
from tests.models.taught import taught

FIELD_MM, NOISE_HU = 500.0, 12.0
LABELS = {"background": 0, "soft_tissue": 1, "fat": 2, "bone": 3} | {
    f"organ_{number}": number for number in range(4, 25)
}


@dataclass(frozen=True)
class WideNet(FullSizeNet):
    """Of 25 classes at 1.5 mm, with what nnU-Net plans for a whole body."""

    dataset: str = "Dataset298_Air"
    spacing: tuple[float, ...] = (1.5, 1.5, 1.5)

    def plans(self) -> dict[str, Any]:
        """plans.json."""
        found = super().plans()
        found["foreground_intensity_properties_per_channel"]["0"]["percentile_00_5"] = -1024.0
        return found


def images() -> Iterator[Shown]:
    """96 mm of the head in a field of 500 mm, and the slab as it is."""
    head = volume_of(series("head"))
    pixel = head.geometry.planes[0].spacing[0]
    middle = head.array[22:86]
    slices, rows, columns = middle.shape
    size = round(FIELD_MM / pixel)
    noise = np.random.default_rng(0).normal(-1000, NOISE_HU, (slices, size, size))
    field = np.clip(np.rint(noise), -1024, None).astype(np.int16)
    top, left = (size - rows) // 2, (size - columns) // 2
    field[:, top : top + rows, left : left + columns] = middle
    offsets = tuple(index * head.geometry.spacing_mm for index in range(slices))
    plan = SeriesPlan(shape=(size, size), offsets=offsets, spacing=(pixel, pixel))
    yield Shown(f"head in {FIELD_MM:.0f} mm", Volume(field, geometry(plan)), ())
    yield Shown("slab", volume_of(series("slab")), ())


def turned(root: Path, there: Path, patch: int) -> Path:
    """The taught folder with gas as its background and the rest as a structure, on tiles of another edge."""
    (folder,) = root.glob("Dataset*/*__*__*")
    made = there / folder.parent.name / folder.name
    made.mkdir(parents=True)
    (made / "dataset.json").write_bytes((folder / "dataset.json").read_bytes())
    plans = json.loads((folder / "plans.json").read_text())
    plans["configurations"]["3d_fullres"]["patch_size"] = [patch] * 3
    (made / "plans.json").write_text(json.dumps(plans))
    checkpoint = torch.load(folder / "fold_0/checkpoint_final.pth", weights_only=False)
    weights = checkpoint["network_weights"]
    last = max(int(name.split(".")[2]) for name in weights if name.startswith("decoder.seg_layers."))
    for kind in ("weight", "bias"):
        value = weights[f"decoder.seg_layers.{last}.{kind}"]
        weights[f"decoder.seg_layers.{last}.{kind}"] = value[[1, 0, *range(2, len(value))]]
    (made / "fold_0").mkdir()
    torch.save(checkpoint, made / "fold_0/checkpoint_final.pth")
    return made


def main(words: list[str] | None = None) -> int:
    """Print tiles, voxels and seconds; exit status 0 when no voxel differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patch", type=int, action="append", help="voxels of a tile's edge (default: 64 and 96)")
    options = parser.parse_args(words)
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    same = True
    root = taught(WideNet(patch=(64, 64, 64), labels=LABELS))
    for patch in options.patch or (64, 96):
        with tempfile.TemporaryDirectory() as scratch:
            folder = turned(root, Path(scratch) / "results", patch)
            draft = ImportOptions(name="wide", license="LicenseRef-own", precision="fp32", orientation="LPS")
            package = import_model(folder, Path(scratch) / "library", draft, samples=none)
            for shown in images():
                result = ensure_air(package, silent, samples=lambda *_, shown=shown: iter((shown,)), anew=True)
                same = same and result.verdict == "same"
                tell(patch, result)
    return 0 if same else 1


def tell(patch: int, result: AirResult) -> None:
    """Print what was found of one image."""
    print(f"tiles of {patch}³: {result.verdict}: {result.reason}; computed by {result.computed_by}")
    for one in result.images:
        print(f"  {one.name}: {one.skipped} of {one.tiles} tiles, {one.differing} of {one.voxels} voxels differ")
    if result.seconds is not None:
        print(f"  {result.seconds[0]:.1f} s with all tiles, {result.seconds[1]:.1f} s without", flush=True)


def silent(part: float, words: str) -> None:
    """Progress that nobody watches."""


if __name__ == "__main__":
    raise SystemExit(main())
