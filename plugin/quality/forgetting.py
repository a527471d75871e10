"""What of comparisons goes when a patient is erased or their time is over, and what stays: sums by month, nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from model.compare.comparison import Metrics
from plugin.quality.row import metrics_of, month_of
from plugin.quality.store import THEIRS
from plugin.state.database import compared_months, compared_rois, comparisons, jobs, structure_sets
from plugin.state.database import series as series_table

KEYS = ("month", "structure", "model", "digest", "target", "verdict")
SUMS = ("rois", "measured", "dice", "mean_surface_distance", "added_path_length")


class Forgetting:
    """Deletes comparisons, and adds those that counted to the sums of their month."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def erase(self, code: str, series: str | None, study: str | None) -> int:
        """Delete what is held of a job, by its evidence code, and of its patient's structure sets; returns the rows.

        Those on its series or in its study, and those that were compared with it, wherever they lie.
        """
        compared = sa.select(comparisons.c.instance).where(comparisons.c.evidence_code == code)
        its: list[sa.ColumnElement[bool]] = [structure_sets.c.instance.in_(compared)]
        its += [structure_sets.c.images == series] if series is not None else []
        its += [structure_sets.c.study == study] if study is not None else []
        with self._engine.begin() as connection:
            which = sa.or_(*its)
            # Orthanc's ids are made of the patient's identifiers. What is still coming is looked at, whoever it is of.
            theirs = series_table.c.id.in_(sa.select(structure_sets.c.series).where(which))
            connection.execute(sa.delete(series_table).where(theirs, series_table.c.pending.is_(False)))
            rows = int(connection.execute(sa.delete(structure_sets).where(which)).rowcount)
            return rows + _delete(connection, comparisons.c.evidence_code == code)

    def erase_series(self, names: Mapping[str, bool]) -> int:
        """Delete what is known of series by Orthanc's ids, whether or not a job was made of them; returns the rows.

        True for images: if they are still coming, they are decided on, whoever they are of.
        """
        rows = 0
        with self._engine.begin() as connection:
            for name, is_images in names.items():
                rows += int(
                    connection.execute(sa.delete(structure_sets).where(structure_sets.c.series == name)).rowcount
                )
                its = sa.delete(series_table).where(series_table.c.id == name)
                its = its.where(series_table.c.pending.is_(False)) if is_images else its
                rows += int(connection.execute(its).rowcount)
        return rows

    def retire(self, before: float) -> int:
        """Delete comparisons that were noted before a time; returns the rows."""
        with self._engine.begin() as connection:
            return _delete(connection, comparisons.c.at < before)

    def retire_codes(self, codes: Sequence[str]) -> int:
        """Delete comparisons whose evidence has reached its end; returns the rows."""
        with self._engine.begin() as connection:
            return sum(_delete(connection, comparisons.c.evidence_code == code) for code in codes)

    def retire_sets(self) -> int:
        """Delete structure sets of studies without any job, once jobs have gone; returns the rows."""
        without = structure_sets.c.study.not_in(sa.select(jobs.c.study))
        with self._engine.begin() as connection:
            return int(connection.execute(sa.delete(structure_sets).where(without)).rowcount)

    def held(self, code: str) -> list[dict[str, Any]]:
        """Return what is held of a job, by its evidence code, for an export to the patient."""
        its = sa.and_(compared_rois.c.job == comparisons.c.job, compared_rois.c.instance == comparisons.c.instance)
        query = (
            sa.select(compared_rois, comparisons.c.at, comparisons.c.approved)
            .select_from(compared_rois.join(comparisons, its))
            .where(comparisons.c.evidence_code == code)
            .order_by(comparisons.c.at, compared_rois.c.instance, compared_rois.c.number)
        )
        with self._engine.connect() as connection:
            return [
                {
                    "Month": month_of(row["at"]),
                    "Approved": row["approved"],
                    "Structure": row["structure"] or None,
                    "Verdict": row["verdict"],
                    "Numbers": dict(row["numbers"]),
                }
                for row in connection.execute(query).mappings()
            ]

    def months(self) -> list[dict[str, Any]]:
        """Return the sums by month of what was deleted."""
        query = sa.select(compared_months).order_by(*(compared_months.c[key] for key in KEYS))
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _delete(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete comparisons and their ROIs; of those that count, and were not late, the numbers go into their month."""
    its = sa.and_(compared_rois.c.job == comparisons.c.job, compared_rois.c.instance == comparisons.c.instance)
    columns = (comparisons.c.at, comparisons.c.model, comparisons.c.digest, comparisons.c.target)
    counting = (comparisons.c.effective.is_(True), comparisons.c.late.is_(False), compared_rois.c.structure != THEIRS)
    query = sa.select(compared_rois, *columns).select_from(compared_rois.join(comparisons, its)).where(which, *counting)
    for row in connection.execute(query).mappings().all():
        _add(connection, row)
    pairs = sa.select(comparisons.c.job, comparisons.c.instance).where(which)
    rows = 0
    for job, instance in connection.execute(pairs).all():
        of_rois = (compared_rois.c.job == job, compared_rois.c.instance == instance)
        rows += int(connection.execute(sa.delete(compared_rois).where(*of_rois)).rowcount)
    return rows + int(connection.execute(sa.delete(comparisons).where(which)).rowcount)


def _add(connection: sa.Connection, row: Mapping[Any, Any]) -> None:
    metrics: Metrics = metrics_of(row["numbers"])
    keys = {"month": month_of(row["at"]), **{key: row[key] for key in KEYS[1:]}}
    sums = {
        "rois": 1,
        "measured": int(metrics.dice is not None),
        "dice": metrics.dice or 0.0,
        "mean_surface_distance": metrics.mean_surface_distance or 0.0,
        "added_path_length": metrics.added_path_length or 0.0,
    }
    its = [compared_months.c[key] == value for key, value in keys.items()]
    added = {name: compared_months.c[name] + value for name, value in sums.items()}
    if not connection.execute(sa.update(compared_months).where(*its).values(added)).rowcount:
        connection.execute(sa.insert(compared_months).values(keys | sums))
