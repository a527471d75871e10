"""From ``When``, as the site writes it, to conditions; every mistake is a problem with its path, none is raised."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from routing.conditions import Condition, Group, Leaf
from routing.expected import Mistake, read_expected, wrong
from routing.facts import FACTS
from routing.names import FactName, Keyword, parse_steps
from routing.problems import Problem, nearest, one_of, shown

GROUPS = ("All", "Any", "Not")
# Deeper nesting is a mistake, and would exhaust Python's stack far above it.
DEEPEST = 16


def compile_when(data: dict[str, Any], keywords: Collection[str] | None, path: str) -> tuple[Condition, list[Problem]]:
    """Compile the conditions of one rule; ``keywords`` as in routing.rules.read_rules."""
    compiler = _Compiler(keywords)
    condition = compiler.together(data, path, "")
    return condition, compiler.problems


class _Compiler:
    """Collects the problems of one ``When`` while it walks through it."""

    def __init__(self, keywords: Collection[str] | None) -> None:
        self.keywords = keywords
        self.problems: list[Problem] = []

    def together(self, data: dict[str, Any], path: str, label: str) -> Condition:
        """All keys of one object."""
        parts = []
        for key, value in data.items():
            try:
                parts.append(self._part(key, value, f"{path}.{key}", f"{label}{key}"))
            except Mistake as mistake:
                self.problems.append(mistake.problem)
        return parts[0] if len(parts) == 1 else Group("", "All", tuple(parts))

    def _part(self, key: str, value: Any, where: str, label: str) -> Condition:
        if key == "Not":
            if not isinstance(value, dict) or not value:
                wrong(where, shown(value), "an object with conditions")
            _check_depth(label, where)
            inner = self.together(value, where, f"{label}.")
            together = isinstance(inner, Group) and not inner.path
            return Group(label, "Not", inner.parts if isinstance(inner, Group) and together else (inner,))
        if key in GROUPS:
            if not isinstance(value, list) or not value or not all(isinstance(one, dict) and one for one in value):
                wrong(where, shown(value), "a list of objects with conditions, at least one")
            _check_depth(label, where)
            parts = (self.together(one, f"{where}[{n}]", f"{label}[{n}].") for n, one in enumerate(value))
            return Group(label, key, tuple(parts))
        name = self._name(key, where)
        tests, exists = read_expected(key, value, where)
        return Leaf(label, name, value, tests, exists)

    def _name(self, key: str, where: str) -> FactName:
        if key in FACTS:
            return FactName(key)
        words = [*FACTS, *GROUPS, *(self.keywords or ())]
        try:
            steps = parse_steps(key)
        except ValueError as error:
            wrong(where, f"the unknown name {key!r}", f"a fact, a DICOM keyword or a tag: {error}", nearest(key, words))
        for step in steps:
            if isinstance(step, Keyword) and self.keywords is not None and step.name not in self.keywords:
                allowed = f"a DICOM keyword, a tag, {one_of(GROUPS)}, or one of the facts {one_of(FACTS)}"
                wrong(where, f"the unknown name {step.name!r}", allowed, nearest(step.name, words))
        return FactName(key, steps)


def _check_depth(label: str, where: str) -> None:
    if label.count(".") >= DEEPEST:
        wrong(where, f"conditions nested {DEEPEST} deep", f"at most {DEEPEST - 1} levels")
