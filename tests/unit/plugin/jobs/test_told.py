"""The log says of a job what an administrator asks for: series, rule, model, target, seconds, code."""

from __future__ import annotations

import logging

import pytest

from plugin.jobs.job import State
from plugin.jobs.told import log_job
from tests.builders.jobs import a_job


def test_a_job_that_is_done_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    job = a_job()
    with caplog.at_level(logging.INFO):
        log_job(job, State.DONE, seconds=12.34)
    (record,) = caplog.records
    assert record.getMessage() == (
        f"job {job.id}: done: series series, rule 'every CT', model hu-ct, target cloud, 12.3 s"
    )
    assert record.levelno == logging.INFO
    assert record.__dict__["fields"]["Seconds"] == 12.3


@pytest.mark.parametrize("state", [State.FAILED, State.REJECTED])
def test_one_that_has_no_result_is_a_warning_with_its_code(caplog: pytest.LogCaptureFixture, state: State) -> None:
    log_job(a_job(rule="", model=""), state, code="GEOMETRY_GAP", seconds=1.0)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"{state} (GEOMETRY_GAP): series series, by request, 1.0 s" in record.getMessage()
