"""A job in a list: what stands in the columns of its row, so that a list of thousands reads no details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from plugin.jobs.filters import WITH_RESULT
from plugin.jobs.job import EARLIER_STAGES, Stage, State, iso
from plugin.state.database import jobs

COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    *(jobs.c.id, jobs.c.series, jobs.c.study, jobs.c.rule, jobs.c.model, jobs.c.target, jobs.c.priority, jobs.c.state),
    *(jobs.c.stage, jobs.c.progress, jobs.c.created, jobs.c.updated, jobs.c.attempt, jobs.c.instances),
    *(jobs.c.rtstruct, jobs.c.evidence_code, jobs.c.error_code, jobs.c.error_message, jobs.c.flagged, jobs.c.hours),
)


@dataclass(frozen=True)
class JobRow:
    """A job without its details; ``flagged`` is how many of its structures somebody should look at.

    ``hours`` are the hours of operation of its rule, empty for all.
    """

    id: str
    series: str
    study: str
    rule: str
    model: str
    target: str
    priority: str
    state: State
    stage: Stage
    progress: float
    created: float
    updated: float
    attempt: int
    instances: int
    rtstruct: str | None
    evidence_code: str | None
    error_code: str | None
    error_message: str | None
    flagged: int
    hours: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the row as the REST API shows it."""
        error = {"Code": self.error_code, "Message": self.error_message} if self.error_code else None
        return {
            "ID": self.id,
            "Series": self.series,
            "Study": self.study,
            "Rule": self.rule or None,
            "Model": self.model,
            "Target": self.target,
            "Priority": self.priority,
            "State": str(self.state),
            "Stage": str(self.stage),
            "Progress": round(self.progress, 3),
            "Created": iso(self.created),
            "Updated": iso(self.updated),
            "Attempt": self.attempt,
            "Instances": self.instances,
            "Rtstruct": self.rtstruct,
            "EvidenceCode": self.evidence_code,
            "Flagged": self.flagged if self.state in WITH_RESULT else 0,
            "Error": error,
        }


def row_of(columns: Mapping[Any, Any]) -> JobRow:
    """Return the row that these columns are."""
    values: dict[str, Any] = dict(columns)
    values["state"] = State(values["state"])
    values["stage"] = Stage(EARLIER_STAGES.get(values["stage"], values["stage"]))
    return JobRow(**values)
