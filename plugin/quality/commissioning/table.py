"""The table of models that have a report of their commissioning."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import sqlalchemy as sa

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from plugin.state.database import commissioned


@dataclass(frozen=True)
class Commissioned:
    """One report: of which model at which target, with the SHA-256 of its JSON; ``span`` is the range of its cases.

    ``digest`` is the model's; empty where its target tells none. ``baseline``: numbers of each structure that charts
    begin with, where the report is to be their baseline.
    """

    report: str
    model: str
    target: str
    digest: str
    version: str
    cases: int
    at: float
    span: dict[str, Any]
    baseline: dict[str, dict[str, list[float]]] | None = None


class CommissioningTable:
    """Reads and writes registered reports; the latest of a model's digest counts."""

    def __init__(self, engine: sa.Engine, chain: Chain, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._chain = chain
        self._clock = clock

    def register(self, wanted: Commissioned) -> Commissioned:
        """Note a report as of now, on record before it counts.

        One that is known already stays what it is, but that its numbers may become the baseline of charts.
        """
        known = next((one for one in self.all() if one.report == wanted.report), None)
        if known is not None:
            if known.baseline is not None or wanted.baseline is None:
                return known
            made = replace(known, baseline=wanted.baseline)
            its = sa.update(commissioned).where(commissioned.c.report == known.report)
            with self._engine.begin() as connection:
                connection.execute(its.values(baseline=wanted.baseline))
            return made
        made = replace(wanted, at=self._clock())
        self._chain.declare([made.model, made.target])
        facts: Facts = {"model": made.model, "target": made.target, "report": made.report, "cases": made.cases}
        if made.digest:
            facts = {**facts, "model_digest": made.digest}
        self._chain.append(Event.COMMISSIONED, None, facts)
        with self._engine.begin() as connection:
            connection.execute(sa.insert(commissioned).values(asdict(made)))
        return made

    def all(self) -> list[Commissioned]:
        """Return every report, the latest first."""
        names = [field.name for field in fields(Commissioned)]
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(commissioned).order_by(commissioned.c.at.desc())).mappings()
            return [Commissioned(**{name: row[name] for name in names}) for row in rows]

    def of(self, model: str, target: str) -> list[Commissioned]:
        """Return the reports of a model at a target, the latest first."""
        return [one for one in self.all() if (one.model, one.target) == (model, target)]
