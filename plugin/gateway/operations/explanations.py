"""What the site's rules say of a series, and why; nothing is started."""

from __future__ import annotations

from typing import Any

from plugin.facts.given import given_facts
from plugin.intake.decider import Decider
from plugin.intake.inspection import SeriesInspector, Work
from plugin.intake.study_comparison import StudyComparison


class Explanations:
    """Explains decisions on stored series and on tags alone."""

    def __init__(self, inspector: SeriesInspector, decider: Decider, comparison: StudyComparison) -> None:
        self._inspector = inspector
        self._comparison = comparison
        self._decider = decider

    def explain(self, series: str) -> dict[str, Any]:
        """Decide on a stored series: which of its volumes, and which of its study, would be contoured.

        Raises SeriesGone.
        """
        inspection = self._inspector.inspect(series)
        said, compared = inspection.explanation.to_json(), self._comparison.of(inspection)
        said["Volumes"] = [volume_json(work) for work in inspection.works]
        return {**said, "OnePerStudy": compared} if compared else said

    def explain_given(self, tags: Any) -> dict[str, Any]:
        """Decide on a series given by its tags; raises InputRefused when they are not tags of a series."""
        return self._decider.decide(given_facts(tags)).to_json()


def volume_json(work: Work) -> dict[str, Any]:
    """Describe what one job would contour, or why it would not."""
    slices, why = work.snapshot.slices, work.refusal
    return {
        "Rule": work.decision.rule,
        "Volume": work.volume.words if work.volume is not None else None,
        "Slices": len(slices.images) if slices is not None else 0,
        "Refused": {"Code": why.code, "Message": why.message} if why is not None else None,
    }
