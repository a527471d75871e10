"""Memory and time of a network of 118 classes, as TotalSegmentator's fast model has, on 512 × 512 × 200 at 3 mm.

Random weights put a structure everywhere, which no real network does: the time to decide labels is the worst case.
Logits of all classes at full resolution would take 24.7 GB.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from model.engines.network.resample import resampled
from model.engines.nnunet.engine import NnUnet
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.volume.volume import Volume
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.no_samples import none
from tests.builders.series import SeriesPlan, geometry
from tests.builders.volumes import blobs

SHAPE = (200, 512, 512)
LABELS = {"background": 0} | {f"organ_{number}": number for number in range(1, 118)}
NET = TinyNet("Dataset921_Many", patch=(64, 64, 64), spacing=(3.0, 3.0, 3.0), labels=LABELS, mirror=None)
GOAL_GB = 4.0


def main() -> int:
    """Print peak and time; exit status 0 when the peak is bounded."""
    torch.set_num_threads(2)
    coarse = torch.from_numpy(blobs((50, 64, 64)).astype(np.float32))
    array = np.ascontiguousarray(resampled(coarse, SHAPE, (1, 1, 1)).numpy().astype(np.int16))
    offsets = tuple(2.0 * index for index in range(SHAPE[0]))
    volume = Volume(array, geometry(SeriesPlan(shape=SHAPE[1:], offsets=offsets, spacing=(0.8, 0.8))))
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_folder(Path(scratch) / "results", NET)
        options = ImportOptions(name="many", license="LicenseRef-own", precision="fp32", orientation="LPS")
        engine = NnUnet(import_model(folder, Path(scratch) / "library", options, samples=none))
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        started = time.perf_counter()
        drawing = engine.draw(volume, lambda fraction, words: None)
    took, peak = time.perf_counter() - started, _memory("VmHWM")
    print(f"118 classes on 512 × 512 × 200: {took:.0f} s, {len(drawing.structures)} structures")
    print(f"peak {peak:.2f} GB, of which {before:.2f} GB were there before (Python, torch, the image, the network)")
    print(f"goal {GOAL_GB:.0f} GB: {'met' if peak < GOAL_GB else 'missed'}")
    return 0 if peak < GOAL_GB else 1


def _memory(key: str) -> float:
    """GB of this process, by a key of /proc."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(key)).split()[1]) / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
