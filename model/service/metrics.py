"""What the service counts: Prometheus metrics without a site, a transfer or a value in them."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)


class Metrics:
    """The metrics of one service; a registry of its own, so that two in one process do not meet."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._opened = Counter("autocontour_transfers_opened", "Transfers announced", registry=registry)
        self._ended = Counter("autocontour_transfers_ended", "Transfers over, by state", ["state"], registry=registry)
        self._rejected = Counter(
            "autocontour_transfers_rejected", "ALERT: transfers refused as not pseudonymised", registry=registry
        )
        self._bytes = Counter("autocontour_received_bytes", "Bytes of instances taken", registry=registry)
        self._instances = Counter("autocontour_received_instances", "Instances taken", registry=registry)
        self._left = Counter(
            "autocontour_files_left", "ALERT: files that could not be deleted at once", registry=registry
        )
        self._missing = Counter(
            "autocontour_files_missing", "ALERT: received files that were not there to be deleted", registry=registry
        )
        self._cut = Counter(
            "autocontour_connections_cut", "Connections without a token, cut off for others", registry=registry
        )
        self._unrecorded = Gauge(
            "autocontour_deletions_unrecorded", "ALERT: receipts of deletions that the chain lacks", registry=registry
        )
        self._heads_refused = Counter(
            "autocontour_heads_refused", "ALERT: heads of sites whose chain went backwards", registry=registry
        )
        self._waited = Histogram(
            "autocontour_queue_seconds", "Time between start and a free worker", buckets=SECONDS, registry=registry
        )
        self._drew = Histogram("autocontour_draw_seconds", "Time in the worker", buckets=SECONDS, registry=registry)

    def watch(self, live: Callable[[], float], held: Callable[[], float]) -> None:
        """Show what is open now."""
        Gauge("autocontour_transfers_open", "Transfers open now", registry=self._registry).set_function(live)
        Gauge("autocontour_spool_bytes", "Bytes announced by them", registry=self._registry).set_function(held)

    def opened(self) -> None:
        """Record that a transfer was announced."""
        self._opened.inc()

    def received(self, size: int) -> None:
        """Record that an instance was taken."""
        self._instances.inc()
        self._bytes.inc(size)

    def rejected(self) -> None:
        """Record that the gate refused a transfer."""
        self._rejected.inc()

    def head_refused(self) -> None:
        """Record that a site's chain of evidence went backwards."""
        self._heads_refused.inc()

    def waited(self, seconds: float) -> None:
        """Record that a transfer waited for a worker."""
        self._waited.observe(seconds)

    def drew(self, seconds: float) -> None:
        """Record that a transfer was drawn."""
        self._drew.observe(seconds)

    def left(self, files: int) -> None:
        """Record that files could not be deleted."""
        self._left.inc(files)

    def missing(self, files: int) -> None:
        """Record that files were received, and were not there to be deleted."""
        self._missing.inc(files)

    def cut(self) -> None:
        """Record that a connection was cut off so that another could be let in."""
        self._cut.inc()

    def unrecorded(self, transfers: int) -> None:
        """Record that the chain lacks what the ledger signed for."""
        self._unrecorded.set(transfers)

    def ended(self, state: str) -> None:
        """Record that a transfer is over."""
        self._ended.labels(state).inc()

    def text(self) -> bytes:
        """Return the metrics as Prometheus reads them."""
        return bytes(generate_latest(self._registry))
