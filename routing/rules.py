"""The section ``Rules`` of the configuration: validated, then compiled; every mistake is reported with its path."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routing.assurance import NO_ASSURANCE, Assurance, SecondDocument, assurance_of
from routing.beside_then import moved_into_then
from routing.compile import compile_when
from routing.conditions import Condition
from routing.hours import parse_hours
from routing.one_per_study import OnePerStudy, read_one_per_study
from routing.pick import WrittenPick, read_pick
from routing.problems import Problem, nearest, one_of, problems_of, shown

PRIORITIES = ("urgent", "normal", "night")
OUTPUTS = ("RTSTRUCT", "SEG")


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ThenDocument(_Document):
    """``Then`` of a rule, as the site writes it."""

    Model: str | None = Field(None, min_length=1)
    Target: str = Field("local", min_length=1)
    Priority: Literal["urgent", "normal", "night"] = "normal"
    Structures: str | None = Field(None, min_length=1)
    Outputs: list[Literal["RTSTRUCT", "SEG"]] = Field(["RTSTRUCT"], min_length=1)
    Hours: str | None = None
    Continue: bool = False
    # Read by routing.pick, which names what is wrong in it.
    Pick: Any = None
    Each: bool = False
    # Names of destinations that get the result.
    Deliver: list[str] = Field([])
    RequireCommissioned: bool = False
    # What becomes of a series outside the range that the model was commissioned on.
    OutOfRange: Literal["flag", "refuse"] | None = None
    # Another model that draws too; only where both disagree is kept.
    SecondModel: str | SecondDocument | None = None
    Exclude: str | None = Field(None, min_length=1)
    OnePerStudy: Any = None
    """Read by routing.one_per_study."""


class RuleDocument(_Document):
    """One rule, as the site writes it; ``When`` is read by routing.compile."""

    Name: str = Field(min_length=1)
    When: dict[str, Any]
    Then: ThenDocument


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, compiled. ``exclude`` holds the reason of a rule that excludes; ``go_on`` is ``Continue``."""

    name: str
    when: Condition
    model: str = ""
    target: str = "local"
    priority: str = "normal"
    structures: str | None = None
    outputs: tuple[str, ...] = ("RTSTRUCT",)
    hours: str | None = None
    exclude: str | None = None
    go_on: bool = False
    pick: WrittenPick | None = None
    each: bool = False
    one_per_study: OnePerStudy | None = None
    deliver: tuple[str, ...] = ()
    assurance: Assurance = NO_ASSURANCE


def read_rules(
    data: Any, keywords: Collection[str] | None = None, path: str = "Rules"
) -> tuple[tuple[Rule, ...], list[Problem]]:
    """Read the list of rules; what is wrong comes back as problems, with paths that begin with ``path``.

    ``keywords`` are the DICOM keywords that a condition may name; None lets every well-formed keyword pass.
    """
    if data is None:
        return (), []
    if not isinstance(data, list):
        return (), [Problem(path, shown(data), "a list of rules")]
    rules: list[Rule] = []
    problems: list[Problem] = []
    names: dict[str, int] = {}
    for index, one in enumerate(data):
        where = f"{path}[{index}]"
        rule, wrong = read_rule(one, keywords, where)
        problems += wrong
        if rule is None:
            continue
        if rule.name in names:
            first = f"{path}[{names[rule.name]}]"
            problems.append(Problem(f"{where}.Name", shown(rule.name), f"a name of its own; {first} has this one"))
        names.setdefault(rule.name, index)
        rules.append(rule)
    return tuple(rules), problems


