"""Where charts have their rows from: one structure at a time, so that years of all structures need not be in memory."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from plugin.quality.charts.baselines import BaselineTable
from plugin.quality.charts.chart import Chart, Restarts, charts_of
from plugin.quality.charts.point import Value
from plugin.quality.store import QualityStore
from plugin.state.database import compared_rois, comparisons

# What has to be the same for the charts to be the same.
Version = tuple[int, float, int, float]


class ChartSource:
    """Makes charts of the rows in the table."""

    def __init__(self, engine: sa.Engine, store: QualityStore) -> None:
        self._engine = engine
        self._store = store
        self._baselines = BaselineTable(engine)

    def version(self) -> Version:
        """Return a value that is another one once rows came or went, other versions count, or a baseline came."""
        row = comparisons.c
        effective = sa.func.coalesce(sa.func.sum(sa.case((row.effective, 1), else_=0)), 0)
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(row.at), 0.0), effective)
        with self._engine.connect() as connection:
            count, newest, counted = connection.execute(query).one()
        return int(count), float(newest), int(counted), self._baselines.version()

    def structures(self, model: str | None = None, target: str | None = None) -> list[str]:
        """Return the names of the structures that were compared, in their order."""
        its = sa.and_(compared_rois.c.job == comparisons.c.job, compared_rois.c.instance == comparisons.c.instance)
        query = sa.select(compared_rois.c.structure).distinct().select_from(compared_rois.join(comparisons, its))
        for column, wanted in ((comparisons.c.model, model), (comparisons.c.target, target)):
            query = query if wanted is None else query.where(column == wanted)
        with self._engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def charts(
        self,
        values: tuple[Value, ...],
        restarts: Restarts,
        *,
        structure: str | None = None,
        model: str | None = None,
        target: str | None = None,
        scanner: str | None = None,
    ) -> Iterator[Chart]:
        """Yield the charts of each number, structure by structure."""
        baselines = self._baselines.all()
        for name in self.structures(model, target) if structure is None else [structure]:
            rows = [
                row
                for row in self._store.rois(structure=name, model=model, target=target)
                if scanner is None or row.scanner == scanner
            ]
            for value in values:
                yield from charts_of(rows, value, restarts=restarts, scanner=scanner, baselines=baselines)

    def scanners(self) -> list[str]:
        """Return the scanners whose images were contoured, in their order."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(comparisons.c.scanner).distinct()).scalars()
            return sorted(one for one in found if one)
