"""What Prometheus is told: counts and states, read when asked; no label holds anything of a patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from plugin.advisories.alerts import KINDS
from plugin.evidence.alerts import Alert, Kind
from plugin.gateway.operations.health import Health
from plugin.jobs.job import State
from plugin.quality.alerts.standing import QualityKind
from plugin.quality.constancy.keeper import REASON
from plugin.version import VERSION

CONTENT_TYPE = CONTENT_TYPE_LATEST


def metrics_text(health: Health) -> bytes:
    """Return the metrics of this moment in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Moment(health))
    return generate_latest(health.meters.registry) + generate_latest(registry)


def refusing_metrics(alerts: Sequence[Alert]) -> bytes:
    """Return the metrics of a gateway that may not work."""
    registry = CollectorRegistry(auto_describe=False)
    Gauge("autocontour_up", "1 when auto-contouring works, else 0", registry=registry).set(0)
    standing = Gauge("autocontour_alerts", "Alerts that stand, by kind", ["alert"], registry=registry)
    for alert in alerts:
        standing.labels(alert.kind.value).inc()
    return generate_latest(registry)


class _Moment(Collector):
    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("autocontour_up", "1 when auto-contouring works, else 0")
        up.add_metric([], 0 if self._health.unavailable_reasons() else 1)
        yield up
        yield _one("autocontour_build_info", "The release that runs: always 1", 1, version=VERSION)
        yield from self._numbers()
        jobs = GaugeMetricFamily("autocontour_jobs", "Jobs in the table by state", labels=["state"])
        counts = self._health.job_counts()
        for state in State:
            jobs.add_metric([str(state)], counts.get(str(state), 0))
        yield jobs
        waiting = GaugeMetricFamily("autocontour_target_waiting", "Jobs that wait, by target", labels=["target"])
        running = GaugeMetricFamily("autocontour_target_running", "Jobs that run, by target", labels=["target"])
        paused = GaugeMetricFamily("autocontour_target_paused", "1 while a target is paused", labels=["target"])
        failures = GaugeMetricFamily("autocontour_target_failures", "Failures of a target in a row", labels=["target"])
        for target in self._health.targets():
            waiting.add_metric([target["Name"]], target["Waiting"])
            running.add_metric([target["Name"]], target["Running"])
            paused.add_metric([target["Name"]], int(target["Paused"]))
            failures.add_metric([target["Name"]], target["Failures"])
        yield from (waiting, running, paused, failures)
        alerts = GaugeMetricFamily("autocontour_alerts", "Alerts that stand, by kind", labels=["alert"])
        standing = Counter(alert["Alert"] for alert in self._health.alerts())
        for kind in sorted({*Kind, *KINDS, REASON, *QualityKind, *standing}):
            alerts.add_metric([str(kind)], standing[kind])
        yield alerts
        held = GaugeMetricFamily(
            "autocontour_head_countersigned_seconds",
            "When a service countersigned the head of the chain last (Unix time; 0: never)",
            labels=["target"],
        )
        for witness in self._health.witnesses():
            when = witness["Countersigned"]
            held.add_metric([witness["Target"]], datetime.fromisoformat(when).timestamp() if when else 0)
        yield held
        yield from self._gateways()

    def _gateways(self) -> Iterator[Metric]:
        """Tell of a group; each of its gateways tells the same."""
        names = ["gateway", "host"]
        up = GaugeMetricFamily("autocontour_gateway_up", "1 while this gateway of the group works", labels=names)
        leads = GaugeMetricFamily("autocontour_gateway_leads", "1 for the gateway that leads the group", labels=names)
        works = GaugeMetricFamily("autocontour_gateway_jobs", "Jobs that this gateway works on", labels=names)
        for one in self._health.gateways():
            labels = [one["Id"], one["Host"]]
            up.add_metric(labels, int(one["Healthy"]))
            leads.add_metric(labels, int(one["Leads"]))
            works.add_metric(labels, one["Jobs"])
        yield from (up, leads, works)

    def _numbers(self) -> Iterator[Metric]:
        waits = self._health.oldest_seconds(State.WAITING)
        yield _one("autocontour_oldest_waiting_seconds", "For how long the oldest waiting job waits (0: none)", waits)
        silent = self._health.oldest_seconds(State.RUNNING)
        told = "For how long the running job has been in its stage of which nothing was heard longest (0: none)"
        yield _one("autocontour_oldest_running_seconds", told, silent)
        free, size = self._health.disk()
        yield _one("autocontour_state_disk_free_bytes", "Free on the disk of the state directory", free)
        yield _one("autocontour_state_disk_size_bytes", "Size of the disk of the state directory", size)
        series = self._health.series_numbers()
        yield _one("autocontour_series_arriving", "Series that are not decided on yet", series["arriving"])
        yield _one("autocontour_series_given_up", "Series that Orthanc could not read", series["given_up"])
        yield _one("autocontour_warnings", "Sentences under Warnings in health", len(self._health.warnings()))
        channels = GaugeMetricFamily(
            "autocontour_notifications_waiting", "Notifications that are not delivered yet", labels=["channel"]
        )
        for name, count in self._health.notifications_waiting().items():
            channels.add_metric([name], count)
        yield channels
        delivered = GaugeMetricFamily(
            "autocontour_deliveries",
            "Deliveries by destination and state",
            labels=["destination", "state"],
        )
        for (name, state), count in self._health.deliveries().items():
            delivered.add_metric([name, str(state)], count)
        yield delivered
        oldest = GaugeMetricFamily(
            "autocontour_delivery_oldest_seconds",
            "For how long the oldest delivery waits for its arrival (0: none)",
            labels=["destination"],
        )
        for name, seconds in self._health.oldest_delivery_seconds().items():
            oldest.add_metric([name], seconds)
        yield oldest


def _one(name: str, told: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
