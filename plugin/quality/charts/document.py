"""A chart as the REST API shows it, and as a table of points."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from plugin.quality.charts.change import Change
from plugin.quality.charts.chart import Chart, Segment
from plugin.quality.charts.months import Month
from plugin.quality.charts.point import SCALES, Scale

COLUMNS = (
    *("Structure", "Model", "ModelDigest", "Target", "Scanner", "Value", "At", "Number", "Job", "Edited", "Rules"),
    *("Centre", "Lower", "Upper", "Provisional"),
)


def chart_document(chart: Chart, *, points: bool) -> dict[str, Any]:
    """Return a chart; without ``points`` what it shows in lines, months and findings."""
    scale = SCALES[chart.key.value]
    return {
        "Structure": chart.key.structure,
        "Model": chart.key.model,
        "Target": chart.key.target,
        "Scanner": chart.key.scanner,
        "Value": chart.key.value.value,
        "Segments": [_segment(segment, scale, points=points) for segment in chart.segments],
    }


def points_csv(charts: Iterable[Chart]) -> str:
    """Return every point of charts as a line of a CSV table, with the lines that it is judged by."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for chart in charts:
        key, scale = chart.key, SCALES[chart.key.value]
        for segment in chart.segments:
            lines = _limits(segment, scale) or {}
            marked = _marked(segment)
            for place, point in enumerate(segment.points):
                own = (key.structure, key.model, segment.digest, key.target, key.scanner or "", key.value.value)
                rules = " ".join(map(str, marked.get(place, ())))
                known = (_time(point.at), point.value, point.job, int(point.edited), rules)
                writer.writerow(
                    (
                        *own,
                        *known,
                        *(lines.get(name) for name in ("Centre", "Lower", "Upper")),
                        int(segment.provisional),
                    )
                )
    return text.getvalue()


def _segment(segment: Segment, scale: Scale, *, points: bool) -> dict[str, Any]:
    values = [point.value for point in segment.points]
    shown = None
    if points:
        marked = _marked(segment)
        shown = [
            {
                "At": _time(point.at),
                "Value": point.value,
                "Job": point.job,
                "Edited": point.edited,
                "Rules": marked.get(place, []),
            }
            for place, point in enumerate(segment.points)
        ]
    return {
        "ModelDigest": segment.digest,
        "Since": _time(segment.since) if segment.points else None,
        "Comparisons": len(segment.points),
        "Baseline": segment.judged,
        "Provisional": segment.provisional,
        "Commissioned": segment.commissioned,
        "Limits": _limits(segment, scale),
        "Median": median(values) if values else None,
        "Verdicts": {verdict.value: count for verdict, count in segment.verdicts.items()},
        "Months": [_month(month) for month in segment.months],
        "Changes": [_change(segment, change) for change in segment.changes],
        "Outliers": [
            {"At": _time(point.at), "Value": point.value, "Job": point.job}
            for point in (segment.points[place] for place in segment.outliers)
        ],
        "Points": shown,
    }


def _limits(segment: Segment, scale: Scale) -> dict[str, float] | None:
    if segment.limits is None:
        return None
    ends = sorted((scale.value(segment.limits.lower), scale.value(segment.limits.upper)))
    return {"Centre": scale.value(segment.limits.centre), "Lower": ends[0], "Upper": ends[1]}


def _month(month: Month) -> dict[str, Any]:
    return {
        "Month": month.month,
        "Untouched": month.untouched,
        "Edited": month.edited,
        "Deleted": month.deleted,
        "NotComparable": month.not_comparable,
        "Median": month.median,
        "Score": month.score,
        "Limit": month.limit,
        "Beyond": month.beyond,
    }


def _change(segment: Segment, change: Change) -> dict[str, Any]:
    raised = segment.points[change.raised]
    return {
        "Kind": change.kind.value,
        "Direction": change.direction.value,
        "Since": _time(raised.at),
        "Over": None if change.over is None else _time(segment.points[change.over].at),
        "Job": raised.job,
    }


def _marked(segment: Segment) -> dict[int, list[int]]:
    """Return the rules that mark each place."""
    marked: dict[int, list[int]] = {}
    for rule, places in segment.marks.items():
        for place in places:
            marked.setdefault(place, []).append(int(rule))
    return marked


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
