"""What the site's rules say of a series, and why; nothing is started."""

from __future__ import annotations

from typing import Any

from plugin.facts.given import given_facts
from plugin.intake.decider import Decider
from plugin.intake.inspection import SeriesInspector


class Explanations:
    """Explains decisions on stored series and on tags alone."""

    def __init__(self, inspector: SeriesInspector, decider: Decider) -> None:
        self._inspector = inspector
        self._decider = decider

    def explain(self, series: str) -> dict[str, Any]:
        """Decide on a stored series; raises SeriesGone."""
        return self._inspector.inspect(series).explanation.to_json()

    def explain_given(self, tags: Any) -> dict[str, Any]:
        """Decide on a series given by its tags; raises InputRefused when they are not tags of a series."""
        return self._decider.decide(given_facts(tags)).to_json()
