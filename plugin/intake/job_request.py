"""What a person or the site's Lua asks of a series: which model, where, on which of its volumes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.errors import InputRefused
from plugin.facts.series import known_keywords
from routing.decide import Decision
from routing.pick import WrittenPick, read_pick


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job that is asked for; what is None, the rules decide."""

    model: str | None = None
    target: str | None = None
    pick: WrittenPick | None = None
    each: bool | None = None
    without_face: bool = False

    def require_readable(self) -> None:
        """Raise InputRefused with BAD_PICK where Pick is none."""
        if self.pick is not None and (problems := read_pick(self.pick, known_keywords(), "Pick")[1]):
            raise InputRefused("BAD_PICK", "; ".join(str(problem) for problem in problems))

    def completed_by(self, ruled: Decision | None) -> Decision:
        """Return what is to be done, with what the rules say where nothing is asked; raises InputRefused with NO_RULE.

        Pick and Each are of one mind: who says either says both.
        """
        asks_for_volumes = self.pick is not None or self.each is not None
        if self.model is not None:
            named = Decision(self.model, self.target or (ruled.target if ruled else "local"))
            volumes_of = self if asks_for_volumes or ruled is None else ruled
            return replace(named, pick=volumes_of.pick, each=bool(volumes_of.each), without_face=self.without_face)
        if ruled is None:
            raise InputRefused(
                "NO_RULE", "No rule matches this series; name a model in the request, or add a rule to orthanc.json."
            )
        # What the rule says of the result holds; who asks wants it now, and of this series.
        wanted = replace(ruled, target=self.target or ruled.target, hours=None, one_per_study=None)
        wanted = replace(wanted, without_face=self.without_face)
        return replace(wanted, pick=self.pick, each=bool(self.each)) if asks_for_volumes else wanted
