"""A stage that hangs ends with STAGE_TIMEOUT: one that waits for Orthanc, and one that hangs anywhere else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from model.errors import TargetFailed
from model.evidence.code import new_code
from plugin.erase.erase import EraseFailed
from plugin.jobs.job import Job, Stage
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc
from plugin.state.database import open_database
from plugin.workflow import stages as under_test
from plugin.workflow.limits import stage_seconds, within
from plugin.workflow.stages import Stages
from tests.builders.jobs import a_job

NOT_ASKED = cast(Any, None)
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of an Orthanc that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def hanging(folder: Path, work: Any, orthanc: Orthanc) -> tuple[Stages, Job]:
    """Stages whose every stage does this work, and a job that enters them."""

    class Hanging(Stages):
        def _work(self, stage: Stage) -> Any:
            return lambda limited, _job: work(limited)

    jobs = JobStore(open_database(f"sqlite:///{folder / 'jobs.sqlite'}"))
    job, _ = jobs.add(a_job(evidence_code=new_code(), instances=12))
    return Hanging(orthanc, NOT_ASKED, jobs, NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED), job


def test_a_limit_is_far_below_an_hour_and_grows_with_the_slices() -> None:
    assert stage_seconds(12) == 312
    assert stage_seconds(500) == 800


def test_requests_to_an_orthanc_that_hangs_end_when_the_stage_has_to(silent: str) -> None:
    limited = Orthanc(silent).until(time.monotonic() + 0.3)
    with pytest.raises(TargetFailed) as first:
        limited.system()
    assert (first.value.code, first.value.retry) == ("STAGE_TIMEOUT", False)


def test_after_its_limit_a_stage_asks_nothing_any_more() -> None:
    with pytest.raises(TargetFailed) as later:
        Orthanc(NOBODY).until(time.monotonic() - 1).series("a")
    assert later.value.code == "STAGE_TIMEOUT", "who asked would have said that nobody is there"


def test_the_limit_of_one_stage_is_none_of_the_connection(silent: str) -> None:
    orthanc = Orthanc(silent)
    orthanc.until(time.monotonic() - 1)
    assert orthanc._options["timeout"][1] == 120


@pytest.mark.parametrize("stage", [Stage.PSEUDONYMISE, Stage.STORE])
def test_a_stage_that_waits_for_orthanc_is_given_up(
    tmp_path: Path, silent: str, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    monkeypatch.setattr(under_test, "stage_seconds", lambda slices: 0.3)
    stages, job = hanging(tmp_path, lambda one: one.orthanc.system(), Orthanc(silent))
    with pytest.raises(TargetFailed) as raised:
        stages.run(stage, job.id)
    assert (raised.value.code, raised.value.retry) == ("STAGE_TIMEOUT", False)


@pytest.mark.parametrize(
    ("stage", "code", "retry"), [(Stage.STORE, "STAGE_TIMEOUT", False), (Stage.ERASE, "ERASE_FAILED", True)]
)
def test_a_stage_that_hangs_elsewhere_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: Stage, code: str, retry: bool
) -> None:
    monkeypatch.setattr(under_test, "stage_seconds", lambda slices: 0.2)
    monkeypatch.setattr(under_test, "GRACE_SECONDS", 0.1)
    never = threading.Event()
    stages, job = hanging(tmp_path, lambda one: never.wait(60), Orthanc("http://127.0.0.1:9"))
    with pytest.raises((TargetFailed, EraseFailed)) as raised:
        stages.run(stage, job.id)
    never.set()
    assert (raised.value.code, raised.value.retry) == (code, retry)


def test_what_the_work_raises_is_raised() -> None:
    def fails() -> None:
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        within(60, "store", fails)


def test_work_that_ends_in_time_is_no_failure() -> None:
    done: list[int] = []
    within(60, "store", lambda: done.append(1))
    assert done == [1]
