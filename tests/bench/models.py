"""torch-nnunet beside nnU-Net itself, on the CPU: the same folder, the same image, seconds and what is equal.

A network with random weights and 25 labels, as one of TotalSegmentator's has; a CT of 512×512×24. Whoever is measured
has loaded already: the time is from the array to its labels.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from model.engines.network.resample import resampled
from model.engines.nnunet.engine import NnUnet, labels_with
from model.packages.importing.draft import Wishes
from model.packages.importing.from_path import import_model
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.volumes import blobs
from tests.models.compare import predicted

LABELS = {"background": 0} | {f"organ_{number}": number for number in range(1, 25)}
NET = TinyNet("Dataset920_Bench", patch=(32, 96, 96), spacing=(3.0, 3.0, 3.0), labels=LABELS, features=12, mirror=None)
SPACING, SHAPE = (5.0, 0.8, 0.8), (24, 512, 512)


def main() -> None:
    """Measure both once: nnU-Net takes minutes."""
    subprocess.run(["tests/models/setup-oracle.sh"], check=True)
    torch.set_num_threads(2)
    coarse = torch.from_numpy(blobs((40, 64, 64)).astype(np.float32))
    image = resampled(coarse, SHAPE, (1, 3, 3)).numpy()
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_folder(Path(scratch) / "results", NET)
        wishes = Wishes(name="bench", license="LicenseRef-own", precision="fp32")
        engine = NnUnet(import_model(folder, Path(scratch) / "library", wishes))
        member = engine.members[0]
        started = time.perf_counter()
        found = labels_with(member, member.window, image, SPACING)
        ours = time.perf_counter() - started
        expected, theirs = predicted(folder, image, SPACING, Path(scratch), "no-flips")
    print(f"{'torch-nnunet':14} {ours:8.1f} s")
    print(f"{'nnU-Net 2.6.2':14} {theirs:8.1f} s   {theirs / ours:.1f} times as long")
    print(f"equal voxels   {100 * float(np.mean(found == expected)):8.3f} %   (random weights: many ties)")


if __name__ == "__main__":
    main()
