"""``RoutingScript``: the site's own Python decides, with the declarative rules behind it.

The file defines ``route(series)`` and answers a Decision, a list of them, ``Exclude(reason)``, or None to leave the
series to the rules::

    from autocontour import Decision, Exclude, Series

    def route(series: Series) -> Decision | Exclude | None:
        if series.text("Modality") == "CT" and (series.number("Slices") or 0) > 20:
            return Decision(model="hu-ct", priority="urgent")
        return None

The file runs in a worker process under a time limit, because it is the site's: ``answer_of`` is what runs there.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from routing.answer import Answer
from routing.assurance import Assurance
from routing.decide import Decision
from routing.facts import SeriesFacts
from routing.hours import parse_hours
from routing.one_per_study import OnePerStudy, read_one_per_study
from routing.pick import read_pick
from routing.rules import OUTPUTS, PRIORITIES
from routing.series import Series

__all__ = ["Decision", "Exclude", "Script", "ScriptKeeper", "Series", "answer_of", "check_script", "late"]

# What a decision of the script shows where a rule's name would stand.
SCRIPT = "RoutingScript"


@dataclass(frozen=True, slots=True)
class Exclude:
    """The script's answer that a series must not be contoured."""

    reason: str


@dataclass(frozen=True, slots=True)
class Script:
    """One version of the site's file."""

    path: str
    source: str

    @property
    def digest(self) -> str:
        """What tells versions apart: the first 12 digits of the file's SHA-256."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:12]


def answer_of(script: Script, facts: SeriesFacts) -> Answer:
    """Ask the script about a series; never raises.

    To be called in a worker process under a time limit.

    Args:
        script: One version of the site's file.
        facts: What is known of the series.

    Returns:
        The decisions, the exclusion, nothing, or an error that says what the site's code did.

    Example:
        >>> script = Script("route.py", Path("route.py").read_text())
        >>> answer_of(script, facts).decisions
    """
    try:
        return _checked(_route_of(script)(Series(facts)))
    except (Exception, SystemExit) as failure:  # noqa: BLE001 - the site's code may raise anything, and it must be seen
        return Answer(SCRIPT, error=_described(failure, script))


def check_script(script: Script) -> str | None:
    """Load a version without asking it anything: None, or what is wrong with it. To be called in a worker process."""
    try:
        _route_of(script)
    except (Exception, SystemExit) as failure:  # noqa: BLE001 - as above
        return _described(failure, script)
    return None


def late(seconds: float) -> Answer:
    """Return the answer in the place of one that did not come in time."""
    return Answer(SCRIPT, error=f"it did not answer within {seconds:g} s")


class ScriptKeeper:
    """Keeps the newest version of the file that loads; a broken new one leaves the old one in force and says so.

    ``check`` loads a version and answers None or what is wrong; the gateway runs check_script in a worker for it.
    """

    def __init__(self, path: Path, check: Callable[[Script], str | None]) -> None:
        self._path = path
        self._check = check
        self._looked_at: str | None = None
        self.script: Script | None = None
        self.problem: str | None = None

    def look(self) -> Script | None:
        """Read the file if it changed; the version in force, or None when none ever loaded (``problem`` says why)."""
        try:
            source = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self._looked_at = None
            self._complain(f"the file cannot be read ({type(error).__name__})")
            return self.script
        if source != self._looked_at:
            self._looked_at = source
            offered = Script(str(self._path), source)
            wrong = self._check(offered)
            if wrong is None:
                self.script, self.problem = offered, None
            else:
                self._complain(wrong)
        return self.script

    def _complain(self, wrong: str) -> None:
        kept = f"; version {self.script.digest} stays in force" if self.script else ""
        self.problem = f"{SCRIPT}: {wrong}{kept}"


@lru_cache(maxsize=4)
def _route_of(script: Script) -> Callable[[Series], Any]:
    namespace: dict[str, Any] = {"__name__": "autocontour_routing_script", "__file__": script.path}
    exec(compile(script.source, script.path, "exec"), namespace)
    route = namespace.get("route")
    if not callable(route):
        raise TypeError("it defines no function route(series)")
    return route  # type: ignore[no-any-return]


def _checked(said: Any) -> Answer:
    if said is None:
        return Answer(SCRIPT)
    if isinstance(said, Exclude):
        if not isinstance(said.reason, str) or not said.reason.strip():
            raise TypeError("it excluded without a reason")
        return Answer(SCRIPT, exclude=said.reason)
    decisions = tuple(said) if isinstance(said, list | tuple) else (said,)
    return Answer(SCRIPT, decisions=tuple(replace(_checked_one(one), rule=SCRIPT) for one in decisions))


def _checked_one(one: Any) -> Decision:
    if not isinstance(one, Decision):
        raise TypeError(f"it answered {type(one).__name__}, not Decision, a list of them, Exclude or None")
    for what, text in (("model", one.model), ("target", one.target)):
        if not isinstance(text, str) or not text:
            raise TypeError(f"its decision has no {what}")
    if one.priority not in PRIORITIES:
        raise TypeError(f"its decision has a priority other than {', '.join(PRIORITIES)}")
    if not one.outputs or not set(one.outputs) <= set(OUTPUTS):
        raise TypeError(f"its decision has outputs other than {', '.join(OUTPUTS)}")
    if one.hours is not None:
        parse_hours(one.hours)
    if one.pick is not None and (wrong := read_pick(one.pick, None, "pick")[1]):
        raise TypeError(f"its decision has a pick that is none: {wrong[0].path} is not {wrong[0].allowed}")
    if not isinstance(one.each, bool):
        raise TypeError("its decision has an each other than True and False")
    if not isinstance(one.assurance, Assurance):
        raise TypeError("its decision has an assurance that is none")
    return replace(
        one,
        outputs=tuple(one.outputs),
        one_per_study=_one_per_study(one.one_per_study),
        deliver=_names(one.deliver),
    )


def _names(said: Any) -> tuple[str, ...]:
    if not isinstance(said, list | tuple) or not all(isinstance(name, str) for name in said):
        raise TypeError("its decision has a deliver that is no list of names")
    return tuple(dict.fromkeys(said))


def _one_per_study(said: Any) -> OnePerStudy | None:
    """Return the options of a decision, which a script writes as a rule does: True, or a dictionary."""
    if isinstance(said, OnePerStudy):
        return said
    options, problems = read_one_per_study(said, "one_per_study")
    if problems:
        raise TypeError(f"its decision has a one_per_study that is none: {problems[0]}")
    return options


def _described(failure: BaseException, script: Script) -> str:
    # An exception's own text may quote an attribute's value; only ours, and a syntax error's, are shown.
    if isinstance(failure, SyntaxError):
        return f"line {failure.lineno}: {failure.msg}"
    lines = [frame.lineno for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == script.path]
    if not lines and isinstance(failure, TypeError | ValueError):
        return str(failure)
    return f"{type(failure).__name__} in line {lines[-1]}" if lines else type(failure).__name__
