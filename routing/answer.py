"""Who may decide before the rules: the site's own Python and Lua; and how their answer becomes a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.decide import CONTOUR, ERROR, EXCLUDED, Decision, Explanation, decide, refused_before_rules
from routing.facts import SeriesFacts
from routing.rules import Rule


@dataclass(frozen=True, slots=True)
class Answer:
    """What ``by`` said: decisions, an exclusion, what went wrong, or nothing, which leaves the series to the next."""

    by: str
    decisions: tuple[Decision, ...] = ()
    exclude: str | None = None
    error: str | None = None


def combine(answers: Sequence[Answer], facts: SeriesFacts, rules: Sequence[Rule]) -> Explanation:
    """Return the first answer that says something, else what the rules say. An objection and a veto go before all."""
    if refused := refused_before_rules(facts):
        return refused
    for answer in answers:
        if answer.error is not None:
            return Explanation(ERROR, f"The {answer.by} failed: {answer.error}.")
        if answer.exclude is not None:
            return Explanation(EXCLUDED, answer.exclude)
        if answer.decisions:
            return Explanation(CONTOUR, f"The {answer.by} decided.", answer.decisions)
    return decide(facts, rules)
