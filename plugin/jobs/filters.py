"""Which jobs are asked for: each key narrows them; of several values of one key, one must be that of the job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from plugin.jobs.job import State
from plugin.state.database import jobs

# Of the others, no structure stands as a result.
WITH_RESULT = (str(State.RUNNING), str(State.DONE))
# As an expression, for which no database takes the index of states: most jobs are in one state, and that index would
# lead to each of their rows, while the one of all that is filtered by is walked by itself (six times as fast).
STATE = jobs.c.state.concat("")
FLAGGED: sa.ColumnElement[bool] = sa.and_(jobs.c.flagged > 0, STATE.in_(WITH_RESULT))


@dataclass(frozen=True)
class JobFilter:
    """What jobs are filtered by; None does not filter.

    ``series`` and ``studies`` are Orthanc's ids: a job of one of these series, or of one of these studies; ``study``
    is that of the job all the same. ``since`` and ``until`` are seconds since the epoch: changed at that time or
    later, and before that time.
    """

    series: Sequence[str] | None = None
    studies: Sequence[str] | None = None
    study: str | None = None
    states: Sequence[State] | None = None
    models: Sequence[str] | None = None
    targets: Sequence[str] | None = None
    rules: Sequence[str] | None = None
    since: float | None = None
    until: float | None = None
    flagged: bool | None = None

    @property
    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What must hold of a row."""
        found = self.of_place_and_time
        for column, values in ((jobs.c.model, self.models), (jobs.c.target, self.targets), (jobs.c.rule, self.rules)):
            if values is not None:
                found.append(column.in_(list(values)))
        if self.states is not None:
            found.append(STATE.in_([str(state) for state in self.states]))
        if self.flagged is not None:
            found.append(FLAGGED if self.flagged else sa.not_(FLAGGED))
        return found

    @property
    def of_place_and_time(self) -> list[sa.ColumnElement[bool]]:
        """What must hold of a row by its series, study and time alone."""
        found: list[sa.ColumnElement[bool]] = []
        of_one = [
            column.in_(list(values))
            for column, values in ((jobs.c.series, self.series), (jobs.c.study, self.studies))
            if values is not None
        ]
        if of_one:
            found.append(sa.or_(*of_one))
        if self.study is not None:
            found.append(jobs.c.study == self.study)
        if self.since is not None:
            found.append(jobs.c.updated >= self.since)
        if self.until is not None:
            found.append(jobs.c.updated < self.until)
        return found
