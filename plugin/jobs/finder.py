"""Finds jobs among many: pages of them, and how many there are by what they can be filtered by.

What is filtered by stands in one index, so that each question walks that instead of the rows with their details.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from plugin.jobs.filters import FLAGGED, STATE, JobFilter
from plugin.jobs.job import Job, State
from plugin.jobs.page import Page, Place
from plugin.jobs.row import COLUMNS, JobRow, row_of
from plugin.jobs.store import job_of
from plugin.state.database import jobs

T = TypeVar("T")


@dataclass(frozen=True)
class JobCounts:
    """How many jobs a filter finds, and by each key how many there would be of each value without that key."""

    total: int
    states: Mapping[str, int]
    models: Mapping[str, int]
    targets: Mapping[str, int]
    rules: Mapping[str, int]
    flagged: int

    def to_json(self) -> dict[str, Any]:
        """Return the counts as the REST API shows them."""
        by = {"State": self.states, "Model": self.models, "Target": self.targets, "Rule": self.rules}
        return {"Total": self.total, **{key: dict(counts) for key, counts in by.items()}, "Flagged": self.flagged}


class JobFinder:
    """Reads the table of jobs; safe for several threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def page(self, after: Place | None, wanted: JobFilter, limit: int) -> Page[Job]:
        """Return the jobs that fit and come after a place, newest first; from the newest one when there is none."""
        return self._page(after, wanted, limit, (jobs,), job_of)

    def rows(self, after: Place | None, wanted: JobFilter, limit: int) -> Page[JobRow]:
        """Return the same page without details."""
        return self._page(after, wanted, limit, COLUMNS, row_of)

    def last_changed(self, states: Sequence[State], limit: int) -> tuple[JobRow, ...]:
        """Return the jobs in these states that changed last, the last one first."""
        query = sa.select(*COLUMNS).order_by(jobs.c.updated.desc(), jobs.c.id).limit(limit)
        with self._engine.connect() as connection:
            # Each state by itself: so the index has its jobs in order.
            found = [
                row_of(row)
                for state in states
                for row in connection.execute(query.where(jobs.c.state == str(state))).mappings()
            ]
        return tuple(sorted(found, key=lambda row: (-row.updated, row.id))[:limit])

    def open(self, state: State, limit: int) -> tuple[JobRow, ...]:
        """Return the jobs in a state that is not final, the oldest first."""
        query = sa.select(*COLUMNS).where(jobs.c.state == str(state)).order_by(jobs.c.created, jobs.c.id).limit(limit)
        with self._engine.connect() as connection:
            return tuple(row_of(row) for row in connection.execute(query).mappings())

    def counts(self, wanted: JobFilter) -> JobCounts:
        """Count the jobs that fit, and those that would fit by one key less; the table is walked once."""
        keys = (STATE.label("key_1"), jobs.c.model, jobs.c.target, jobs.c.rule, FLAGGED.label("key_5"))
        query = sa.select(*keys, sa.func.count()).where(*wanted.of_place_and_time)
        # By name: PostgreSQL does not see that two expressions with parameters are the same.
        query = query.group_by("key_1", jobs.c.model, jobs.c.target, jobs.c.rule, "key_5")
        with self._engine.connect() as connection:
            groups = connection.execute(query).all()
        asked = (wanted.states, wanted.models, wanted.targets, wanted.rules)
        chosen = [None if values is None else {str(value) for value in values} for values in asked]
        flagged = None if wanted.flagged is None else {wanted.flagged}
        counts: tuple[Counter[str], ...] = tuple(Counter() for _ in asked)
        total = has_flags = 0
        for *values, flag, count in groups:
            fits = [those is None or value in those for value, those in zip(values, chosen, strict=True)]
            fits.append(flagged is None or bool(flag) in flagged)
            missed = fits.count(False)
            total += 0 if missed else count
            has_flags += count if bool(flag) and all(fits[:-1]) else 0
            for place, value in enumerate(values):
                if missed == 0 or (missed == 1 and not fits[place]):
                    counts[place][value] += count
        states, models, targets, rules = counts
        return JobCounts(total, states, models, targets, rules, has_flags)

    def _page(
        self,
        after: Place | None,
        wanted: JobFilter,
        limit: int,
        columns: Sequence[Any],
        made: Callable[[Mapping[Any, Any]], T],
    ) -> Page[T]:
        order = (jobs.c.created.desc(), jobs.c.id)
        places = sa.select(jobs.c.created, jobs.c.id).where(*wanted.conditions).order_by(*order).limit(limit + 1)
        if after is not None:
            at_once = sa.and_(jobs.c.created == after.created, jobs.c.id > after.id)
            places = places.where(jobs.c.created <= after.created, sa.or_(jobs.c.created < after.created, at_once))
        with self._engine.connect() as connection:
            found = [Place(float(created), str(identifier)) for created, identifier in connection.execute(places)]
            here = [place.id for place in found[:limit]]
            query = sa.select(*columns).where(jobs.c.id.in_(here)).order_by(*order)
            page = tuple(made(row) for row in connection.execute(query).mappings()) if here else ()
        return Page(page, found[limit - 1] if len(found) > limit else None)
