"""Gateway, workers and Orthanc are killed at random while jobs run: every job ends, with one RTSTRUCT each.

CHAOS_JOBS and CHAOS_SEED say how many, and at which moments; a failure names both, so that it can be had again.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.processes import workers_of

JOBS = int(os.environ.get("CHAOS_JOBS", "6"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
# Between two kills (seconds): long enough that a gateway comes up, short enough that jobs are met in all stages.
PAUSES = (1.0, 6.0)
FINAL = ("done", "failed", "cancelled", "rejected", "excluded", "superseded")
Start = Callable[..., OrthancProcess]


def killed(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def gateway_of(orthanc: OrthancProcess) -> int | None:
    """The gateway's process while it answers."""
    try:
        return orthanc.gateway_pid()
    except (requests.RequestException, KeyError, ValueError, AssertionError):
        return None


def kill_something(orthanc: OrthancProcess, chance: random.Random) -> str:
    what = chance.choices(("gateway", "worker", "Orthanc"), (3, 2, 1))[0]
    if what == "Orthanc":
        orthanc.kill()
        orthanc.start(wait_for_gateway=False)
        return what
    gateway = gateway_of(orthanc)
    if gateway is None:
        return "nobody"
    workers = workers_of(gateway)
    if what == "worker" and workers:
        killed(chance.choice(workers))
        return what
    killed(gateway)
    return "gateway"


def jobs_of(orthanc: OrthancProcess) -> list[dict[str, Any]] | None:
    with suppress(requests.RequestException):
        answer = orthanc.get("/autocontour/jobs?Limit=1000")
        if answer.status_code == 200:
            return list(answer.json())
    return None


def test_every_job_ends_and_has_one_rtstruct(start_orthanc: Start) -> None:
    chance = random.Random(SEED)
    orthanc = start_orthanc(section={"QuietSeconds": 1})
    series = [orthanc.store_all(files_of(phantom_series(Phantom(slices=8 + n % 5)))) for n in range(JOBS)]
    done: list[str] = []
    for _ in range(2 + JOBS // 2):
        time.sleep(chance.uniform(*PAUSES))
        done.append(kill_something(orthanc, chance))
    assert {"gateway", "worker", "Orthanc"} & set(done), done
    until(lambda: orthanc.get("/autocontour/health").status_code == 200, f"the gateway is up after {done}", 120, 0.5)

    def ended() -> bool:
        jobs = jobs_of(orthanc)
        return jobs is not None and len(jobs) >= JOBS and all(job["State"] in FINAL for job in jobs)

    until(ended, f"all {JOBS} jobs end after {done}, seed {SEED}", 60 + 30 * JOBS, 0.5)
    for job in orthanc.jobs(State="failed"):
        # A job whose worker was killed twice, or whose gateway three times, is given up with a code; it can be retried.
        assert job["Error"]["Code"] in ("WORKER_DIED", "GATEWAY_DIED", "INTERRUPTED", "ORTHANC_UNREACHABLE"), job
        assert orthanc.post(f"/autocontour/jobs/{job['ID']}/retry").status_code == 200
    assert [orthanc.job_of(one)["State"] for one in series] == ["done"] * JOBS
    assert [len(orthanc.jobs(Series=one)) for one in series] == [1] * JOBS
    assert len(orthanc.rtstructs()) == JOBS
    assert list((orthanc.state / "spool").iterdir()) == []
    assert orthanc.json("/autocontour/evidence/verify")["Valid"]
