"""What happens now, in one bounded answer: what arrives, waits and runs, what ended last, and how the gateway is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model.errors import AutocontourError
from plugin.gateway.operations.health import Health
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.targets import TargetOperations
from plugin.intake.arriving import Arriving, ArrivingSeries
from plugin.intake.modalities import may_hold_images
from plugin.jobs.finder import JobFinder
from plugin.jobs.job import State, iso
from plugin.jobs.row import JobRow
from plugin.pacs.client import Orthanc
from plugin.version import VERSION

MOST, LAST = 50, 12
ENDED = (State.DONE, State.CANCELLED, State.SUPERSEDED)
REFUSED = (State.REJECTED, State.FAILED, State.EXCLUDED)
# The free bytes of a disk change all the time: what is shown of them changes with every so many.
DISK_STEP = 1_000_000_000
NO_IMAGES = -1


class Now:
    """Puts the answer together; it holds nothing of a patient, and no time that passes by itself."""

    def __init__(
        self,
        health: Health,
        finder: JobFinder,
        view: JobView,
        targets: TargetOperations,
        arriving: ArrivingSeries,
        orthanc: Orthanc,
    ) -> None:
        self._health = health
        self._finder = finder
        self._view = view
        self._targets = targets
        self._arriving = arriving
        self._slices = SliceCounts(orthanc)

    def show(self) -> dict[str, Any]:
        """Describe this moment; the same as long as nothing happens."""
        counts = self._health.job_counts()
        return {
            "Version": VERSION,
            "Health": self._how_it_is(),
            "Counts": counts,
            "Arriving": self._what_arrives(),
            "Waiting": self._open(State.WAITING, counts),
            "Running": self._open(State.RUNNING, counts),
            "Ended": self._last(ENDED, counts),
            "Refused": self._last(REFUSED, counts),
            "Targets": self._targets.summary(),
            "Gateways": self._health.gateways(times=False),
        }

    def _how_it_is(self) -> dict[str, Any]:
        reasons = self._health.unavailable_reasons()
        free, total = self._health.disk()
        return {
            "Status": "unavailable" if reasons else "ok",
            "Reasons": reasons,
            "Warnings": self._health.warnings(),
            "Alerts": self._health.alerts(),
            "Disk": {"Free": free // DISK_STEP * DISK_STEP, "Total": total},
        }

    def _what_arrives(self) -> dict[str, Any]:
        newest, total = self._arriving.newest(MOST), self._health.series_numbers()["arriving"]
        slices = self._slices.of(newest)
        # A structure set or a report arrives too, our own among them; nobody waits for it.
        images = [one for one in newest if slices.get(one.series) != NO_IMAGES]
        total = max(len(images), total - (len(newest) - len(images)))
        return {"Total": total, "Series": [_arriving(one, slices) for one in images]}

    def _open(self, state: State, counts: Mapping[str, int]) -> dict[str, Any]:
        return self._listed(self._finder.open(state, MOST), (state,), counts)

    def _last(self, states: Sequence[State], counts: Mapping[str, int]) -> dict[str, Any]:
        return self._listed(self._finder.last_changed(states, LAST), states, counts)

    def _listed(self, rows: Sequence[JobRow], states: Sequence[State], counts: Mapping[str, int]) -> dict[str, Any]:
        # Counted a moment before or after the rows were read: never fewer than are shown.
        total = max(len(rows), sum(counts.get(str(state), 0) for state in states))
        return {"Total": total, "Jobs": [self._view.show_row(row) for row in rows]}


class SliceCounts:
    """How many slices of each series have come, -1 of one without images; Orthanc is asked of those with news alone."""

    def __init__(self, orthanc: Orthanc) -> None:
        self._orthanc = orthanc
        self._known: dict[tuple[str, float], int] = {}

    def of(self, arriving: Sequence[Arriving]) -> dict[str, int]:
        """Tell the number of slices by series; without those that Orthanc does not tell of now."""
        here = {(one.series, one.arrived) for one in arriving}
        self._known = {key: count for key, count in self._known.items() if key in here}
        asked = {series: arrived for series, arrived in here if (series, arrived) not in self._known}
        if asked:
            try:
                headers = self._orthanc.headers_of(sorted(asked))
            except AutocontourError:
                headers = {}  # why Orthanc does not answer is said by intake
            for series, header in headers.items():
                count = len(header["Instances"]) if may_hold_images(header) else NO_IMAGES
                self._known[series, asked[series]] = count
        return {series: count for (series, _), count in self._known.items()}


def _arriving(one: Arriving, slices: Mapping[str, int]) -> dict[str, Any]:
    return {
        "Series": one.series,
        "Slices": slices.get(one.series),
        "Arrived": iso(one.arrived),
        "Why": {"Code": one.code, "Message": one.message, "Until": None if one.until is None else iso(one.until)},
    }
