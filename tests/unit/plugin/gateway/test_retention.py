"""What has reached its end is removed, the jobs last: whatever is killed meanwhile, the next day finds the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from plugin.evidence.service import EvidenceService
from plugin.evidence.subjects import KEY_BYTES, Subjects
from plugin.gateway.retention import Retention
from plugin.jobs.job import State
from plugin.jobs.store import JobStore
from plugin.quality.forgetting import Forgetting
from plugin.quality.sets import StructureSets
from plugin.quality.store import QualityStore
from plugin.workflow.durable import Workflows
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job
from tests.unit.plugin.quality.test_store import LIVER, a_row, found

pytestmark = pytest.mark.usefixtures("either_database")

END = datetime(2036, 1, 1, tzinfo=UTC)
CODE = "CODE"


class Killed(BaseException):
    """Ends what runs as SIGKILL does."""


class House:
    """One job whose evidence has reached its end, and all that it leads to."""

    def __init__(self, folder: Path) -> None:
        self.engine: sa.Engine = tables_in(folder)
        self.jobs, self.forgetting = JobStore(self.engine), Forgetting(self.engine)
        self.subjects, self.store = Subjects(self.engine, bytes(KEY_BYTES)), QualityStore(self.engine)
        self.sets = StructureSets(self.engine)
        job, _ = self.jobs.add(a_job(state=State.DONE, evidence_code=CODE))
        self.subjects.remember("patient", "1.2.3", CODE)
        self.store.note(a_row(job=job.id, evidence_code=CODE))
        self.store.compared(a_row(job=job.id, evidence_code=CODE), found(LIVER))
        self.job = job.id
        self.retention = Retention(
            cast(Workflows, self), self.jobs, cast(EvidenceService, self), self.forgetting, lambda: True
        )

    def forget(self, _: datetime) -> None:
        """There are no workflows."""

    def end_of_retention(self, _: datetime) -> datetime:
        return END

    def left(self) -> list[object]:
        return [
            *self.jobs.list(),
            *self.store.of_job(self.job),
            *self.subjects.codes_of("patient"),
            *self.forgetting.held(CODE),
        ]


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Forgetting, "retire_codes"), (Subjects, "forget"), (JobStore, "retire"), (Forgetting, "retire_sets")],
    ids=["comparisons", "index", "jobs", "structure sets"],
)
def test_what_a_kill_left_is_removed_the_next_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, name: str
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    house = House(tmp_path)
    with monkeypatch.context() as dying:
        dying.setattr(kind, name, killed)
        with pytest.raises(Killed):
            house.retention.forget(END)
    house.retention.forget(END)
    assert house.left() == []
    (month,) = house.forgetting.months()
    assert month["rois"] == 1, "the sums stay, and count it once"
