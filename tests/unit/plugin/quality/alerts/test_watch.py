"""The watch knows what the table shows now, what people have seen, and which level they accepted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin.quality.alerts.acknowledged import AcknowledgedAlerts
from plugin.quality.alerts.standing import QualityKind
from plugin.quality.alerts.watch import QualityWatch
from plugin.quality.charts.source import ChartSource
from plugin.quality.row import month_of
from plugin.quality.store import QualityStore
from plugin.state.database import comparisons
from tests.builders.either_database import tables_in
from tests.builders.quality_year import Year, keep

pytestmark = pytest.mark.usefixtures("either_database")

ROWS = Year(shift=400, factor=3.0, count=600).rows(1)
NOW = ROWS[-1].at


def _parts(folder: Path) -> tuple[sa.Engine, QualityWatch, AcknowledgedAlerts]:
    engine = tables_in(folder)
    acknowledged = AcknowledgedAlerts(engine, lambda: NOW)
    return engine, QualityWatch(ChartSource(engine, QualityStore(engine)), acknowledged, lambda: NOW), acknowledged


def _kinds(watch: QualityWatch) -> set[QualityKind]:
    watch.look()
    return {alert.kind for alert in watch.standing()}


def test_an_empty_table_has_no_alerts(tmp_path: Path) -> None:
    _, watch, _ = _parts(tmp_path)
    assert _kinds(watch) == set()


def test_rows_that_come_raise_an_alert_and_rows_that_are_erased_take_it_back(tmp_path: Path) -> None:
    engine, watch, _ = _parts(tmp_path)
    keep(engine, ROWS[:400])
    assert QualityKind.QUALITY_SHIFT not in _kinds(watch)
    keep(engine, ROWS[400:])
    assert QualityKind.QUALITY_SHIFT in _kinds(watch)
    with engine.begin() as connection:
        connection.execute(sa.delete(comparisons).where(comparisons.c.at >= ROWS[400].at))
    assert QualityKind.QUALITY_SHIFT not in _kinds(watch)


def test_what_was_acknowledged_is_told_no_more_also_after_a_restart(tmp_path: Path) -> None:
    engine, watch, acknowledged = _parts(tmp_path)
    keep(engine, ROWS)
    watch.look()
    shift = next(alert for alert in watch.standing() if alert.kind is QualityKind.QUALITY_SHIFT)
    acknowledged.acknowledge(shift, level=False)
    assert QualityKind.QUALITY_SHIFT not in _kinds(watch)
    _, again, _ = _parts(tmp_path)
    assert QualityKind.QUALITY_SHIFT not in _kinds(again)
    assert again.find(shift.id) == shift


def test_an_accepted_level_begins_a_new_baseline(tmp_path: Path) -> None:
    engine, watch, acknowledged = _parts(tmp_path)
    keep(engine, ROWS)
    watch.look()
    shift = next(alert for alert in watch.standing() if alert.kind is QualityKind.QUALITY_SHIFT)
    acknowledged.acknowledge(shift, level=True)
    later = Year(median=450.0, count=200).rows(9, end=NOW + 40 * 86400.0, days=39.0)
    keep(engine, [replace(row, job=f"{place:032d}f"[1:]) for place, row in enumerate(later)])
    assert QualityKind.QUALITY_SHIFT not in _kinds(watch)


def test_the_month_has_counts_medians_and_the_alerts_that_came_up_in_it(tmp_path: Path) -> None:
    engine, watch, acknowledged = _parts(tmp_path)
    keep(engine, ROWS)
    watch.look()
    shift = next(alert for alert in watch.standing() if alert.kind is QualityKind.QUALITY_SHIFT)
    acknowledged.acknowledge(shift, level=False)
    month = watch.month(month_of(shift.since))
    (line,) = month["Structures"]
    assert (line["Structure"], line["Deleted"]) == ("Heart", 0)
    assert line["Untouched"] + line["Edited"] == sum(row.month == month_of(shift.since) for row in ROWS)
    assert line["Beyond"]
    assert "QUALITY_SHIFT" in [alert["Alert"] for alert in month["Alerts"]]
    assert watch.month("2020-01") == {"Structures": [], "Alerts": []}
