"""What is asked of the charts of quality: the charts, and to note that people have seen an alert."""

from __future__ import annotations

from typing import Any

from plugin.quality.alerts.acknowledged import AcknowledgedAlerts
from plugin.quality.alerts.standing import QualityAlert, QualityKind
from plugin.quality.alerts.watch import QualityWatch
from plugin.quality.charts.document import chart_document, points_csv
from plugin.quality.charts.point import Value
from plugin.quality.charts.source import ChartSource

LASTING = (QualityKind.QUALITY_SHIFT, QualityKind.QUALITY_DRIFT)


class QualityCharts:
    """Shows charts and their alerts."""

    def __init__(self, source: ChartSource, watch: QualityWatch, acknowledged: AcknowledgedAlerts) -> None:
        self._source = source
        self._watch = watch
        self._acknowledged = acknowledged

    def show(
        self, value: Value, *, structure: str | None, model: str | None, target: str | None, scanner: str | None
    ) -> dict[str, Any]:
        """Return the charts of a number, with points where one structure is asked for, and the alerts that stand."""
        self._watch.look()
        found = self._source.charts(
            (value,),
            self._acknowledged.restarts(),
            structure=structure,
            model=model,
            target=target,
            scanner=scanner,
        )
        charts = [chart_document(chart, points=structure is not None) for chart in found]
        return {"Charts": charts, "Scanners": self._source.scanners(), "Alerts": self.alerts()}

    def csv(
        self, value: Value, *, structure: str | None, model: str | None, target: str | None, scanner: str | None
    ) -> str:
        """Return every point of the charts of a number as a table."""
        return points_csv(
            self._source.charts(
                (value,),
                self._acknowledged.restarts(),
                structure=structure,
                model=model,
                target=target,
                scanner=scanner,
            )
        )

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that stand."""
        return [alert.to_json() for alert in self._watch.standing()]

    def find(self, alert: str) -> QualityAlert | None:
        """Return an alert by its id."""
        return self._watch.find(alert)

    def acknowledge(self, alert: QualityAlert, *, level: bool) -> list[dict[str, Any]]:
        """Note that people have seen an alert; return those that stand then.

        With ``level`` the level of now is the new baseline; only a lasting change has one.
        """
        self._acknowledged.acknowledge(alert, level=level and alert.kind in LASTING)
        self._watch.look()
        return self.alerts()
