"""Against nnU-Net itself: voxels that are equal, and seconds of both; prints a table.

``python -m tests.models.compare [NAME …]``; needs ``tests/models/setup-oracle.sh`` once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.engines.nnunet.engine import NnUnet, found_with
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from tests.builders.no_samples import none
from tests.models.trained import NETS, image, trained

ORACLE = Path(".cache/oracle/bin/python")

# What is compared: a net, and which of the image's slices are given to it. Slices of 9 mm for a net of 3 mm are
# resampled plane by plane, as those of a net for thick slices are.
IMAGES = {name: (name, 1) for name in NETS} | {"3d_fullres, image of 9 mm": ("3d_fullres, two folds", 3)}


@dataclass(frozen=True)
class Compared:
    """``equal`` is a share of all voxels, ``foreground`` Dice of all that is no background; seconds without loading.

    ``precise`` is the share that is equal when nnU-Net's buffers have 32 bits instead of 16.
    """

    name: str
    equal: float
    precise: float
    foreground: float
    ours: float
    theirs: float


def compare(name: str) -> Compared:
    """Draw the same image, one of IMAGES, with both."""
    net, every = IMAGES[name]
    folder = trained(net)
    array, (slices, row, column) = image()
    array = np.ascontiguousarray(array[30:90:every, 10:90, 10:100])  # a part: nnU-Net takes minutes for the whole
    spacing = (every * slices, row, column)
    with tempfile.TemporaryDirectory() as scratch:
        options = ImportOptions(name="x", license="LicenseRef-own", precision="fp32", orientation="LPS")
        engine = NnUnet(import_model(folder, Path(scratch) / "library", options, samples=none))
        member = engine.members[0]
        started = time.perf_counter()
        found = found_with(member, member.window, array, spacing)
        assert isinstance(found, np.ndarray), "these networks draw labels, not regions"
        ours = time.perf_counter() - started
        expected, theirs = predicted(folder, array, spacing, Path(scratch))
        precise, _ = predicted(folder, array, spacing, Path(scratch), "full-precision")
    both = np.count_nonzero((found > 0) & (found == expected))
    dice = 2 * both / max(1, int(np.count_nonzero(found) + np.count_nonzero(expected)))
    return Compared(name, float(np.mean(found == expected)), float(np.mean(found == precise)), dice, ours, theirs)


def predicted(
    folder: Path, array: NDArray[np.float32], spacing: tuple[float, float, float], scratch: Path, *words: str
) -> tuple[NDArray[np.uint8], float]:
    """What nnU-Net draws, and the seconds that it took to predict, without loading."""
    labels, said = told(ORACLE, "oracle.py", folder, array, spacing, scratch, *words)
    return labels, float(said["predict"])


def told(
    python: Path | str,
    script: str,
    folder: Path,
    array: NDArray[np.float32],
    spacing: tuple[float, float, float],
    scratch: Path,
    *words: str,
) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """The labels of a script beside this one that draws in a process of its own, and what it said of itself."""
    np.save(scratch / "image.npy", array)
    command = [python, f"tests/models/{script}", folder, scratch / "image.npy", ",".join(map(str, spacing))]
    run = subprocess.run(
        [*map(str, command), str(scratch / "labels.npy"), *words], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise RuntimeError(f"{script} ended with {run.returncode}: {run.stderr[-2000:]}")
    return np.load(scratch / "labels.npy"), json.loads(run.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    for one in sys.argv[1:] or IMAGES:
        result = compare(one)
        print(
            f"{one:26} equal {100 * result.equal:9.5f} %, with 32 bits {100 * result.precise:9.5f} %  "
            f"Dice {result.foreground:.5f}  {result.ours:6.1f} s against {result.theirs:6.1f} s",
            flush=True,
        )
