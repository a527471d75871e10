"""What OnePerStudy would choose among the series of a study as they are now; nothing is started or noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.errors import AutocontourError
from plugin.intake.inspection import Inspection, SeriesInspector
from plugin.intake.modalities import may_hold_images
from plugin.pacs.client import OF_ORTHANC, Orthanc
from routing.choice import choose


class StudyComparison:
    """Compares series of one Orthanc."""

    def __init__(self, orthanc: Orthanc, inspector: SeriesInspector) -> None:
        self._orthanc = orthanc
        self._inspector = inspector

    def of(self, inspection: Inspection, inspect: Callable[[str], Inspection] | None = None) -> list[dict[str, Any]]:
        """Return, for each rule that compares and matched, the series of the study, as the API shows it.

        ``inspect`` looks at each other series of the study, by default as the rules in force do.
        """
        if inspection.candidate is None:
            return []
        inspections = [inspection, *self._others(inspection, inspect or self._inspector.inspect)]
        answer: list[dict[str, Any]] = []
        for decision in inspection.explanation.decisions:
            if decision.one_per_study is None:
                continue
            candidates = [
                one.candidate
                for one in inspections
                if one.candidate is not None and any(of.rule == decision.rule for of in one.explanation.decisions)
            ]
            verdicts = choose(candidates, decision.one_per_study)
            answer.append({"Rule": decision.rule, "Candidates": [verdict.to_json() for verdict in verdicts]})
        return answer

    def _others(self, inspection: Inspection, inspect: Callable[[str], Inspection]) -> list[Inspection]:
        found = []
        for one in self._orthanc.series_of_study(inspection.snapshot.study):
            if one["ID"] == inspection.snapshot.series or not may_hold_images(one):
                continue
            try:
                found.append(inspect(str(one["ID"])))
            except AutocontourError as error:
                if error.code in OF_ORTHANC:
                    raise
        return found
