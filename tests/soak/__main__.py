"""SERIES=2000 or HOURS=2, SEED; the figures go into docs/reliability.md. Ctrl-C ends it in order, and counts."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.builders.orthanc_process import CHECKOUT
from tests.soak.disturbances import Disturbances
from tests.soak.growth import sentences
from tests.soak.report import Run, figures, written
from tests.soak.samples import Sample, sampled
from tests.soak.site import GATEWAYS, Site

EVERY_SECONDS = 4.0
UNLIMITED = 10**9
PAGE = CHECKOUT / "docs" / "reliability.md"


def main() -> int:
    """Run, print and write the figures; 1 where something is wrong or grows."""
    hours = float(os.environ.get("HOURS") or 0)
    series = UNLIMITED if hours else int(os.environ.get("SERIES") or 2000)
    seed = int(os.environ.get("SEED") or time.time())
    page = Path(os.environ.get("PAGE") or PAGE)
    over = threading.Event()

    def stop() -> None:
        """End it in order; at once, and without figures, when told again."""
        if over.is_set():
            raise KeyboardInterrupt
        over.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"seed {seed}, in {folder}", flush=True)
    site = Site(folder)
    try:
        site.start()
        run = soaked(site, series, hours * 3600, seed, over)
    finally:
        site.close()
    print(figures(run))
    for sentence in run.faults:
        print(f"FAULT: {sentence}")
    page.write_text(written(page.read_text(), figures(run)))
    if run.faults:
        return 1
    # What went wrong would stand in its logs.
    shutil.rmtree(folder)
    return 0


def soaked(site: Site, series: int, seconds: float, seed: int, over: threading.Event) -> Run:
    """Send, disturb and sample until all is sent, the time is over or somebody stops it; then count."""
    began = time.monotonic()
    samples: list[Sample] = []

    def spared() -> int:
        """Another gateway in each third of the run."""
        part = (time.monotonic() - began) / seconds if seconds else len(site.sent) / series
        return min(GATEWAYS - 1, int(GATEWAYS * part))

    disturbances = Disturbances(seed, site.gateways, site.server, spared)
    with ThreadPoolExecutor(2) as threads:
        sending = threads.submit(site.send, series, over)
        disturbing = threads.submit(disturbances.run, over)
        try:
            _watch(site, samples, began, seconds, over, (sending, disturbing))
        finally:
            over.set()
    sending.result()
    disturbing.result()
    site.settled()
    ended = time.monotonic() - began
    samples.append(sampled(ended, site.gateways, site.server, site.database))
    site.stop_gateways()
    return Run(
        seed, len(site.sent), series if series != UNLIMITED else 0, ended, dict(disturbances.done),
        dict(site.retried), samples, site.faults() + sentences(samples),
    )  # fmt: skip


def _watch(
    site: Site,
    samples: list[Sample],
    began: float,
    seconds: float,
    over: threading.Event,
    threads: tuple[Future[None], Future[None]],
) -> None:
    sending, disturbing = threads
    while not over.wait(EVERY_SECONDS) and not sending.done() and not disturbing.done():
        passed = time.monotonic() - began
        # Its own connection may be among those that are dropped.
        with suppress(psycopg.OperationalError):
            samples.append(sampled(passed, site.gateways, site.server, site.database))
            print(f"{passed:.0f} s: {samples[-1].series} of {len(site.sent)} done; {_brief(samples[-1])}", flush=True)
        if seconds and passed > seconds:
            return


def _brief(sample: Sample) -> str:
    """The gateways that run, with MB, descriptors and threads of each; the connections."""
    said = [
        f"gateway {one.gateway + 1}: {one.memory / 1e6:.0f} MB, {one.descriptors}, {one.threads}"
        for one in sample.processes
        if not one.worker
    ]
    return "; ".join([*said, f"{sample.connections} connections"])


if __name__ == "__main__":
    raise SystemExit(main())
