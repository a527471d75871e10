"""What the log says of each series that was decided on: Orthanc's id, rules, models, the outcome; no value of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from routing.choice import Verdict
from routing.decide import CONTOUR, NONE, Explanation, RuleResult

logger = logging.getLogger(__name__)

# Outcomes of series on which no rule is asked.
WITHOUT_RULES: Mapping[str, str] = {
    "ignored": "it is neither CT nor MR",
    "imageless": "it holds no image: presentation states, reports, raw data or the like",
    "pseudonymous": "it was a pseudonymous copy that nobody waits for",
}


def log_decided(series: str, explanation: Explanation) -> None:
    """Say what was decided, and by which rules; why not one matched is said by the condition that failed."""
    first = explanation.decisions[0] if explanation.decisions else None
    fields = {
        "Series": series,
        "Outcome": explanation.outcome,
        "Rule": first.rule if first else next((rule.name for rule in explanation.rules if rule.matched), ""),
        "Model": first.model if first else "",
        "Target": first.target if first else "",
    }
    logger.info("series %s: %s", series, _words(explanation), extra={"fields": fields})


def log_chosen(series: str, rule: str, verdict: Verdict) -> None:
    """Say whether a series is the one of its study that a rule contours, and if not, by which criterion."""
    fields = {
        "Series": series,
        "Rule": rule,
        "Chosen": verdict.chosen,
        "Criterion": verdict.criterion or "",
    }
    said = "it is contoured" if verdict.is_chosen else f"series {verdict.chosen} is contoured"
    by = f", by {verdict.criterion}" if verdict.criterion else ""
    logger.info("series %s: one per study by rule %r: %s%s", series, rule, said, by, extra={"fields": fields})


def log_undecided(series: str, outcome: str) -> None:
    """Say of a series that no rule was asked about it."""
    fields = {"Series": series, "Outcome": outcome}
    logger.info("series %s: %s: %s", series, outcome, WITHOUT_RULES[outcome], extra={"fields": fields})


def _words(explanation: Explanation) -> str:
    if explanation.outcome == CONTOUR:
        wanted = (f"rule {one.rule!r}, model {one.model}, target {one.target}" for one in explanation.decisions)
        return f"contour: {'; '.join(wanted)}"
    if explanation.outcome == NONE:
        failed = ", ".join(_why_not(rule) for rule in explanation.rules)
        return f"none: no rule matches it: {failed}" if failed else "none: there are no rules"
    # The reason may be a text of the site's Lua or of an exception, and stays where users with a password see it.
    by = next((f" by rule {rule.name!r}" for rule in explanation.rules if rule.matched or rule.error), "")
    return f"{explanation.outcome}{by}"


def _why_not(rule: RuleResult) -> str:
    fact = next((row.fact for row in rule.conditions if not row.matched), "")
    return f"{rule.name!r} ({fact})" if fact else f"{rule.name!r}"
