"""Baselines of charts that come from a commissioning: the numbers of each structure, as the report has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from model.compare.comparison import Verdict
from plugin.quality.charts.point import SCALES, Value
from plugin.state.database import commissioned

# Numbers by what is charted, of one structure.
Numbers = Mapping[str, Sequence[float]]
# By structure, model and target: the numbers of each digest of the model.
Baselines = Mapping[tuple[str, str, str], Mapping[str, Numbers]]


def baseline_of(report: Mapping[str, Any]) -> dict[str, dict[str, list[float]]]:
    """Return the numbers of each structure over the cases of a report, as charts take them.

    What was left untouched counts as unchanged; what was deleted, or is not comparable, has no number, as in charts.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for case in report["Cases"]:
        for roi in case["Rois"]:
            for value, scale in SCALES.items():
                number = scale.unchanged if roi["Verdict"] == Verdict.UNTOUCHED.value else roi[value.value]
                if number is not None and roi["Verdict"] in (Verdict.UNTOUCHED.value, Verdict.EDITED.value):
                    found.setdefault(roi["Name"], {}).setdefault(value.value, []).append(round(float(number), 4))
    return found


class BaselineTable:
    """Reads the baselines of registered reports; of a model's digest at a target that of the latest report counts."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def version(self) -> float:
        """Return a value that is another one once a baseline came."""
        query = sa.select(sa.func.coalesce(sa.func.sum(commissioned.c.at), 0.0)).where(_with_one())
        with self._engine.connect() as connection:
            return float(connection.execute(query).scalar_one())

    def all(self) -> Baselines:
        """Return every baseline that counts."""
        row = commissioned.c
        query = sa.select(row.model, row.target, row.digest, row.baseline).where(_with_one()).order_by(row.at)
        found: dict[tuple[str, str, str], dict[str, Numbers]] = {}
        with self._engine.connect() as connection:
            for model, target, digest, structures in connection.execute(query):
                for own in [own for own in found if own[1:] == (model, target)]:
                    found[own].pop(digest, None)
                for structure, numbers in structures.items():
                    found.setdefault((structure, model, target), {})[digest] = numbers
        return found


def numbers_of(own: Mapping[str, Numbers], value: Value) -> dict[str, Sequence[float]]:
    """Return the numbers of one chart by the digest of its model."""
    return {digest: numbers.get(value.value, ()) for digest, numbers in own.items()}


def _with_one() -> sa.ColumnElement[bool]:
    # JSON has a null of its own.
    return sa.and_(commissioned.c.baseline.is_not(None), sa.cast(commissioned.c.baseline, sa.Text) != "null")