def read_rule(data: Any, keywords: Collection[str] | None, path: str) -> tuple[Rule | None, list[Problem]]:
    """Read one rule; None when something in it is wrong."""
    data, problems = moved_into_then(data, path)
    document: RuleDocument | None = None
    try:
        document = RuleDocument.model_validate(data)
    except ValidationError as error:
        problems += problems_of(error, path, _keys_at)
    condition = None
    if isinstance(data, dict) and isinstance(data.get("When"), dict):
        condition, wrong = compile_when(data["When"], keywords, f"{path}.When")
        problems += wrong
    one_per_study = None
    if document is not None:
        problems += _contradictions(document.Then, f"{path}.Then")
        if document.Then.Pick is not None:
            problems += read_pick(document.Then.Pick, keywords, f"{path}.Then.Pick")[1]
        one_per_study, wrong = read_one_per_study(document.Then.OnePerStudy, f"{path}.Then.OnePerStudy")
        problems += wrong
    if problems or document is None or condition is None:
        return None, problems
    then = document.Then
    return (
        Rule(
            name=document.Name,
            when=condition,
            model=then.Model or "",
            target=then.Target,
            priority=then.Priority,
            structures=then.Structures,
            outputs=tuple(dict.fromkeys(then.Outputs)),
            hours=then.Hours,
            exclude=then.Exclude,
            go_on=then.Continue,
            pick=then.Pick,
            each=then.Each,
            one_per_study=one_per_study,
            deliver=tuple(dict.fromkeys(then.Deliver)),
            assurance=assurance_of(then.RequireCommissioned, then.OutOfRange, then.SecondModel),
        ),
        [],
    )


def check_references(
    data: Any,
    *,
    targets: Collection[str] | None = None,
    templates: Collection[str] | None = None,
    models: Collection[str] | None = None,
    destinations: Collection[str] | None = None,
    path: str = "Rules",
) -> list[Problem]:
    """Problems of rules that name a target, template, model or destination that the site does not have.

    ``data`` is the list as the site writes it: what is wrong elsewhere in a rule hides nothing. What is None is not
    looked at.
    """
    problems = []
    for index, one in enumerate(data if isinstance(data, list) else ()):
        then = one.get("Then") if isinstance(one, dict) else None
        if not isinstance(then, dict) or "Exclude" in then:
            continue
        for key, words in (("Target", targets), ("Structures", templates), ("Model", models)):
            word = then.get(key)
            if words is not None and isinstance(word, str) and word and word not in words:
                allowed = one_of(sorted(words)) or "none is configured"
                problems.append(Problem(f"{path}[{index}].Then.{key}", shown(word), allowed, nearest(word, words)))
        second = then.get("SecondModel")
        word = second.get("Model") if isinstance(second, dict) else second
        if models is not None and isinstance(word, str) and word and word not in models:
            where = f"{path}[{index}].Then.SecondModel"
            problems.append(Problem(where, shown(word), one_of(sorted(models)), nearest(word, models)))
        if destinations is not None:
            problems += _unknown_destinations(then.get("Deliver"), destinations, f"{path}[{index}].Then.Deliver")
    return problems


def _unknown_destinations(words: Any, destinations: Collection[str], path: str) -> list[Problem]:
    allowed = one_of(sorted(destinations)) or "none is configured"
    return [
        Problem(f"{path}[{place}]", shown(word), allowed, nearest(word, destinations))
        for place, word in enumerate(words if isinstance(words, list) else ())
        if isinstance(word, str) and word not in destinations
    ]


def _keys_at(location: tuple[Any, ...]) -> Iterable[str]:
    return ThenDocument.model_fields if location[:1] == ("Then",) else RuleDocument.model_fields


def _contradictions(then: ThenDocument, path: str) -> list[Problem]:
    problems = []
    if then.Exclude is not None:
        beside = sorted(then.model_fields_set - {"Exclude"})
        if beside:
            problems.append(Problem(path, f"Exclude together with {one_of(beside)}", "Exclude alone, or a result"))
    elif then.Model is None:
        problems.append(Problem(f"{path}.Model", "nothing", 'the name of a model, or "Exclude" with a reason instead'))
    if then.Hours is not None:
        try:
            parse_hours(then.Hours)
        except ValueError as error:
            problems.append(Problem(f"{path}.Hours", shown(then.Hours), str(error)))
    return problems
