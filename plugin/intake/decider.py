"""Who decides on a series: what Lua asked for, then the site's script, then the rules."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence

from plugin.intake.site_script import SiteScript
from routing.answer import combine
from routing.decide import CONTOUR, ERROR, Explanation
from routing.facts import SeriesFacts
from routing.lua import Marks, filter_answer
from routing.rules import Rule


class Decider:
    """Decides, and lets nobody name a target or a local model that does not exist.

    ``filter_required``: a series that the site's Lua filter was not asked about is an error, not one to contour.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        targets: Collection[str],
        models: Container[str],
        local: str,
        script: SiteScript | None = None,
        filter_required: bool = False,
    ) -> None:
        self._rules = rules
        self._targets = targets
        self._models = models
        self._local = local
        self._script = script
        self._filter_required = filter_required

    @property
    def problem(self) -> str | None:
        """Why the newest version of the site's script is not in force; None when it is, or there is none."""
        return self._script.problem if self._script is not None else None

    def with_rules(self, rules: Sequence[Rule]) -> Decider:
        """Return one that differs in its rules alone: what Lua and the site's script say goes before them, too."""
        return Decider(
            rules,
            targets=self._targets,
            models=self._models,
            local=self._local,
            script=self._script,
            filter_required=self._filter_required,
        )

    def decide(self, facts: SeriesFacts, marks: Marks | None = None) -> Explanation:
        """Decide on a series; never raises."""
        answers = []
        if marks is not None:
            answers = [filter_answer(marks, required=self._filter_required), marks.request]
        # The script is not troubled with a series that Lua has decided on.
        if self._script is not None and not any(answer.decisions or answer.error for answer in answers):
            answers.append(self._script.ask(facts))
        return self._checked(combine(answers, facts, self._rules))

    def _checked(self, explanation: Explanation) -> Explanation:
        if explanation.outcome != CONTOUR:
            return explanation
        for decision in explanation.decisions:
            if decision.target not in self._targets:
                return _error(explanation, f"{decision.rule} names the target {decision.target!r}")
            if decision.target == self._local and decision.model not in self._models:
                return _error(explanation, f"{decision.rule} names the model {decision.model!r}")
        return explanation


def _error(explanation: Explanation, what: str) -> Explanation:
    return Explanation(ERROR, f"{what}, which does not exist.", (), explanation.rules)
