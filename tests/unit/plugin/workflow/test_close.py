"""A job is closed whatever the clock says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from plugin.jobs.job import State
from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from plugin.workflow.stages import Stages
from tests.builders.jobs import a_job

NOT_ASKED = cast(Any, None)


def test_a_job_that_began_in_what_is_now_the_future_closes_as_one_that_took_no_time(tmp_path: Path) -> None:
    jobs = JobStore(open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}"))
    chain = Chain.open(tmp_path / "chain", SigningKey.load_or_create(tmp_path / "key"), labels=("hu-ct", "cloud"))
    code = new_code()
    jobs.add(a_job(id="a", created=time.time() + 86400, evidence_code=code))
    stages = Stages(NOT_ASKED, NOT_ASKED, jobs, NOT_ASKED, chain, NOT_ASKED, NOT_ASKED, NOT_ASKED)
    stages.close("a", None)
    job = jobs.get("a")
    assert job is not None
    assert job.state is State.DONE
    (closed,) = [record for record in chain.records(code) if record.event is Event.CLOSED]
    assert closed.facts["duration_ms"] == 0
