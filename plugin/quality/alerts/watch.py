"""Watches the charts: made anew when something was compared, so that looking costs nothing while nothing was."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from plugin.jobs.loop import Loop
from plugin.quality.alerts.acknowledged import AcknowledgedAlerts
from plugin.quality.alerts.month import quality_of_month
from plugin.quality.alerts.standing import JUDGED, QualityAlert, alerts_of, standing
from plugin.quality.charts.chart import Restarts
from plugin.quality.charts.point import Value
from plugin.quality.charts.source import ChartSource, Version

logger = logging.getLogger(__name__)

LOOK_SECONDS = 20.0


class QualityWatch:
    """Knows the alerts of quality; works in a thread of its own until stopped, and is asked by others."""

    def __init__(
        self, source: ChartSource, acknowledged: AcknowledgedAlerts, clock: Callable[[], float] = time.time
    ) -> None:
        self._source = source
        self._acknowledged = acknowledged
        self._clock = clock
        self._alerts: tuple[QualityAlert, ...] = ()
        self._seen: set[str] = set()
        self._made_of: tuple[Version, Restarts] | None = None
        self._looking = threading.Lock()
        self._loop = Loop("charts of quality", LOOK_SECONDS, logger)

    def stop(self) -> None:
        """Leave the loop."""
        self._loop.stop()

    def run(self) -> None:
        """Look again and again."""
        self._loop.run(self.look)

    def look(self) -> None:
        """Make the charts anew if anything they are made of is another one, and note what is new in the log."""
        with self._looking:
            now = (self._source.version(), self._acknowledged.restarts())
            self._seen = self._acknowledged.ids()
            if now == self._made_of:
                return
            before = {alert.id for alert in self._alerts}
            first = self._made_of is None
            self._alerts = tuple(alerts_of(self._source.charts(JUDGED, now[1])))
            self._made_of = now
            for alert in self.standing():
                if not first and alert.id not in before:
                    logger.warning("%s: %s", alert.kind, alert.where)

    def standing(self) -> list[QualityAlert]:
        """Return the alerts of the last look that a person must see now, the oldest first."""
        return standing(self._alerts, self._clock(), self._seen)

    def month(self, month: str) -> dict[str, Any]:
        """Return what the monthly report says of a month (YYYY-MM)."""
        self.look()
        charts = self._source.charts((Value.ADDED_PATH_LENGTH,), self._acknowledged.restarts())
        return quality_of_month(month, charts, self._alerts)

    def find(self, alert: str) -> QualityAlert | None:
        """Return an alert by its id, of those that there are now, acknowledged or not."""
        self.look()
        return next((one for one in self._alerts if one.id == alert), None)
