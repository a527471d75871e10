"""The table of structure sets that we did not write: each is looked at once, and again when a job of its study ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from plugin.jobs.job import State
from plugin.state.database import comparisons, jobs, structure_sets


class SetState(StrEnum):
    """What became of a structure set that arrived."""

    NEW = "new"
    OURS = "ours"
    """We wrote it, or it is the same again: delivered and returned."""
    PAIRED = "paired"
    OPEN = "open"
    """No job of ours belongs to it; one that ends later may."""
    REFUSED = "refused"
    """It cannot be read or must not be compared; its code says why."""


# Looked at again when a job of their study ends.
WITH_MORE = (str(SetState.PAIRED), str(SetState.OPEN))


@dataclass(frozen=True)
class StructureSetRow:
    """A structure set in Orthanc, by Orthanc's id; ``images`` is the series that it names, ``noted`` when it came."""

    instance: str
    series: str
    noted: float
    state: SetState = SetState.NEW
    study: str | None = None
    images: str | None = None
    code: str | None = None
    file: str | None = None
    looked: float | None = None
    approved: bool = False
    reviewed: float | None = None
    tries: int = 0
    next_try: float = 0.0


COLUMNS = tuple(field.name for field in fields(StructureSetRow))


class StructureSets:
    """Reads and writes the table; safe for several threads and, on PostgreSQL, several gateways."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def arrived(self, series: str, instances: Sequence[str], noted: float) -> None:
        """Note the structure sets of a series; those that are known are looked at again, which changes nothing."""
        for instance in instances:
            with self._engine.begin() as connection:
                known = sa.update(structure_sets).where(structure_sets.c.instance == instance)
                again = {"state": str(SetState.NEW), "tries": 0, "next_try": 0.0}
                if connection.execute(known.values(again)).rowcount:
                    continue
            self._insert(StructureSetRow(instance, series, noted))

    def next_new(self, now: float) -> StructureSetRow | None:
        """Return the structure set that is to be looked at next, the oldest first; None where none is due."""
        due = (structure_sets.c.state == str(SetState.NEW), structure_sets.c.next_try <= now)
        found = self._select(sa.select(structure_sets).where(*due).order_by(structure_sets.c.noted).limit(1))
        return found[0] if found else None

    def claim(self, row: StructureSetRow, next_try: float) -> StructureSetRow | None:
        """Note that one is looked at, and when it is due again should nobody hear of the end; once for each try.

        Returns the row as it is then; None when another gateway was faster.
        """
        query = sa.update(structure_sets).where(*_its(row), structure_sets.c.state == str(SetState.NEW))
        with self._engine.begin() as connection:
            if connection.execute(query.values(tries=row.tries + 1, next_try=next_try)).rowcount == 0:
                return None
        return replace(row, tries=row.tries + 1, next_try=next_try)

    def forgive_tries(self) -> None:
        """Count no try of what is to be looked at: the gateway did not die in it, it was stopped."""
        query = sa.update(structure_sets).where(structure_sets.c.state == str(SetState.NEW), structure_sets.c.tries > 0)
        with self._engine.begin() as connection:
            connection.execute(query.values(tries=0, next_try=0.0))

    def settle(self, row: StructureSetRow, state: SetState, **said: Any) -> None:
        """Note what was found, unless it came again meanwhile and is to be looked at anew; ``said`` are columns."""
        self._change(row, {"state": str(state), "tries": 0, "next_try": 0.0, "code": None} | said)

    def lies_in(self, row: StructureSetRow, study: str) -> None:
        """Note the study of one, before anything is found of it: an erasure asks by study."""
        with self._engine.begin() as connection:
            its = structure_sets.c.instance == row.instance
            connection.execute(sa.update(structure_sets).where(its).values(study=study))

    def retry(self, row: StructureSetRow, next_try: float) -> None:
        """Try again later what failed through its own fault, perhaps; it counts as a try."""
        self._change(row, {"next_try": next_try})

    def postpone(self, row: StructureSetRow, next_try: float) -> None:
        """Try again later what failed through nobody's fault; it does not count as a try."""
        self._change(row, {"tries": 0, "next_try": next_try})

    def forget(self, row: StructureSetRow) -> None:
        """Delete what is known of one that is not in Orthanc any more; its comparisons stay."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(structure_sets).where(*_its(row)))

    def look_again(self, since: float) -> int:
        """Let those be looked at again in whose study a job ended since; returns how many."""
        lately = (jobs.c.state == str(State.DONE), jobs.c.updated >= since)
        # By study and by series apart, each by its index: there are few such jobs and may be many structure sets.
        of_jobs = sa.select(jobs.c.study).where(*lately), sa.select(jobs.c.series).where(*lately)
        pair = (comparisons.c.job == jobs.c.id, comparisons.c.instance == structure_sets.c.instance)
        noted = sa.select(comparisons.c.job).where(*pair).correlate(jobs, structure_sets)
        its = sa.or_(jobs.c.study == structure_sets.c.study, jobs.c.series == structure_sets.c.images)
        # Whatever it has to do with the job was seen when it was looked at after the job's end.
        unseen = sa.or_(structure_sets.c.looked.is_(None), jobs.c.updated >= structure_sets.c.looked)
        ended = sa.select(jobs.c.id).correlate(structure_sets).where(*lately, its, ~noted.exists(), unseen)
        columns = (structure_sets.c.study, structure_sets.c.images)
        values = {"state": str(SetState.NEW), "tries": 0, "next_try": 0.0}
        with self._engine.begin() as connection:
            if connection.execute(sa.select(jobs.c.id).where(*lately).limit(1)).first() is None:
                return 0
            changed = 0
            for column, named in zip(columns, of_jobs, strict=True):
                query = sa.update(structure_sets).where(structure_sets.c.state.in_(WITH_MORE), column.in_(named))
                changed += connection.execute(query.where(ended.exists()).values(values)).rowcount
            return changed

    def of_series(self, series: str) -> list[StructureSetRow]:
        """Return the structure sets of a series of theirs, in the order in which they came."""
        return self._select(
            sa.select(structure_sets).where(structure_sets.c.series == series).order_by(structure_sets.c.noted)
        )

    def file_of(self, instance: str) -> str | None:
        """Return the digest of the file that was looked at under an instance; None where that is not known."""
        found = self._select(sa.select(structure_sets).where(structure_sets.c.instance == instance))
        return found[0].file or None if found else None

    def of_study(self, study: str) -> list[StructureSetRow]:
        """Return the structure sets of a study."""
        return self._select(sa.select(structure_sets).where(structure_sets.c.study == study))

    def _change(self, row: StructureSetRow, values: Mapping[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(structure_sets).where(*_its(row)).values(values))

    def _insert(self, row: StructureSetRow) -> None:
        try:
            with self._engine.begin() as connection:
                values = {column: getattr(row, column) for column in COLUMNS} | {"state": str(row.state)}
                connection.execute(sa.insert(structure_sets).values(values))
        except sa.exc.IntegrityError:
            return  # another gateway noted it

    def _select(self, query: sa.Select[Any]) -> list[StructureSetRow]:
        with self._engine.connect() as connection:
            return [_row_of(row) for row in connection.execute(query).mappings()]


def _its(row: StructureSetRow) -> tuple[sa.ColumnElement[bool], ...]:
    """Find a row, unless it came again since, or another gateway looks at it."""
    return (structure_sets.c.instance == row.instance, structure_sets.c.tries == row.tries)


def _row_of(row: Mapping[Any, Any]) -> StructureSetRow:
    return StructureSetRow(**({column: row[column] for column in COLUMNS} | {"state": SetState(row["state"])}))
