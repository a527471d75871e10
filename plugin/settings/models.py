"""The models that rules may name: those of this machine, looked at anew each time, and those of targets elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from model.errors import AutocontourError
from model.packages.library import find_package
from model.registry import EMBEDDED, names
from routing.rules import Rule


@dataclass(frozen=True)
class ModelsAtHand:
    """``in`` says whether this machine has a model now: a folder of packages may come and go with its disk.

    Attributes:
        directory: The folder with the packages.
        elsewhere: The models that targets are said to have.
        local: The name of the target that draws on this machine.
    """

    directory: Path
    elsewhere: frozenset[str]
    local: str

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        if name in EMBEDDED:
            return True
        try:
            return find_package(self.directory, name) is not None
        except (AutocontourError, OSError):
            return False

    @property
    def all_names(self) -> tuple[str, ...]:
        """Return every name that a rule may use."""
        return tuple(dict.fromkeys((*names(self.directory), *sorted(self.elsewhere))))

    def rules_off(self, rules: Iterable[Rule]) -> list[str]:
        """Say which rules cannot be followed, as nobody has their model; the others are."""
        return [
            f"The rule {rule.name!r} is off: there is no model {rule.model!r} {self._where(rule.target)}. "
            "A series that it matches ends as a failed job; the other rules work."
            for rule in rules
            if rule.exclude is None and not self._has(rule)
        ]

    def _has(self, rule: Rule) -> bool:
        return rule.model in self or (rule.target != self.local and rule.model in self.elsewhere)

    def _where(self, target: str) -> str:
        folder = f"that can be used in {self.directory} (autocontour models list)"
        return folder if target == self.local else f"among the Models of the target {target!r}"
