"""A chart has a segment for each digest, lines from its baseline, and findings that lead to the job."""

from __future__ import annotations

from dataclasses import replace

from model.compare.comparison import Metrics, Verdict
from plugin.quality.charts.chart import BASELINE, Chart, Key, chart_of, charts_of
from plugin.quality.charts.point import Value
from plugin.quality.row import RoiRow
from tests.builders.quality_year import DAY, FIRST, SECOND, START, Year

KEY = Key("Heart", "thorax", "local")


def _chart(rows: list[RoiRow], value: Value = Value.ADDED_PATH_LENGTH) -> Chart:
    return chart_of(replace(KEY, value=value), rows)


def test_there_are_no_lines_below_twenty_edited_and_provisional_ones_up_to_a_whole_baseline() -> None:
    few, some, whole = (_chart(Year(share=1.0, count=count).rows(1)).segments[0] for count in (19, 20, BASELINE))
    assert few.limits is None
    assert some.limits is not None
    assert (some.provisional, whole.provisional) == (True, False)


def test_values_of_the_commissioning_are_the_baseline_from_the_first_comparison_on() -> None:
    rows = Year(share=1.0, count=30).rows(1)
    chart = chart_of(KEY, rows, commissioned={FIRST: [100.0 + place for place in range(60)]})
    segment = chart.segments[0]
    assert segment.commissioned
    assert not segment.provisional
    assert segment.judged == 0
    assert segment.limits is not None
    assert segment.limits.count == 60


def test_a_new_digest_begins_a_segment_with_lines_of_its_own() -> None:
    chart = _chart(Year(exchanged=600, shift=600, count=1000).rows(1))
    assert [segment.digest for segment in chart.segments] == [FIRST, SECOND]
    old, new = (segment.limits for segment in chart.segments)
    assert old is not None
    assert new is not None
    assert new.centre > old.centre + 0.4
    assert chart.segments[1].changes == ()


def test_a_level_that_people_accepted_begins_a_segment_of_the_same_digest() -> None:
    rows = Year(shift=500, count=1000).rows(1)
    chart = chart_of(KEY, rows, restarts=[rows[560].at])
    assert [(segment.digest, len(segment.points)) for segment in chart.segments] == [(FIRST, 561), (FIRST, 439)]
    assert chart.segments[1].changes == ()


def test_an_outlier_leads_to_its_job() -> None:
    rows = Year(outlier=700, count=1000).rows(1)
    segment = _chart(rows).segments[0]
    assert rows[700].job in [segment.points[place].job for place in segment.outliers]


def test_of_dice_too_an_outlier_is_what_was_changed_much() -> None:
    rows = Year(count=400).rows(1)
    rows[300] = replace(rows[300], verdict=Verdict.EDITED, metrics=Metrics(dice=0.2))
    segment = _chart(rows, Value.DICE).segments[0]
    assert 300 in segment.outliers


def test_deleted_and_not_comparable_ones_are_counted_and_not_charted() -> None:
    rows = Year(count=60).rows(1)
    rows[10] = replace(rows[10], verdict=Verdict.DELETED, metrics=Metrics())
    rows[11] = replace(rows[11], verdict=Verdict.NOT_COMPARABLE, metrics=Metrics())
    segment = _chart(rows).segments[0]
    assert len(segment.points) == 58
    assert segment.verdicts[Verdict.DELETED] == 1
    assert sum(month.deleted for month in segment.months) == 1


def test_what_was_edited_without_an_added_path_counts_as_edited() -> None:
    rows = Year(count=30).rows(1)
    rows[5] = replace(rows[5], verdict=Verdict.EDITED, metrics=Metrics(added_path_length=0.0))
    assert _chart(rows).segments[0].points[5].edited


def test_a_month_beyond_its_limit_is_told() -> None:
    rows = Year(shift=1500).rows(1)
    months = _chart(rows).segments[0].months
    assert [month.month for month in months][:2] == ["2026-01", "2026-02"]
    assert [month.beyond for month in months[:8]] == [False] * 8
    assert all(month.beyond for month in months[10:])


def test_charts_are_by_structure_model_and_target() -> None:
    rows = [*Year(count=30).rows(1), *Year(count=30).rows(2, "Lung_L")]
    charts = charts_of(sorted(rows, key=lambda row: row.at), Value.ADDED_PATH_LENGTH)
    assert [(chart.key.structure, len(chart.segments[0].points)) for chart in charts] == [("Heart", 30), ("Lung_L", 30)]
    assert charts[0].segments[0].since >= START
    assert charts[0].segments[0].since < START + DAY
