"""The page in Chromium: how soon it shows the jobs, what it loads for that, and what an idle tab costs.

Goals: the first view within 1 s and under 150 KB compressed; an idle tab under 2 kB a second.
"""

from __future__ import annotations

import gzip
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Request

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import chromium, visit
from tests.builders.phantom import files_of, phantom_series

ROUNDS, IDLE_SECONDS = 7, 40


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="autocontour-bench-") as folder:
        orthanc = OrthancProcess(Path(folder) / "orthanc").start()
        try:
            job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
            with chromium() as browser:
                opened = [first_view(browser, orthanc.url, job["ID"]) for _ in range(ROUNDS)]
                idle = traffic(browser, orthanc.url, job["ID"])
        finally:
            orthanc.stop()
    seconds, raw, packed, files = zip(*opened, strict=True)
    print(f"\nthe first view, {ROUNDS} times in a browser without memory, to the first row of a job (goal: 1 s)")
    print(f"  median {statistics.median(seconds):6.2f} s   best {min(seconds):6.2f} s")
    print(f"  {files[0]} answers, {raw[0] / 1000:.0f} kB, compressed {packed[0] / 1000:.0f} kB (goal: 150)")
    print(f"an idle tab over {IDLE_SECONDS} s: {idle / 1000:.2f} kB a second (goal: 2)")


def first_view(browser: Browser, address: str, job: str) -> tuple[float, int, int, int]:
    """Seconds, bytes, compressed bytes and number of answers until the job is shown."""
    with visit(browser, address) as visitor:
        answered: list[Request] = []
        visitor.page.on("requestfinished", lambda one: answered.append(one))
        started = time.perf_counter()
        visitor.open()
        visitor.page.locator(f"[data-job='{job}']").first.wait_for()
        seconds = time.perf_counter() - started
        # Chromium gives no body of an event out.
        files = [one for one in list(answered) if one.resource_type != "eventsource"]
        bodies = [body for one in files if (answer := one.response()) and (body := answer.body())]
        return seconds, sum(map(len, bodies)), sum(len(gzip.compress(body, 6)) for body in bodies), len(bodies)


def traffic(browser: Browser, address: str, job: str) -> float:
    """Bytes a second, both ways with their headers, of a tab that shows what happens while nothing does."""
    with visit(browser, address) as visitor:
        page = visitor.open()
        page.locator(f"[data-job='{job}']").first.wait_for()
        page.wait_for_timeout(3000)
        finished: list[Request] = []
        page.on("requestfinished", lambda one: finished.append(one))
        started = time.perf_counter()
        page.wait_for_timeout(IDLE_SECONDS * 1000)
        seconds = time.perf_counter() - started
        return sum(map(_size, list(finished))) / seconds


def _size(request: Request) -> int:
    """Bytes of a request and its answer."""
    sizes = request.sizes()
    return (
        sizes["requestHeadersSize"]
        + sizes["requestBodySize"]
        + sizes["responseHeadersSize"]
        + sizes["responseBodySize"]
    )
