"""A draft of the rules, run beside the rules in force against stored series; nothing is started or written."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from model.errors import AutocontourError
from plugin.gateway.operations.explanations import volume_json
from plugin.intake.decider import Decider
from plugin.intake.inspection import Inspection, SeriesInspector
from plugin.intake.known_series import SeriesTable
from plugin.intake.study_comparison import StudyComparison
from plugin.pacs.client import OF_ORTHANC
from plugin.settings.draft import Draft, Drafts
from routing.problems import Problem

# A series of 300 slices takes some tenths of a second, on a crowded machine a whole one: a request ends before a proxy
# gives up on it.
SECONDS = 3.0
# More than any site has; each rule is asked of each series, and a slow pattern takes 0.1 s.
MOST_RULES = 500
# What a person compares of two decisions.
COMPARED = (
    *("Rule", "Model", "Target", "Priority", "Structures", "Outputs", "Hours", "Pick", "Each", "OnePerStudy"),
    *("Deliver",),
)

# By the rules in force, and by the draft.
Both = tuple[Inspection, Inspection]


class Trials:
    """Tries drafts on series of one Orthanc."""

    def __init__(
        self,
        drafts: Drafts,
        inspector: SeriesInspector,
        decider: Decider,
        comparison: StudyComparison,
        table: SeriesTable,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """``decider`` is that of the rules in force; ``ticks`` measures how long a request has taken."""
        self._drafts = drafts
        self._inspector = inspector
        self._decider = decider
        self._comparison = comparison
        self._table = table
        self._ticks = ticks

    def in_force(self) -> Any:
        """Return the rules in force as the site wrote them, to begin a draft with; None where it has none."""
        return self._drafts.rules

    def run(self, rules: Any, series: Sequence[str] | None, last: int, *, explain: bool = False) -> dict[str, Any]:
        """Decide on each series twice, for some seconds: what is left then is named in the answer, to go on with.

        Args:
            rules: The draft, as it would be the value of ``Rules``.
            series: Orthanc's ids; None for those that were decided on last.
            last: How many of those.
            explain: Whether each series comes with what every rule of both said.

        Raises AutocontourError when Orthanc does not answer.
        """
        draft = self._drafts.read(rules) if not _too_long(rules) else Draft(None, (_too_many(rules),))
        answer: dict[str, Any] = {
            "Problems": [_problem_json(problem) for problem in draft.problems],
            "Without": [_problem_json(problem) for problem in draft.without],
        }
        if draft.rules is None:
            return answer | _summary([]) | {"Series": [], "Remaining": []}
        wanted = list(dict.fromkeys(series)) if series is not None else self._table.last_decided(last)
        began = self._ticks()
        study = _Study(self._inspector, (self._decider, self._decider.with_rules(draft.rules)))
        said: list[dict[str, Any]] = []
        for one in wanted:
            # What was read for a comparison within its study would be read again by the next request.
            if said and self._ticks() - began > SECONDS and not study.knows(one):
                break
            said.append(self._tried(one, study, explain))
        return answer | _summary(said) | {"Series": said, "Remaining": wanted[len(said) :]}

    def _tried(self, series: str, study: _Study, explain: bool) -> dict[str, Any]:
        try:
            both = study.of(series)
            now, drafted = (
                self._side(inspection, partial(study.other, side), explain) for side, inspection in enumerate(both)
            )
        except AutocontourError as error:
            if error.code in OF_ORTHANC:
                raise
            return {"Series": series, "Refused": {"Code": error.code, "Message": error.message}}
        return {
            "Series": series,
            "Study": both[0].snapshot.study,
            "Changes": changes(now, drafted),
            "Now": now,
            "Draft": drafted,
        }

    def _side(self, inspection: Inspection, inspect: Callable[[str], Inspection], explain: bool) -> dict[str, Any]:
        """Describe what one set of rules says of a series."""
        series, explanation = inspection.snapshot.series, inspection.explanation.to_json()
        choices = [
            {"Rule": of["Rule"], **{key: one[key] for key in ("Chosen", "InsteadOf", "LostBy", "Reason")}}
            for of in self._comparison.of(inspection, inspect)
            for one in of["Candidates"]
            if one["Series"] == series
        ]
        beaten = {choice["Rule"] for choice in choices if not choice["Chosen"]}
        drawn = [work for work in inspection.works if work.refusal is None and work.decision.rule not in beaten]
        side = {
            "Outcome": explanation["Outcome"],
            "Reason": explanation["Reason"],
            "Decisions": explanation["Decisions"],
            "StructureSets": len(drawn),
            "Volumes": [volume_json(work) for work in inspection.works],
            "Choices": choices,
        }
        return side | ({"Rules": explanation["Rules"]} if explain else {})


class _Study:
    """The inspections of one study at a time: OnePerStudy looks at each series of it for each of the others."""

    def __init__(self, inspector: SeriesInspector, deciders: tuple[Decider, Decider]) -> None:
        self._inspector = inspector
        self._deciders = deciders
        self._study = ""
        self._kept: dict[str, Both] = {}

    def knows(self, series: str) -> bool:
        """Whether a series has been looked at."""
        return series in self._kept

    def of(self, series: str) -> Both:
        """Return what both say of a series; raises SeriesGone."""
        both = self._kept.get(series) or self._inspector.inspect_by(series, self._deciders)
        now, drafted = both
        if now.snapshot.study != self._study:
            self._study, self._kept = now.snapshot.study, {}
        if now.explanation.compares or drafted.explanation.compares:
            self._kept[series] = (now, drafted)
        return now, drafted

    def other(self, side: int, series: str) -> Inspection:
        """Return what one of both says of a series that is compared with the one that was asked for last."""
        if series not in self._kept:
            now, drafted = self._inspector.inspect_by(series, self._deciders)
            self._kept[series] = (now, drafted)
        return self._kept[series][side]


def changes(now: dict[str, Any], drafted: dict[str, Any]) -> list[str]:
    """Name what differs between two sides of a series, the outcome first."""
    differs = [key for key in ("Outcome",) if now[key] != drafted[key]]
    if drafted["Outcome"] == now["Outcome"] == "excluded" and now["Reason"] != drafted["Reason"]:
        differs.append("Reason")
    # Where there is nothing to compare with, all the rest of a decision would differ, and say nothing.
    as_many = len(now["Decisions"]) == len(drafted["Decisions"])
    for key in COMPARED if as_many else COMPARED[:3]:
        if [one[key] for one in now["Decisions"]] != [one[key] for one in drafted["Decisions"]]:
            differs.append(key)
    for key in ("StructureSets", "Volumes", "Choices") if as_many else ("StructureSets",):
        if _nameless(now[key]) != _nameless(drafted[key]):
            differs.append(key)
    return differs


def _nameless(part: Any) -> Any:
    """Return a part of a side without the names of rules: that a rule is called otherwise is said once, as ``Rule``."""
    if not isinstance(part, list):
        return part
    return [{key: value for key, value in one.items() if key != "Rule"} for one in part]


def _summary(said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Count what was tried in this request."""
    decided = [one for one in said if "Now" in one]
    return {
        "Tried": len(said),
        "Changed": sum(bool(one["Changes"]) for one in decided),
        "Refused": len(said) - len(decided),
        "Outcomes": {side: dict(Counter(one[side]["Outcome"] for one in decided)) for side in ("Now", "Draft")},
        "StructureSets": {side: sum(one[side]["StructureSets"] for one in decided) for side in ("Now", "Draft")},
    }


def _too_long(rules: Any) -> bool:
    return isinstance(rules, list) and len(rules) > MOST_RULES


def _too_many(rules: list[Any]) -> Problem:
    return Problem("AutoContour.Rules", f"{len(rules)} rules", f"at most {MOST_RULES} in a draft that is tried")


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "Path": problem.path,
        "Found": problem.found,
        "Allowed": problem.allowed,
        "Nearest": problem.nearest,
        "Message": str(problem),
    }
