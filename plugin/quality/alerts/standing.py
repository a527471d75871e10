"""Alerts of quality: what charts show that a person must look at; the same rows at the same time give the same."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from plugin.quality.charts.change import ChangeKind, Direction
from plugin.quality.charts.chart import Chart
from plugin.quality.charts.point import Value

# So long an outlier, and a change of the model, is news; a shift or a drift stands as long as it lasts.
NEWS_SECONDS = 14 * 86400.0


class QualityKind(StrEnum):
    """The kinds of alert; the words are those of health, metrics and notifications."""

    QUALITY_OUTLIER = "QUALITY_OUTLIER"
    QUALITY_SHIFT = "QUALITY_SHIFT"
    QUALITY_DRIFT = "QUALITY_DRIFT"
    MODEL_CHANGED = "MODEL_CHANGED"


_MORE, _LESS = Direction.MORE, Direction.LESS
SENTENCES: dict[tuple[QualityKind, Direction | None], str] = {
    (QualityKind.QUALITY_OUTLIER, None): (
        "In one result people changed far more than they usually do: look at the job, its images and its contours."
    ),
    (QualityKind.QUALITY_SHIFT, _MORE): (
        "For some time people have changed clearly more than at the baseline: has the model, the scanner, the protocol "
        "or the guideline of contouring changed?"
    ),
    (QualityKind.QUALITY_SHIFT, _LESS): (
        "For some time people have changed clearly less than at the baseline: is the model better, or is it checked "
        "less? Have some cases contoured without it, and compare."
    ),
    (QualityKind.QUALITY_DRIFT, _MORE): (
        "What people change has been growing slowly: have the patients, the scanner, the protocol or the guideline of "
        "contouring changed?"
    ),
    (QualityKind.QUALITY_DRIFT, _LESS): (
        "Editing grows less and less: is the model better, or is it checked less (automation bias)? Have some cases "
        "contoured without it, and compare."
    ),
    (QualityKind.MODEL_CHANGED, None): (
        "The model draws with other weights or in another version than before: was that wanted, and was it "
        "commissioned? Its charts begin anew."
    ),
}
# Added path length tells how much was changed, a distance sees what was erased as well.
JUDGED = (Value.ADDED_PATH_LENGTH, Value.MEAN_SURFACE_DISTANCE)
_KINDS = {ChangeKind.SHIFT: QualityKind.QUALITY_SHIFT, ChangeKind.DRIFT: QualityKind.QUALITY_DRIFT}


@dataclass(frozen=True)
class QualityAlert:
    """One alert: since when, of what, and the job at which it was seen.

    ``structures`` are all of a job that are outliers, the one of a shift or drift, and none where the model changed.
    """

    kind: QualityKind
    since: float
    job: str
    model: str
    digest: str
    target: str
    structures: tuple[str, ...] = ()
    direction: Direction | None = None

    @property
    def id(self) -> str:
        """A name that is the same for the same alert, whenever it is computed."""
        own = () if self.kind is QualityKind.QUALITY_OUTLIER else self.structures
        job = "" if self.kind is QualityKind.MODEL_CHANGED else self.job
        text = "\n".join((self.kind, self.model, self.digest, self.target, *own, job, self.direction or ""))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def message(self) -> str:
        """What it means, and what to look at."""
        return SENTENCES[self.kind, self.direction]

    @property
    def where(self) -> str:
        """What it is about, in words of the configuration."""
        of = f"{', '.join(self.structures)}, " if self.structures else ""
        return f"{of}model {self.model}, target {self.target}, job {self.job}"

    @property
    def at(self) -> str:
        """Since when, as ISO 8601."""
        return datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def in_health(self) -> dict[str, Any]:
        """Give it in the shape of every alert of health."""
        message = f"{self.message} ({self.where}; its ID: {self.id})"
        return {"Alert": self.kind.value, "Since": self.at, "EvidenceCode": None, "Reason": None, "Message": message}

    def to_json(self) -> dict[str, Any]:
        """Give the alert as health and the REST API tell it."""
        return {
            "Alert": self.kind.value,
            "ID": self.id,
            "Since": self.at,
            "Job": self.job,
            "Structures": list(self.structures),
            "Model": self.model,
            "ModelDigest": self.digest,
            "Target": self.target,
            "Direction": None if self.direction is None else self.direction.value,
            "Message": self.message,
        }


def alerts_of(charts: Iterable[Chart]) -> list[QualityAlert]:
    """Return all alerts that charts give rise to, the oldest first, whether or not they are news.

    The charts are those of the numbers in ``JUDGED``: outliers are told of each, lasting changes of added path length.
    """
    found = _Findings()
    for chart in charts:
        found.look_at(chart)
    return sorted(found.alerts(), key=lambda alert: (alert.since, alert.kind, alert.structures))


def standing(alerts: Iterable[QualityAlert], now: float, acknowledged: Collection[str]) -> list[QualityAlert]:
    """Return those that a person must look at now: a change that lasts, other news for two weeks, none seen before."""
    lasting = _KINDS.values()
    return [
        alert
        for alert in alerts
        if alert.id not in acknowledged and (alert.kind in lasting or now - alert.since < NEWS_SECONDS)
    ]


class _Findings:
    """Gathers what charts show, one chart at a time, so that not all need be in memory at once."""

    def __init__(self) -> None:
        self._outliers: dict[tuple[str, str, str, str], tuple[float, set[str]]] = {}
        self._changes: list[QualityAlert] = []
        self._digests: dict[tuple[str, str], dict[str, tuple[float, str]]] = {}

    def look_at(self, chart: Chart) -> None:
        """Take in one chart."""
        key = chart.key
        for segment in chart.segments:
            for place in segment.outliers:
                point = segment.points[place]
                named = (point.job, key.model, segment.digest, key.target)
                self._outliers.setdefault(named, (point.at, set()))[1].add(key.structure)
            if segment.points:
                begun = (segment.since, segment.points[0].job)
                digests = self._digests.setdefault((key.model, key.target), {})
                digests[segment.digest] = min(begun, digests.get(segment.digest, begun))
        if key.value is Value.ADDED_PATH_LENGTH and chart.segments:
            # An older segment is of a model or a level that is gone.
            newest = chart.segments[-1]
            for change in newest.changes:
                if change.over is None:
                    seen = newest.points[change.raised]
                    own = (seen.at, seen.job, key.model, newest.digest, key.target, (key.structure,), change.direction)
                    self._changes.append(QualityAlert(_KINDS[change.kind], *own))

    def alerts(self) -> list[QualityAlert]:
        """Return what was found: one alert for each job with outliers, lasting change and digest that was not first."""
        found = list(self._changes)
        for (job, model, digest, target), (at, structures) in self._outliers.items():
            kind = QualityKind.QUALITY_OUTLIER
            found.append(QualityAlert(kind, at, job, model, digest, target, tuple(sorted(structures))))
        for (model, target), digests in self._digests.items():
            for digest, (at, job) in sorted(digests.items(), key=lambda one: one[1])[1:]:
                found.append(QualityAlert(QualityKind.MODEL_CHANGED, at, job, model, digest, target))
        return found
