"""The table of comparisons: noted before they are made, kept version by version, and read in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import sqlalchemy as sa

from model.compare.comparison import Comparison, Verdict
from plugin.quality.row import ComparisonRow, ComparisonState, Link, RoiRow, metrics_of, numbers_of
from plugin.state.database import compared_rois, comparisons

COLUMNS = tuple(field.name for field in fields(ComparisonRow))
# How many rows the database hands over at a time.
CHUNK = 2000
# The structure of an ROI that is theirs alone.
THEIRS = ""


class QualityStore:
    """Reads and writes comparisons; safe for several threads and, on PostgreSQL, several gateways."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def note(self, row: ComparisonRow) -> bool:
        """Note a comparison that is to be made; False when it is noted already."""
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(comparisons).values(_plain(asdict(row))))
        except sa.exc.IntegrityError:
            return False
        return True

    def next_waiting(self, now: float) -> ComparisonRow | None:
        """Return the comparison that is to be made next: the oldest that is due."""
        due = (comparisons.c.state == str(ComparisonState.WAITING), comparisons.c.next_try <= now)
        query = sa.select(comparisons).where(*due).order_by(comparisons.c.at, comparisons.c.job).limit(1)
        return next(iter(self._select(query)), None)

    def claim(self, row: ComparisonRow, next_try: float) -> ComparisonRow | None:
        """Note that one is begun, and when it is due again should nobody hear of its end; once for each try.

        Returns the row as it is then; None when another gateway was faster.
        """
        query = sa.update(comparisons).where(*_held(row), comparisons.c.state == str(ComparisonState.WAITING))
        with self._engine.begin() as connection:
            if connection.execute(query.values(tries=row.tries + 1, next_try=next_try)).rowcount == 0:
                return None
        return replace(row, tries=row.tries + 1, next_try=next_try)

    def holds(self, row: ComparisonRow) -> bool:
        """Whether a comparison is still to be made, and by whoever claimed this row."""
        waiting = comparisons.c.state == str(ComparisonState.WAITING)
        with self._engine.connect() as connection:
            query = sa.select(comparisons.c.job).where(*_held(row), waiting)
            return connection.execute(query).first() is not None

    def forgive_tries(self) -> None:
        """Count no try of what is to be compared: the gateway did not die in it, it was stopped."""
        its = (comparisons.c.state == str(ComparisonState.WAITING), comparisons.c.tries > 0)
        with self._engine.begin() as connection:
            connection.execute(sa.update(comparisons).where(*its).values(tries=0, next_try=0.0))

    def retry(self, row: ComparisonRow, next_try: float) -> None:
        """Try again later what failed through its own fault, perhaps; it counts as a try."""
        self._change(row, {"next_try": next_try})

    def postpone(self, row: ComparisonRow, next_try: float) -> None:
        """Try again later what failed through nobody's fault; it does not count as a try."""
        self._change(row, {"tries": row.tries - 1, "next_try": next_try})

    def compare_again(self, instance: str, at: float, *, approved: bool, reviewed: float | None) -> None:
        """Let every comparison with a structure set be made anew, of which there is another file now."""
        values = {"state": str(ComparisonState.WAITING), "approved": approved, "reviewed": reviewed, "at": at}
        query = sa.update(comparisons).where(comparisons.c.instance == instance)
        with self._engine.begin() as connection:
            connection.execute(query.values(values | {"tries": 0, "next_try": 0.0}))

    def compared(self, row: ComparisonRow, found: Comparison) -> None:
        """Keep what a comparison found: each of our ROIs, and those that are theirs alone without their name."""
        theirs = sum(roi.name is None for roi in found.rois)
        rois = [
            {
                "job": row.job,
                "instance": row.instance,
                "number": number,
                "structure": roi.name or THEIRS,
                "verdict": str(roi.verdict),
                "code": roi.code,
                "reason": roi.reason,
                "numbers": numbers_of(roi.metrics),
            }
            for number, roi in enumerate(found.rois, start=1)
        ]
        values = {
            "state": str(ComparisonState.COMPARED),
            "code": None,
            "added": theirs,
            "warnings": list(found.warnings),
        }
        with self._engine.begin() as connection:
            if connection.execute(sa.update(comparisons).where(*_held(row)).values(values)).rowcount == 0:
                return  # erased meanwhile, or another gateway makes it
            its_rois = (compared_rois.c.job == row.job, compared_rois.c.instance == row.instance)
            connection.execute(sa.delete(compared_rois).where(*its_rois))
            if rois:
                connection.execute(sa.insert(compared_rois), rois)
            settle(connection, row.job)

    def refused(self, row: ComparisonRow, code: str) -> None:
        """Keep that a comparison could not be made, and why."""
        with self._engine.begin() as connection:
            values = {"state": str(ComparisonState.REFUSED), "code": code}
            connection.execute(sa.update(comparisons).where(*_held(row)).values(values))
            settle(connection, row.job)

    def of_job(self, job: str) -> list[ComparisonRow]:
        """Return every version of what people made of a job's result, in the order in which they came."""
        its = sa.select(comparisons).where(comparisons.c.job == job)
        return self._select(its.order_by(comparisons.c.at, comparisons.c.instance))

    def rois_of(self, row: ComparisonRow) -> list[RoiRow]:
        """Return the ROIs of one comparison, in the order of our RTSTRUCT."""
        query = _rois().where(*_its(row)).order_by(compared_rois.c.number)
        with self._engine.connect() as connection:
            return [_roi_of(found) for found in connection.execute(query).mappings()]

    def verdicts_of(self, row: ComparisonRow) -> dict[str, int]:
        """Return how many ROIs of one comparison have each verdict."""
        counted = sa.select(compared_rois.c.verdict, sa.func.count())
        its = (compared_rois.c.job == row.job, compared_rois.c.instance == row.instance)
        query = counted.where(*its).group_by(compared_rois.c.verdict).order_by(compared_rois.c.verdict)
        with self._engine.connect() as connection:
            return {str(verdict): int(count) for verdict, count in connection.execute(query)}

    def rois(
        self,
        *,
        structure: str | None = None,
        model: str | None = None,
        digest: str | None = None,
        target: str | None = None,
        since: float | None = None,
        late: bool = False,
    ) -> Iterator[RoiRow]:
        """Yield our ROIs in the order of time, of each job only those of the version that counts.

        Those of a job that ended after the structure set had come are left out unless ``late``: nobody edited ours.
        """
        query = _rois().where(comparisons.c.effective.is_(True), compared_rois.c.structure != THEIRS)
        wanted = ((compared_rois.c.structure, structure), (comparisons.c.model, model), (comparisons.c.digest, digest))
        for column, value in (*wanted, (comparisons.c.target, target)):
            if value is not None:
                query = query.where(column == value)
        if since is not None:
            query = query.where(comparisons.c.at >= since)
        if not late:
            query = query.where(comparisons.c.late.is_(False))
        query = query.order_by(comparisons.c.at, comparisons.c.job, compared_rois.c.number)
        with self._engine.connect() as connection:
            for rows in connection.execution_options(yield_per=CHUNK).execute(query).mappings().partitions():
                yield from map(_roi_of, rows)

    def _change(self, row: ComparisonRow, values: Mapping[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(comparisons).where(*_held(row)).values(values))

    def _select(self, query: sa.Select[Any]) -> list[ComparisonRow]:
        with self._engine.connect() as connection:
            return [_row_of(row) for row in connection.execute(query).mappings()]


def settle(connection: sa.Connection, job: str) -> None:
    """Mark the version of a job that counts: an approved one before others, then the one that was reviewed last."""
    its = (comparisons.c.job == job, comparisons.c.state == str(ComparisonState.COMPARED))
    # A version that does not say when it was reviewed counts as of when it came.
    reviewed = sa.func.coalesce(comparisons.c.reviewed, comparisons.c.at)
    order = (comparisons.c.approved.desc(), reviewed.desc(), comparisons.c.at.desc(), comparisons.c.instance)
    first = connection.execute(sa.select(comparisons.c.instance).where(*its).order_by(*order).limit(1)).scalar()
    chosen = sa.false() if first is None else comparisons.c.instance == first
    connection.execute(sa.update(comparisons).where(comparisons.c.job == job).values(effective=chosen))


def _rois() -> sa.Select[Any]:
    its = sa.and_(compared_rois.c.job == comparisons.c.job, compared_rois.c.instance == comparisons.c.instance)
    columns = (comparisons.c.at, comparisons.c.model, comparisons.c.digest, comparisons.c.target, comparisons.c.scanner)
    said = (comparisons.c.link, comparisons.c.late, comparisons.c.approved)
    return sa.select(compared_rois, *columns, *said).select_from(compared_rois.join(comparisons, its))


def _its(row: ComparisonRow) -> tuple[sa.ColumnElement[bool], ...]:
    return (comparisons.c.job == row.job, comparisons.c.instance == row.instance)


def _held(row: ComparisonRow) -> tuple[sa.ColumnElement[bool], ...]:
    """Find a row, unless it is to be made anew since, or another gateway makes it."""
    return (*_its(row), comparisons.c.tries == row.tries)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: str(value) if isinstance(value, ComparisonState | Link) else value for name, value in values.items()}
    return plain | {"warnings": list(values["warnings"])}


def _row_of(row: Mapping[Any, Any]) -> ComparisonRow:
    values = {column: row[column] for column in COLUMNS}
    values |= {"state": ComparisonState(row["state"]), "link": Link(row["link"]), "warnings": tuple(row["warnings"])}
    return ComparisonRow(**values)


def _roi_of(row: Mapping[Any, Any]) -> RoiRow:
    return RoiRow(
        job=row["job"],
        instance=row["instance"],
        at=row["at"],
        structure=row["structure"],
        verdict=Verdict(row["verdict"]),
        metrics=metrics_of(row["numbers"]),
        code=row["code"],
        reason=row["reason"],
        model=row["model"],
        digest=row["digest"],
        target=row["target"],
        scanner=row["scanner"],
        link=Link(row["link"]),
        late=row["late"],
        approved=row["approved"],
    )
