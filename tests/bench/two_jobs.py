"""Two series at once in two workers, and one after the other in one, with a network of full size.

In the worker processes of the gateway: first the time from an order to its first tile, after a start; then two series
one after the other in one worker, and two at once in two: with one inference process for both, as in the gateway, and
with a network in each. Each worker has drawn before. The memory is that of all these processes (PSS, what they share
counted once), which only root may read. 25 classes, 31 million parameters with random weights, tiles of 128³, an image
of one tile by one by two.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.engines.engine import Engine
from model.engines.network.runtime.inference import compute_for_workers
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
from tests.builders.processes import cpu_seconds, workers_of
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
    from model.engines.network.runtime.elsewhere import Elsewhere
    from model.engines.network.runtime.openvino import OpenVino

    began: list[float] = []
    kinds: tuple[Any, ...] = (OpenVino, Elsewhere)
    calls = [kind.__call__ for kind in kinds]

    def noting(call: Any) -> Any:
        def noted(self: Any, tile: np.ndarray) -> np.ndarray:
            began.append(time.time())
            found: np.ndarray = call(self, tile)
            return found

        return noted

    array = np.random.default_rng(0).integers(-1000, 1500, SHAPE, dtype=np.int16)
    offsets = tuple(SPACING * index for index in range(SHAPE[0]))
    plan = SeriesPlan(shape=SHAPE[1:], offsets=offsets, spacing=(SPACING, SPACING))
    for kind, call in zip(kinds, calls, strict=True):
        kind.__call__ = noting(call)
    try:
        engine(folder).draw(Volume(array, geometry(plan)), lambda fraction, words: None)
    finally:
        for kind, call in zip(kinds, calls, strict=True):
            kind.__call__ = call
    return began[0]


def gigabytes() -> float:
    """PSS of all processes that this one has spawned."""
    found = 0
    for process in workers_of(os.getpid()):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        found += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found * 1024 / 1e9


def core_seconds() -> float:
    """Processor time of all processes that this one has spawned."""
    return sum(cpu_seconds(process) for process in workers_of(os.getpid()))


class Peak(threading.Thread):
    """The most memory that all had at once, looked at five times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self._ended = 0.0, threading.Event()
        self.start()

    def run(self) -> None:
        """Look until it is asked for."""
        while not self._ended.wait(0.2):
            self.most = max(self.most, gigabytes())

    def ended(self) -> float:
        """Return it."""
        self._ended.set()
        self.join()
        return self.most


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
        one = Workers(1)
        try:
            one.run("warm", warm_up, seconds=SECONDS)  # as the gateway does when it starts
            ordered = time.time()
            first = one.run("first", draw, folder, seconds=SECONDS) - ordered
            print(f"{cores()} cores; from the first order after a start until the first tile: {first:.1f} s")
            for way, two in (
                ("one inference process", Workers(2, inference=compute_for_workers)),
                ("a network in each worker", Workers(2)),
            ):
                alone = gigabytes()
                try:
                    measure(way, one, two, folder, alone)
                finally:
                    two.stop()
        finally:
            one.stop()


def measure(way: str, one: Workers, two: Workers, folder: Path, alone: float) -> None:
    """Print seconds and gigabytes of one way; ``alone`` is what the worker beside them has."""
    at_once(two, folder, 2)
    time.sleep(2.0)  # memory is given back a moment after the answer
    print(f"{way}: {gigabytes() - alone:.2f} GB between two jobs")
    for _ in range(2):
        before = core_seconds()
        after_another = at_once(one, folder, 1) + at_once(one, folder, 1)
        between, peak = core_seconds(), Peak()
        together = at_once(two, folder, 2)
        print(
            f"{way}: one after the other {after_another:.1f} s ({between - before:.0f} of cores), two at once "
            f"{together:.1f} s ({core_seconds() - between:.0f}): {after_another / together:.2f} times as fast; "
            f"at most {peak.ended() - alone:.2f} GB"
        )


if __name__ == "__main__":
    main()
