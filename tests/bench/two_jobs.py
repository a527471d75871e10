"""Two series at once: workers that share the cores beside one that takes them all, with a network of full size.

In the worker processes of the gateway: first the time from an order to its first tile, after a start; then two series
one after the other in one worker, and two at once in two, each worker having drawn before. 25 classes, 31 million
parameters with random weights, tiles of 128³, an image of one tile by one by two.
"""

from __future__ import annotations

import tempfile
import threading
import time
from functools import cache
from pathlib import Path

import numpy as np

from model.engines.engine import Engine
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.package import open_package, verify_package
from model.pipeline.draw import warm_up
from model.process.cores import cores
from model.volume.volume import Volume
from model.worker.pool import Workers
from tests.builders.full_size_net import FullSizeNet
from tests.builders.nnunet_folder import write_folder
from tests.builders.no_samples import none
from tests.builders.series import SeriesPlan, geometry

SHAPE, SPACING = (160, 128, 128), 3.0
SECONDS = 3600.0


@cache
def engine(folder: Path) -> Engine:
    """The engine of a package, which stays loaded in a worker."""
    from model.registry import engine_of

    package = open_package(folder)
    verify_package(package)
    return engine_of(package)


def draw(folder: Path) -> float:
    """Draw one image in a worker; return the time of day at which its first tile began (seconds)."""
    from model.engines.network.runtime.openvino import OpenVino

    began: list[float] = []
    answer = OpenVino.__call__

    def noting(self: OpenVino, tile: np.ndarray) -> np.ndarray:
        began.append(time.time())
        return answer(self, tile)

    array = np.random.default_rng(0).integers(-1000, 1500, SHAPE, dtype=np.int16)
    offsets = tuple(SPACING * index for index in range(SHAPE[0]))
    plan = SeriesPlan(shape=SHAPE[1:], offsets=offsets, spacing=(SPACING, SPACING))
    OpenVino.__call__ = noting  # type: ignore[method-assign]
    try:
        engine(folder).draw(Volume(array, geometry(plan)), lambda fraction, words: None)
    finally:
        OpenVino.__call__ = answer  # type: ignore[method-assign]
    return began[0]


def at_once(workers: Workers, folder: Path, count: int) -> float:
    """Seconds until so many series are drawn."""
    started = time.perf_counter()
    threads = [
        threading.Thread(target=workers.run, args=(f"job {number}", draw, folder), kwargs={"seconds": SECONDS})
        for number in range(count)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return time.perf_counter() - started


def main() -> None:
    """Print what each way took."""
    with tempfile.TemporaryDirectory(prefix="two-jobs-") as scratch:
        labels = {"background": 0} | {f"organ_{number}": number for number in range(1, 25)}
        source = write_folder(Path(scratch) / "results", FullSizeNet("Dataset297_Two", labels=labels))
        options = ImportOptions(name="two", license="LicenseRef-own", precision="fp32", orientation="LPS")
        folder = import_model(source, Path(scratch) / "library", options, samples=none).folder
        one, two = Workers(1), Workers(2)
        try:
            one.run("warm", warm_up, seconds=SECONDS)  # as the gateway does when it starts
            ordered = time.time()
            first = one.run("first", draw, folder, seconds=SECONDS) - ordered
            at_once(two, folder, 2)
            print(f"{cores()} cores; from the first order after a start until the first tile: {first:.1f} s")
            for _ in range(2):
                after_another = at_once(one, folder, 1) + at_once(one, folder, 1)
                together = at_once(two, folder, 2)
                ratio = after_another / together
                print(f"one after the other {after_another:.1f} s, at once {together:.1f} s: {ratio:.2f} times as fast")
        finally:
            one.stop()
            two.stop()


if __name__ == "__main__":
    main()
