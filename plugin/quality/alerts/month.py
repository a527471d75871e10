"""A month of quality for the monthly report: counts and medians by structure, and the alerts that came up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plugin.quality.alerts.standing import QualityAlert
from plugin.quality.charts.chart import Chart
from plugin.quality.row import month_of


def quality_of_month(month: str, charts: Iterable[Chart], alerts: Iterable[QualityAlert]) -> dict[str, Any]:
    """Return what people changed in a month (YYYY-MM); ``charts`` are those of added path length."""
    lines = [
        {
            "Structure": chart.key.structure,
            "Model": chart.key.model,
            "ModelDigest": segment.digest,
            "Target": chart.key.target,
            "Untouched": found.untouched,
            "Edited": found.edited,
            "Deleted": found.deleted,
            "NotComparable": found.not_comparable,
            "MedianAddedPathLengthMm": None if found.median is None else round(found.median),
            "Beyond": found.beyond,
        }
        for chart in charts
        for segment in chart.segments
        for found in segment.months
        if found.month == month
    ]
    raised = [
        {
            "Alert": alert.kind.value,
            "Since": alert.at,
            "Structures": list(alert.structures),
            "Model": alert.model,
            "ModelDigest": alert.digest,
            "Target": alert.target,
            "Direction": None if alert.direction is None else alert.direction.value,
        }
        for alert in alerts
        if month_of(alert.since) == month
    ]
    return {"Structures": lines, "Alerts": raised}
