"""A chart: one number of one structure, as one model at one target drew it; a segment for each digest of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.compare.comparison import Verdict
from plugin.quality.charts.baselines import Baselines, numbers_of
from plugin.quality.charts.change import Change, Scores, changes_of
from plugin.quality.charts.limits import FEWEST, Limits, limits_of
from plugin.quality.charts.months import Month, months_of
from plugin.quality.charts.nelson import Rule, beyond_limits, nine_on_one_side, six_rising_or_falling
from plugin.quality.charts.point import SCALES, Point, Value, points_of
from plugin.quality.row import RoiRow

# The first so many comparisons of a model's digest are its baseline, where no commissioning gave one.
BASELINE = 150
# When people accepted a new level, by structure, model and target.
Restarts = Mapping[tuple[str, str, str], Sequence[float]]


@dataclass(frozen=True)
class Key:
    """What a chart is of; ``scanner`` is None for the images of all scanners together."""

    structure: str
    model: str
    target: str
    value: Value = Value.ADDED_PATH_LENGTH
    scanner: str | None = None


@dataclass(frozen=True)
class Segment:
    """The points of one digest of the model, with lines and findings of its own.

    ``limits`` are None while too few edited values are known, and ``provisional`` while the baseline is not whole.
    ``judged`` is the place of the first point that is not of the baseline. ``marks`` are places of points by Nelson's
    rules, ``outliers`` those of rule 1 on the side of more editing; ``changes`` count places alike.
    """

    digest: str
    points: tuple[Point, ...]
    limits: Limits | None
    provisional: bool
    commissioned: bool
    judged: int
    marks: Mapping[Rule, tuple[int, ...]]
    outliers: tuple[int, ...]
    changes: tuple[Change, ...]
    months: tuple[Month, ...]
    verdicts: Mapping[Verdict, int]

    @property
    def since(self) -> float:
        """When its first point was compared."""
        return self.points[0].at if self.points else 0.0


@dataclass(frozen=True)
class Chart:
    """A chart with its segments, the oldest first."""

    key: Key
    segments: tuple[Segment, ...]


def chart_of(
    key: Key,
    rows: Sequence[RoiRow],
    *,
    commissioned: Mapping[str, Sequence[float]] | None = None,
    restarts: Sequence[float] = (),
) -> Chart:
    """Make the chart of rows that are all of the key, in the order of time.

    ``commissioned`` gives values of the commissioning by digest: they are the baseline then. At each of the times in
    ``restarts`` people accepted a new level: what came before it is no longer judged by, and a segment begins.
    """
    parts: dict[tuple[str, int], list[RoiRow]] = {}
    for row in rows:
        parts.setdefault((row.digest, sum(row.at > one for one in restarts)), []).append(row)
    segments = []
    for (digest, restarted), own in parts.items():
        values = () if restarted or commissioned is None else commissioned.get(digest, ())
        segments.append(_segment(key.value, digest, own, values))
    return Chart(key, tuple(segments))


def charts_of(
    rows: Sequence[RoiRow],
    value: Value,
    *,
    restarts: Restarts | None = None,
    scanner: str | None = None,
    baselines: Baselines | None = None,
) -> list[Chart]:
    """Make all charts of a number, by structure, model and target; the rows are those of ``scanner``, if given."""
    by_key: dict[tuple[str, str, str], list[RoiRow]] = {}
    for row in rows:
        by_key.setdefault((row.structure, row.model, row.target), []).append(row)
    return [
        chart_of(
            Key(*names, value, scanner),
            own,
            commissioned=numbers_of((baselines or {}).get(names, {}), value),
            restarts=(restarts or {}).get(names, ()),
        )
        for names, own in sorted(by_key.items())
    ]


def _segment(value: Value, digest: str, rows: Sequence[RoiRow], commissioned: Sequence[float]) -> Segment:
    scale = SCALES[value]
    points = tuple(points_of(rows, value))
    given = len(commissioned) >= FEWEST
    judged = 0 if given else min(BASELINE, len(points))
    # What was edited is at least its floor, so that all that is untouched lies below it.
    amounts = [scale.amount(one.value) if one.edited else 0.0 for one in points]
    baseline = amounts[:judged]
    if given:
        baseline = [0.0 if one == scale.unchanged else scale.amount(one) for one in commissioned]
    provisional = not given and len(points) < BASELINE

    edited = [place for place, one in enumerate(points) if one.edited]
    logs = [scale.log_amount(points[place].value) for place in edited]
    behind = [scale.log_amount(one) for one in commissioned if one != scale.unchanged] if given else []
    if len(behind) < FEWEST:
        # Where editing is rare the baseline of the limits reaches further than that of the changes.
        behind = logs[: max(FEWEST, sum(place < judged for place in edited))]
    limits = limits_of(behind)
    marks: dict[Rule, tuple[int, ...]] = {}
    outliers: tuple[int, ...] = ()
    if limits is not None:
        found = {
            Rule.BEYOND_LIMIT: beyond_limits(logs, limits.lower, limits.upper),
            Rule.NINE_ON_ONE_SIDE: nine_on_one_side(logs, limits.centre),
            Rule.SIX_RISING_OR_FALLING: six_rising_or_falling(logs),
        }
        marks = {rule: tuple(edited[place] for place in places) for rule, places in found.items()}
        outliers = tuple(edited[place] for place in found[Rule.BEYOND_LIMIT] if logs[place] > limits.upper)
    changes: tuple[Change, ...] = ()
    scores = Scores(baseline) if baseline and not provisional else None
    if scores is not None:
        later = changes_of(amounts[judged:], scores)
        changes = tuple(
            Change(one.kind, one.direction, one.raised + judged, None if one.over is None else one.over + judged)
            for one in later
        )
    return Segment(
        digest=digest,
        points=points,
        limits=limits,
        provisional=provisional,
        commissioned=given,
        judged=judged,
        marks=marks,
        outliers=outliers,
        changes=changes,
        months=tuple(months_of(rows, points, amounts, scores)),
        verdicts={verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict},
    )
