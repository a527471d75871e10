"""The table of runs: a run is noted before it begins; the voxels of the baseline and of the latest run are kept."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from plugin.quality.constancy.run import Outcome, Run
from plugin.state.database import constancy_runs as runs
from plugin.state.database import cursor

_LIGHT = tuple(runs.c[field.name] for field in fields(Run) if field.name != "content")
# Before the key of a test that somebody asked for, among the names of what is kept as one number.
_WANTED = "constancy "
_DRAWN = (str(Outcome.BASELINE), str(Outcome.PASSED), str(Outcome.FAILED))


class ConstancyTable:
    """Reads and writes runs; they are in order by number, whatever the clock says."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def want(self, test: str, wanted: bool) -> None:
        """Note that somebody asks for a run of a test, or that one is begun."""
        name = _WANTED + test
        with self._engine.begin() as connection:
            connection.execute(sa.delete(cursor).where(cursor.c.name == name))
            if wanted:
                connection.execute(sa.insert(cursor).values(name=name, value=1))

    def wanted(self) -> frozenset[str]:
        """Return the tests that somebody asks for."""
        query = sa.select(cursor.c.name).where(cursor.c.name.startswith(_WANTED))
        with self._engine.connect() as connection:
            return frozenset(str(name).removeprefix(_WANTED) for name in connection.execute(query).scalars())

    def begin(self, test: str, run: str, evidence_code: str, started: float) -> Run:
        """Note a run that begins."""
        values = {"test": test, "id": run, "evidence_code": evidence_code, "started": started}
        values |= {"outcome": str(Outcome.RUNNING), "baseline": False, "rois": []}
        with self._engine.begin() as connection:
            made = connection.execute(sa.insert(runs).values(values)).inserted_primary_key
        assert made is not None
        return Run(int(made[0]), test, run, evidence_code, started, Outcome.RUNNING)

    def end(self, run: Run, outcome: Outcome, seconds: float, **facts: Any) -> None:
        """Note how a run ended; the first that ends well becomes the baseline."""
        values = {"outcome": str(outcome), "seconds": round(max(0.0, seconds), 3), **facts}
        with self._engine.begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.number == run.number).values(values))
            if facts.get("content") is not None:
                old = (runs.c.test == run.test, runs.c.number != run.number, runs.c.baseline.is_(False))
                connection.execute(sa.update(runs).where(*old).values(content=None))

    def accept(self, run: Run) -> bool:
        """Make what a run drew the baseline of its test; False when its voxels are no longer kept."""
        kept = (runs.c.number == run.number, runs.c.content.is_not(None))
        with self._engine.begin() as connection:
            if not connection.execute(sa.update(runs).where(*kept).values(baseline=True)).rowcount:
                return False
            others = (runs.c.test == run.test, runs.c.number != run.number)
            connection.execute(sa.update(runs).where(*others).values(baseline=False, content=None))
        return True

    def baseline(self, test: str) -> Run | None:
        """Return the baseline of a test with its voxels."""
        with self._engine.connect() as connection:
            query = sa.select(runs).where(runs.c.test == test, runs.c.baseline.is_(True))
            row = connection.execute(query.order_by(runs.c.number.desc()).limit(1)).mappings().first()
        return None if row is None else _run(dict(row))

    def latest(self, test: str, *, drawn: bool = False) -> Run | None:
        """Return the run that began last, or the last that drew something."""
        return next(iter(self.history(test, limit=1, drawn=drawn)), None)

    def history(self, test: str, limit: int = 400, *, drawn: bool = False) -> list[Run]:
        """Return the runs of a test, the last first, without their voxels."""
        query = sa.select(*_LIGHT).where(runs.c.test == test).order_by(runs.c.number.desc()).limit(limit)
        if drawn:
            query = query.where(runs.c.outcome.in_(_DRAWN))
        with self._engine.connect() as connection:
            return [_run(dict(row)) for row in connection.execute(query).mappings()]

    def before_failure(self, run: Run) -> int:
        """Return the number of the last run before a failure that did not fail in the same way; 0 where none did."""
        other = sa.or_(runs.c.outcome != str(Outcome.FAILED), runs.c.code != run.code, runs.c.baseline.is_(True))
        query = sa.select(sa.func.max(runs.c.number)).where(
            runs.c.test == run.test, runs.c.number < run.number, runs.c.outcome.in_(_DRAWN), other
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def errors(self, test: str) -> int:
        """Count the runs that came to no end since the last that did."""
        count = 0
        for run in self.history(test, limit=20):
            if run.outcome not in (Outcome.ERROR, Outcome.RUNNING):
                break
            count += 1
        return count


def _run(row: dict[str, Any]) -> Run:
    values = {field.name: row[field.name] for field in fields(Run) if field.name in row}
    return Run(**values | {"outcome": Outcome(row["outcome"]), "rois": tuple(row["rois"] or ())})
