"""What is counted while the gateway runs: jobs that ended, and how long stages took; from zero after each start.

Prometheus knows such counters and goes on over a restart. Numbers of the job table would not do: a retry takes a failed
job out of it, and what goes down is no counter.
"""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, Counter, Histogram

from plugin.jobs.job import Stage, State

# Seconds; a job of hu-ct takes some, one of a network on a processor up to an hour.
BUCKETS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
STAGES = (Stage.PSEUDONYMISE, Stage.DRAW, Stage.STORE, Stage.ERASE)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,47}")


class JobMeters:
    """Counts in a registry of its own; used by several threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._ended = Counter(
            "autocontour_jobs_ended",
            "Jobs that came to their end since the gateway started, by final state and code of the reason",
            ["state", "code"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "autocontour_stage_seconds",
            "Seconds that stages took which succeeded, since the gateway started",
            ["stage"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        # There from the start, so that the first end is an increase.
        for state in State:
            if state.final:
                self._ended.labels(str(state), "")
        for stage in STAGES:
            self._seconds.labels(str(stage))

    def ended(self, state: State, code: str | None) -> None:
        """Count a job that came to its end."""
        self._ended.labels(str(state), code if code and _CODE.fullmatch(code) else "").inc()

    def took(self, stage: Stage, seconds: float) -> None:
        """Count how long a stage took."""
        self._seconds.labels(str(stage)).observe(seconds)
