"""From the facts of a series and the site's rules to a decision, with every reason for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from routing.assurance import NO_ASSURANCE, Assurance
from routing.conditions import ConditionResult, Row, RuleFailed, explained, result_of
from routing.facts import SeriesFacts
from routing.names import FactName
from routing.one_per_study import OnePerStudy
from routing.pick import WrittenPick, written_pick
from routing.rules import Rule

CONTOUR, EXCLUDED, NONE, ERROR = "contour", "excluded", "none", "error"


@dataclass(frozen=True, slots=True)
class Decision:
    """One result wanted: model, target, urgency, structure template, outputs, hours, and the rule that asked for it.

    The defaults are those of a rule: contoured on this machine, with normal urgency, all structures, at any hour.
    ``pick`` says which of several images of a place is meant, ``each`` that every volume of the series is.
    ``one_per_study`` says that the series is contoured only if it is the best one of its study, and how that is told.
    ``deliver`` names the destinations that get the result, ``assurance`` what it has to have beside contours.
    """

    model: str
    target: str = "local"
    priority: str = "normal"
    structures: str | None = None
    outputs: tuple[str, ...] = ("RTSTRUCT",)
    hours: str | None = None
    rule: str = ""
    pick: WrittenPick | None = None
    each: bool = False
    # A site's script writes True or a dictionary, which routing.script reads.
    one_per_study: OnePerStudy | None = None
    deliver: tuple[str, ...] = ()
    assurance: Assurance = NO_ASSURANCE
    # Only a person asks for it, to prove that contours stay where they are.
    without_face: bool = False

    def to_json(self) -> dict[str, Any]:
        """In the shape of the REST API."""
        return {
            "Rule": self.rule,
            "Model": self.model,
            "Target": self.target,
            "Priority": self.priority,
            "Structures": self.structures,
            "Outputs": list(self.outputs),
            "Hours": self.hours,
            "Pick": written_pick(self.pick),
            "Each": self.each,
            "OnePerStudy": None if self.one_per_study is None else self.one_per_study.to_json(),
            "Deliver": list(self.deliver),
            **self.assurance.to_json(),
            **({"WithoutFace": True} if self.without_face else {}),
        }


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule said: whether it matched, each condition, and the sentence of the error where it failed."""

    name: str
    matched: bool
    rows: tuple[Row, ...] = ()
    error: str | None = None

    @property
    def conditions(self) -> list[ConditionResult]:
        """Each condition, and what was found."""
        return [result_of(row) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and its reasons; ``outcome`` is ``contour``, ``excluded``, ``none`` or ``error``."""

    outcome: str
    reason: str
    decisions: tuple[Decision, ...] = ()
    rules: tuple[RuleResult, ...] = ()

    @property
    def compares(self) -> bool:
        """Whether it depends on the other series of the study."""
        return any(decision.one_per_study is not None for decision in self.decisions)

    def to_json(self, *, redacted: bool = False, brief: bool = False) -> dict[str, Any]:
        """In the shape of ``POST /autocontour/routing/explain``.

        ``redacted`` says of DICOM attributes only whether there was a value; ``brief`` says of a rule that did not
        match only its first condition that failed: both for what is kept with every job.
        """
        return {
            "Outcome": self.outcome,
            "Decisions": [decision.to_json() for decision in self.decisions],
            "Reason": self.reason,
            "Rules": [_rule_json(rule, redacted, brief) for rule in self.rules],
        }


def decide(facts: SeriesFacts, rules: Sequence[Rule]) -> Explanation:
    """Decide by the first rule that matches, and by those after it as long as each says ``Continue``.

    A rule that excludes ends with ``excluded``, even when an earlier one asked for a result and went on. Never raises:
    a rule that fails is the outcome ``error``. Before any rule, an objection or a veto excludes.
    """
    if refused := refused_before_rules(facts):
        return refused
    said = tuple(_ask(rule, facts) for rule in rules)
    decisions: list[Decision] = []
    for rule, answer in zip(rules, said, strict=True):
        if answer.error is not None:
            return Explanation(ERROR, f"The rule {rule.name!r} failed: {answer.error}.", (), said)
        if not answer.matched:
            continue
        if rule.exclude is not None:
            return Explanation(EXCLUDED, rule.exclude, (), said)
        decision = Decision(
            model=rule.model,
            target=rule.target,
            priority=rule.priority,
            structures=rule.structures,
            outputs=rule.outputs,
            hours=rule.hours,
            rule=rule.name,
            pick=rule.pick,
            each=rule.each,
            one_per_study=rule.one_per_study,
            deliver=rule.deliver,
            assurance=rule.assurance,
        )
        decisions = _with(decision, decisions)
        if not rule.go_on:
            break
    if not decisions:
        reason = "No rule matched." if rules else "There are no rules, so nothing is contoured by itself."
        return Explanation(NONE, reason, (), said)
    names = ", ".join(repr(decision.rule) for decision in decisions)
    return Explanation(CONTOUR, f"Matched: {names}.", tuple(decisions), said)


_OBJECTION, _VETO = FactName("Objection"), FactName("Veto")


def refused_before_rules(facts: SeriesFacts) -> Explanation | None:
    """Return the exclusion that no rule can lift: the patient objected, or the site's Lua vetoed."""
    if facts.attribute(_OBJECTION).distinct == ((True,),):
        return Explanation(EXCLUDED, "The patient objected to the processing.")
    veto = facts.attribute(_VETO)
    if not veto.missing:
        return Explanation(EXCLUDED, f"The site's Lua vetoed: {veto.shown}")
    return None


def _ask(rule: Rule, facts: SeriesFacts) -> RuleResult:
    try:
        matched, rows = explained(rule.when, facts)
    except RuleFailed as failure:
        return RuleResult(rule.name, False, (), str(failure))
    except Exception as failure:  # noqa: BLE001 - whatever went wrong must be seen with this series, not end the intake
        return RuleResult(rule.name, False, (), f"unexpected {type(failure).__name__}")
    return RuleResult(rule.name, matched, rows)


def _with(decision: Decision, earlier: Sequence[Decision]) -> list[Decision]:
    """Add a decision, unless its result is wanted already: of this series anyway goes before only if it is the best.

    A result that two rules want is delivered where either says, and has what either demands.
    """
    anyway = replace(decision, one_per_study=None)
    wanted = [any(_same_result(one, this) for this in (decision, anyway)) for one in earlier]
    if any(wanted):
        return [_also_to(one, decision) if same else one for one, same in zip(earlier, wanted, strict=True)]
    if decision.one_per_study is None:
        earlier = [one for one in earlier if not _same_result(replace(one, one_per_study=None), decision)]
    return [*earlier, decision]


def _same_result(one: Decision, other: Decision) -> bool:
    return _result(one) == _result(other)


def _result(one: Decision) -> Decision:
    return replace(one, priority="", hours=None, rule="", deliver=(), assurance=NO_ASSURANCE)


def _also_to(one: Decision, other: Decision) -> Decision:
    both = tuple(dict.fromkeys((*one.deliver, *other.deliver)))
    return replace(one, deliver=both, assurance=one.assurance.and_also(other.assurance))


def _rule_json(rule: RuleResult, redacted: bool, brief: bool) -> dict[str, Any]:
    conditions = rule.conditions
    if brief and not rule.matched:
        conditions = [row for row in conditions if not row.matched][:1]
    answer: dict[str, Any] = {
        "Name": rule.name,
        "Matched": rule.matched,
        "Conditions": [
            {
                "Fact": row.fact,
                "Expected": row.expected,
                "Found": _without_value(row.found) if redacted and row.is_tag else row.found,
                "Matched": row.matched,
            }
            for row in conditions
        ],
    }
    if rule.error is not None:
        answer["Error"] = rule.error
    return answer


def _without_value(found: Any) -> str:
    if found is None:
        return "(missing)"
    return "(differs between slices)" if isinstance(found, str) and found.startswith("differs between") else "(a value)"
