"""What a search among 20,000 jobs costs, through the gateway's application: pages, filters, counts.

Goal: under 100 ms for each page, wherever it begins.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from plugin.gateway.operations.operations import Operations
from plugin.state.database import open_database
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.many_jobs import note_many, orthanc_id

JOBS, LIMIT, REPEATS = 20_000, 50, 7
GOAL_MS = 100
FIND = "/autocontour/jobs/find"


def searches() -> dict[str, dict[str, Any]]:
    """Bodies of POST /autocontour/jobs/find, by what they are."""
    studies = [orthanc_id(-1 - number) for number in range(0, 6000, 6)]
    return {
        "newest": {},
        "newest, counted": {"Counts": True},
        "done": {"State": ["done"], "Counts": True},
        "a seldom model": {"Model": ["seldom"], "Counts": True},
        "two filters": {"Model": ["total"], "Target": ["cloud"], "Counts": True},
        "flagged": {"Flagged": True, "Counts": True},
        "a day": {"Since": "2026-07-01T00:00:00Z", "Until": "2026-07-02T00:00:00Z", "Counts": True},
        "nothing fits": {"Model": ["none"], "Counts": True},
        "1000 studies of Orthanc": {"Studies": studies, "Counts": True},
    }


def measured(client: TestClient, method: str, address: str, **asked: Any) -> tuple[float, float, int]:
    """Median milliseconds of a request, those of the processor alone, and the bytes of its answer."""
    times, worked, size = [], [], 0
    for _ in range(REPEATS):
        start, busy = time.perf_counter(), time.process_time()
        answer = client.request(method, address, **asked)
        times.append(1000 * (time.perf_counter() - start))
        worked.append(1000 * (time.process_time() - busy))
        assert answer.status_code == 200, answer.text
        size = len(answer.content)
    return statistics.median(times), statistics.median(worked), size


def table(gateway: Operations) -> list[tuple[str, float, float, int]]:
    """Measure each search, and the page of the full jobs from the middle."""
    client = client_of(gateway)
    rows = [(name, *measured(client, "POST", FIND, json=body | {"Limit": LIMIT})) for name, body in searches().items()]
    cursor, pages = "", 0
    while cursor is not None and pages < JOBS // 2 // 1000:
        cursor = client.post(FIND, json={"Limit": 1000, "Cursor": cursor}).json()["Next"]
        pages += 1
    rows.append(("from the middle", *measured(client, "POST", FIND, json={"Limit": LIMIT, "Cursor": cursor})))
    asked = {"Cursor": cursor, "Limit": LIMIT}
    rows.append(("with all details", *measured(client, "GET", "/autocontour/jobs", params=asked)))
    return rows


def main() -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        gateway = gateway_in(Path(folder) / "state")
        engine = open_database(f"sqlite:///{Path(folder) / 'state' / 'jobs.sqlite'}")
        note_many(engine, JOBS)
        print(f"{JOBS} jobs, pages of {LIMIT}; goal: {GOAL_MS} ms\n")
        print("| search | ms | of the processor | kB |\n|---|---|---|---|")
        for name, wall, processor, size in table(gateway):
            print(f"| {name} | {wall:.0f} | {processor:.0f} | {size / 1000:.0f} |")


if __name__ == "__main__":
    main()
