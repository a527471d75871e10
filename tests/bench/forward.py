"""The way to the service and back: its overhead beside the local worker, and a load of eight gateways.

Model time aside, 300 slices over loopback TLS shall cost less than 2 s more than locally. FORWARD_SERIES (200) and
FORWARD_SLICES (60) set the load.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydicom

from model.pipeline.draw import IMAGES, draw_series
from tests.builders.lone_gateway import LoneGateway
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.service_process import ServiceProcess
from tests.builders.untouched import cleaned

GATEWAYS = 8
SERIES = int(os.environ.get("FORWARD_SERIES", "200"))
SLICES = int(os.environ.get("FORWARD_SLICES", "60"))
REPEATS = 3


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        overhead(folder)
        load(folder)


def overhead(folder: Path) -> None:
    """300 slices of 512 × 512, best of three, model time (engine) taken off both ways."""
    series = cleaned(files_of(phantom_series(Phantom(slices=300, size=512, pixel_mm=0.8, step_mm=1.0))))
    size = sum(len(file.data) for file in series)
    service = ServiceProcess(folder / "one").start()
    try:
        gateway = LoneGateway(folder / "gateway", service)
        gateway.send(cleaned(files_of(phantom_series(Phantom(slices=5)))))  # the service's worker imports
        remote, local = [], []
        for turn in range(REPEATS):
            took, details = timed(lambda: gateway.send(series)[1])
            remote.append(took - details["timings"]["engine"])
            place = folder / f"local{turn}"
            place.mkdir()

            def here(place: Path = place) -> dict[str, float]:
                series.write(place / IMAGES)
                return draw_series(place, "hu-ct", "2.25.1", "2.25.2", datetime.now(UTC)).timings

            took, timings = timed(here)
            local.append(took - timings["engine"])
    finally:
        service.stop()
    print(f"300 slices, {size / 1e6:.0f} MB, engine aside: local {min(local):.2f} s, remote {min(remote):.2f} s")
    print(f"overhead of the service over loopback TLS: {min(remote) - min(local):.2f} s (to be below 2 s)")


def load(folder: Path) -> None:
    """So many series from eight gateways at once, against one service with two workers."""
    service = ServiceProcess(folder / "many", keys={"Workers": 2}, limits={"Transfers": 16}).start()
    gateways = [LoneGateway(folder / f"gateway{number}", service) for number in range(GATEWAYS)]
    peak = Peak(service)
    started = time.perf_counter()
    waits: list[float] = []

    def one(number: int) -> bool:
        series = cleaned(files_of(phantom_series(Phantom(slices=SLICES, size=128, step_mm=2.0))))
        began = time.perf_counter()
        content, details = gateways[number % GATEWAYS].send(series)
        waits.append(time.perf_counter() - began - sum(details["timings"].values()))
        return str(pydicom.dcmread(io.BytesIO(content)).PatientID) == series.pseudonym

    try:
        with ThreadPoolExecutor(2 * GATEWAYS) as pool:
            right = list(pool.map(one, range(SERIES)))
        seconds = time.perf_counter() - started
        left = len(service.left())
    finally:
        peak.stop()
        service.stop()
    print(f"{SERIES} series of {SLICES} slices from {GATEWAYS} gateways: {seconds:.0f} s, {SERIES / seconds:.2f} per s")
    print(f"lost: {SERIES - len(right)}, mixed up: {right.count(False)}, files left: {left}")
    print(f"sending and queueing: median {statistics.median(waits):.1f} s, worst {max(waits):.1f} s")
    print(f"memory of the service process: at start {peak.first:.0f} MB, at most {peak.most:.0f} MB")


class Peak:
    """The resident memory of a process, looked at ten times a second."""

    def __init__(self, service: ServiceProcess) -> None:
        assert service.process is not None
        self._status = Path(f"/proc/{service.process.pid}/status")
        self._stopping = threading.Event()
        self.first = self.most = self._now()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            self.most = max(self.most, self._now())

    def _now(self) -> float:
        try:
            lines = self._status.read_text().splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")), 0.0)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work gave."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
