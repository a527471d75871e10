"""What nobody has measured yet: the way on a CUDA device, tile by tile and for a whole series.

Milliseconds of a tile by precision and by how many go through the network together, which is what
``model.engines.network.cuda.batches.VOXELS`` guesses at; then a series of 512 × 512 × 200 at 3 mm with 25 classes:
seconds, peak memory of the device, and voxels that differ from fp32. The network has TotalSegmentator's size and random
weights, the worst case for equal voxels. ``--device cpu`` with ``--small`` shows that it runs, and no more.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from model.engines.network.cuda.batches import VOXELS, TensorPredict
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.way import OnDevice
from model.engines.network.labelling import Labels
from model.engines.network.memory import out_of_memory
from model.engines.network.resample import new_shape, resampled
from model.engines.network.way import Array, Grids
from model.engines.network.window import Shape, Window
from model.engines.nnunet.folds import Folds
from model.engines.nnunet.plans import read_plans
from model.packages.document import Precision
from tests.builders.full_size_net import SMALL_STAGES, STAGES, FullSizeNet
from tests.builders.nnunet_folder import write_folder
from tests.builders.volumes import blobs

CLASSES, SPACING = 25, (2.0, 0.8, 0.8)
TILES, TOGETHER, ROUNDS = (64, 96, 128), (1, 2, 4, 8, 16), 3


def network(folder: Path, stages: tuple[int, ...], device: torch.device) -> TensorPredict:
    """A network with random weights on a device."""
    labels = {"background": 0} | {f"organ_{number}": number for number in range(1, CLASSES)}
    written = write_folder(folder, FullSizeNet("Dataset922_Device", labels=labels, stages=stages))
    (weights,) = written.rglob("checkpoint_final.pth")
    (plans,) = written.rglob("plans.json")
    return Folds([weights], read_plans(plans, "3d_fullres"), CLASSES).at(device)


def took(place: Device, work: Callable[[], object]) -> float:
    """Seconds of the best of some rounds, after one that nobody counts."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        _wait(place)
        started = time.perf_counter()
        work()
        _wait(place)
        best = min(best, time.perf_counter() - started)
    return best


def tile_by_tile(predict: TensorPredict, place: Device, sizes: tuple[int, ...], together: tuple[int, ...]) -> None:
    """Print milliseconds of a tile; a star where that many are more than the window would take."""
    run = place.run(predict)
    for size in sizes:
        told = []
        for count in together:
            tiles = torch.randn((count, 1, size, size, size), device=place.device)
            try:
                seconds = took(place, lambda tiles=tiles: run(tiles))  # type: ignore[misc]
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                told.append(f"{count}: no memory")
                break
            beyond = "*" if count > max(1, VOXELS // size**3) else ""
            told.append(f"{count}{beyond}: {1000 * seconds / count:.1f}")
        print(f"  {place.label}, {size}³, ms a tile by how many together: {', '.join(told)}", flush=True)


def series(predict: TensorPredict, place: Device, image: Array, window: Window, full: Labels | None) -> Labels:
    """Draw once, print seconds and memory, and what differs from fp32."""
    fine: Shape = (image.shape[0], image.shape[1], image.shape[2])
    grids = Grids(new_shape(fine, SPACING, (3.0, 3.0, 3.0)), fine, there=(3, 3, 3))
    way = OnDevice(predict, place, together=True)
    cuda = place.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats(place.device)
    found: list[Labels] = []
    seconds = took(place, lambda: found.append(way.labels(image, window, grids, CLASSES, lambda part: None)))
    peak = f", peak {torch.cuda.max_memory_allocated(place.device) / 1e9:.2f} GB" if cuda else ""
    moved = "" if full is None else f", {100 * np.mean(found[-1] != full):.4f} % of the voxels are not those of fp32"
    same = "the same every time" if all(np.array_equal(one, found[0]) for one in found) else "NOT the same every time"
    print(f"  {place.label}, a series: {seconds:.2f} s{peak}, {same}{moved}", flush=True)
    return found[-1]


def _wait(place: Device) -> None:
    if place.device.type == "cuda":
        torch.cuda.synchronize(place.device)


def main(words: list[str] | None = None) -> int:
    """Measure, or say that there is nothing to measure on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--small", action="store_true", help="a small network on a small image")
    options = parser.parse_args(words)
    if options.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device is here: nothing was measured")
        return 0
    device = torch.device(options.device)
    sizes, together = ((16,), (1, 2)) if options.small else (TILES, TOGETHER)
    shape, patch = ((40, 64, 64), (16, 16, 16)) if options.small else ((200, 512, 512), (128, 128, 128))
    image = resampled(np.asarray(blobs((50, 64, 64)) / 300, dtype=np.float32), shape, (1, 1, 1))
    print(f"{Device(device).runtime}")
    with tempfile.TemporaryDirectory() as scratch:
        predict = network(Path(scratch) / "results", SMALL_STAGES if options.small else STAGES, device)
    lower: tuple[Precision, ...] = Device(device).lower_precisions
    full = None
    for precision in ("fp32", *lower):
        place = Device(device, precision)
        tile_by_tile(predict, place, sizes, together)
        drawn = series(predict, place, image, Window(patch), full)
        full = drawn if full is None else full
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
