"""The way to the service and back: its overhead beside the local worker, and a load of eight gateways.

Model time aside, 300 slices over loopback TLS shall cost less than 2 s more than locally. FORWARD_SERIES (200; 0 for
none) and FORWARD_SLICES (60) set the load.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.pipeline.draw import IMAGES, draw_series
from tests.builders.load import GATEWAYS, many_series, send_at_once
from tests.builders.lone_gateway import LoneGateway
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.service_process import ServiceProcess
from tests.builders.untouched import cleaned, lay

SERIES = int(os.environ.get("FORWARD_SERIES", "200"))
SLICES = int(os.environ.get("FORWARD_SLICES", "60"))
REPEATS = 3


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        overhead(folder)
        if SERIES:
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
            remote.append(took - details.timings["engine"])
            place = folder / f"local{turn}"
            place.mkdir()

            def here(place: Path = place) -> dict[str, float]:
                lay(series, place / IMAGES)
                return draw_series(place, "hu-ct", "2.25.1", "2.25.2", datetime.now(UTC)).timings

            took, timings = timed(here)
            local.append(took - timings["engine"])
    finally:
        service.stop()
    print(f"300 slices, {size / 1e6:.0f} MB, engine aside: local {min(local):.2f} s, remote {min(remote):.2f} s")
    print(f"overhead of the service over loopback TLS: {min(remote) - min(local):.2f} s (to be below 2 s)")


def load(folder: Path) -> None:
    """So many series from eight gateways at once, against one service with two workers."""
    sent = many_series(SERIES, SLICES)
    with ServiceProcess(folder / "many", keys={"Workers": 2}, limits={"Transfers": 16}).start() as service:
        done = send_at_once(service, folder, sent)
    count, waited = done.queued
    print(f"{SERIES} series of {SLICES} slices from {GATEWAYS} gateways, two at a time each, two workers:")
    rate = SERIES / done.seconds
    print(f"{done.seconds:.0f} s, {rate:.2f} series and {rate * SLICES:.0f} slices per second")
    print(f"lost: {len(done.lost)}, mixed up: {done.mixed}, files left: {done.left}")
    print(f"in the queue: {waited / max(1, count):.2f} s at the mean, of {count:.0f} drawn")
    print(f"sending, queueing, fetching: median {statistics.median(done.waits):.1f} s, worst {max(done.waits):.1f} s")
    print(f"memory of service and workers: at start {done.memory[0]:.0f} MB, at most {done.memory[1]:.0f} MB")
    if done.lost or done.mixed or done.left:
        raise AssertionError(f"nothing may be lost, mixed up or left: {done.lost[:3]}")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work gave."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
