"""In a year of 2,000 comparisons each alert comes in time, and quiet years are quiet; figures in docs/quality.md."""

from __future__ import annotations

from statistics import median

import pytest

from plugin.quality.alerts.standing import JUDGED, QualityAlert, QualityKind, alerts_of, standing
from plugin.quality.charts.change import ChangeKind, Direction
from plugin.quality.charts.chart import Chart, charts_of
from plugin.quality.charts.point import Value
from plugin.quality.row import RoiRow
from tests.builders.quality_year import DAY, SECOND, Year


def _charts(rows: list[RoiRow]) -> list[Chart]:
    return [chart for value in JUDGED for chart in charts_of(rows, value)]


def _alerts(rows: list[RoiRow], now: float | None = None) -> list[QualityAlert]:
    return standing(alerts_of(_charts(rows)), rows[-1].at if now is None else now, ())


def _raised_after(year: Year, begun: int, seed: int) -> tuple[int, ChangeKind, Direction]:
    """Return after how many comparisons the first change was told that was not told before."""
    changes = charts_of(year.rows(seed), Value.ADDED_PATH_LENGTH)[0].segments[-1].changes
    first = next(change for change in changes if change.raised >= begun)
    return first.raised - begun, first.kind, first.direction


def test_in_quiet_years_lasting_changes_are_hardly_ever_told_and_outliers_are_few() -> None:
    changes = outliers = 0
    for seed in range(40):
        segment = charts_of(Year().rows(seed), Value.ADDED_PATH_LENGTH)[0].segments[0]
        changes += len(segment.changes)
        outliers += sum(place >= segment.judged for place in segment.outliers)
    assert changes <= 2
    assert outliers / 40 < 4


def test_a_shift_to_twice_the_editing_is_told_within_some_forty_comparisons() -> None:
    found = [_raised_after(Year(shift=1000, count=1400), 1000, seed) for seed in range(15)]
    assert {direction for _, _, direction in found} == {Direction.MORE}
    assert sum(kind is ChangeKind.SHIFT for _, kind, _ in found) >= 10
    assert median(after for after, _, _ in found) < 50


def test_editing_that_trebles_slowly_is_told_as_a_drift_before_the_year_is_over() -> None:
    found = [_raised_after(Year(drift=500), 500, seed) for seed in range(15)]
    assert {direction for _, _, direction in found} == {Direction.MORE}
    assert sum(kind is ChangeKind.DRIFT for _, kind, _ in found) >= 11
    assert max(after for after, _, _ in found) < 1200


def test_editing_that_grows_less_and_less_is_told_with_its_direction() -> None:
    found = [_raised_after(Year(drift=500, grown=1 / 3), 500, seed) for seed in range(15)]
    assert {(kind, direction) for _, kind, direction in found} == {(ChangeKind.DRIFT, Direction.LESS)}


def test_an_outlier_is_told_at_once_once_for_its_job_and_is_no_news_after_two_weeks() -> None:
    rows = Year(outlier=1000, count=1001).rows(1)
    told = [one for one in _alerts(rows) if one.kind is QualityKind.QUALITY_OUTLIER and one.job == rows[-1].job]
    assert [one.structures for one in told] == [("Heart",)]
    later = _alerts(rows, rows[-1].at + 15 * DAY)
    assert QualityKind.QUALITY_OUTLIER not in {one.kind for one in later}


def test_another_digest_is_told_at_its_first_result_and_only_then() -> None:
    rows = Year(exchanged=1000, count=1010).rows(1)
    before = _alerts(rows[:1000])
    told = [one for one in _alerts(rows) if one.kind is QualityKind.MODEL_CHANGED]
    assert QualityKind.MODEL_CHANGED not in {one.kind for one in before}
    assert [(one.digest, one.job) for one in told] == [(SECOND, rows[1000].job)]


def test_an_alert_has_the_same_id_whenever_it_is_computed_and_is_gone_once_acknowledged() -> None:
    rows = Year(shift=1000, count=1200).rows(1)
    shift = next(one for one in _alerts(rows) if one.kind is QualityKind.QUALITY_SHIFT)
    again = next(one for one in _alerts(rows[:-20]) if one.kind is QualityKind.QUALITY_SHIFT)
    assert shift.id == again.id
    left = standing(alerts_of(_charts(rows)), rows[-1].at, {shift.id})
    assert shift.id not in {one.id for one in left}
    assert shift.to_json()["Direction"] == "more"


@pytest.mark.parametrize("structure", ["Heart", "Lung_L"])
def test_an_alert_names_structure_model_and_target_and_nothing_else(structure: str) -> None:
    rows = Year(shift=1000, count=1200).rows(1, structure)
    shift = next(one for one in _alerts(rows) if one.kind is QualityKind.QUALITY_SHIFT).to_json()
    assert set(shift) == {
        *("Alert", "ID", "Since", "Job", "Structures", "Model", "ModelDigest", "Target", "Direction", "Message")
    }
    assert shift["Structures"] == [structure]
