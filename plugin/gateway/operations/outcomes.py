"""What became of a series, or is about to: the answer to "why was this one not contoured?". Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model.errors import AutocontourError
from plugin.facts.completeness import Completeness, CompletenessState
from plugin.facts.kinds import EXCLUDING
from plugin.gateway.operations.job_view import JobView
from plugin.intake.arrivals import Arrivals
from plugin.intake.inspection import Inspection, SeriesInspector
from plugin.intake.known_series import KnownSeries, SeriesTable
from plugin.intake.modalities import IMAGE_MODALITIES, may_hold_images
from plugin.intake.study_waits import StudyWaits
from plugin.jobs.job import Job, iso
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.quality.sets import StructureSetRow, StructureSets
from plugin.settings.settings import Settings
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE

ARRIVING, UNREADABLE, IGNORED, IMAGELESS, PSEUDONYMOUS, EARLIER, GONE = (
    *("arriving", "unreadable", "ignored", "imageless", "pseudonymous", "earlier", "gone"),
)
ASK = "POST /autocontour/series/{series}/jobs asks for its contours."
REASONS: Mapping[str, str] = {
    IGNORED: f"It is neither of {' and '.join(IMAGE_MODALITIES)}, and nothing else is contoured.",
    IMAGELESS: "It holds no image, whatever its modality: presentation states, reports, raw data or the like.",
    PSEUDONYMOUS: "It was a pseudonymous copy that nobody waits for any more.",
    EARLIER: f"It was stored before auto-contouring was installed, and counts only if something comes to it. {ASK}",
    GONE: "It is no longer in Orthanc.",
}
MOST_JOBS = 100


class Outcomes:
    """Tells the outcome of series of one Orthanc."""

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        table: SeriesTable,
        jobs: JobStore,
        inspector: SeriesInspector,
        waits: StudyWaits,
        view: JobView,
        settings: Settings,
        trouble: Callable[[], str | None],
        sets: StructureSets,
    ) -> None:
        """``trouble`` says why intake does not work now; None when it does."""
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._table = table
        self._jobs = jobs
        self._inspector = inspector
        self._waits = waits
        self._view = view
        self._settings = settings
        self._trouble = trouble
        self._sets = sets

    def of(self, series: str) -> dict[str, Any]:
        """Return the outcome of a series, as the API shows it; raises SeriesGone when nobody knows it."""
        jobs = self._jobs.list(series=series, limit=MOST_JOBS)
        try:
            header = self._orthanc.series(series)
        except SeriesGone:
            if not jobs:
                raise
            said: dict[str, Any] = {"Outcome": GONE, "Reason": REASONS[GONE]}
        else:
            said = self._outcome(series, header, self._table.get(series), jobs)
        if found := [_structure_set(one) for one in self._sets.of_series(series)]:
            said["StructureSets"] = found
        return {"Series": series, **said, "Jobs": [self._view.show(job) for job in jobs]}

    def _outcome(
        self, series: str, header: Mapping[str, Any], known: KnownSeries | None, jobs: list[Job]
    ) -> dict[str, Any]:
        if not may_hold_images(header):
            return {"Outcome": IGNORED, "Reason": REASONS[IGNORED]}
        if known is not None and known.pending:
            return self._arriving(series, header, known)
        outcome = known.outcome if known is not None else ""
        if outcome in (CONTOUR, EXCLUDED, ERROR, UNREADABLE) and jobs:
            return {"Outcome": outcome, **_decided(jobs[0])}
        if outcome == NONE:
            return self._no_rule(series, header)
        if outcome in REASONS:
            return {"Outcome": outcome, "Reason": REASONS[outcome].format(series=series)}
        if jobs:
            return {"Outcome": CONTOUR, **_decided(jobs[0])}
        return self._unheard_of(series)

    def _unheard_of(self, series: str) -> dict[str, Any]:
        """Tell of a series of which no news was read: from before the installation, or from this moment."""
        installed = self._table.installed()
        if installed is not None and self._orthanc.last_updates([series]).get(series, 0.0) < installed - 1:
            return {"Outcome": EARLIER, "Reason": REASONS[EARLIER].format(series=series)}
        said = self._trouble() or "It has just come, or Orthanc's change log is still being read up to it."
        return {"Outcome": ARRIVING, "Reason": said, "Missing": []}

    def _arriving(self, series: str, header: Mapping[str, Any], known: KnownSeries) -> dict[str, Any]:
        quiet = self._arrivals.quiet_for(known.arrival)
        said: dict[str, Any] = {
            "Outcome": ARRIVING,
            "Arrived": iso(known.arrival.last_arrival),
            "QuietSeconds": round(quiet, 1),
            "Missing": [],
        }
        if trouble := self._trouble():
            return {**said, "Reason": trouble}
        if quiet < self._settings.quiet_seconds:
            wanted = f"{self._settings.quiet_seconds:g} s without a new slice are waited for (QuietSeconds)."
            return {**said, "Reason": f"Slices are coming: {wanted}"}
        try:
            inspection = self._inspector.inspect(series, header)
        except SeriesGone:
            raise
        except AutocontourError as error:
            return {**said, "Reason": f"It cannot be read from Orthanc now and is tried again: {error.message}"}
        completeness = inspection.snapshot.completeness
        said |= {"Missing": _missing(completeness), "Explanation": inspection.explanation.to_json()}
        if inspection.ambiguous is not None:
            longest = f"for at most {self._settings.incomplete_seconds:g} s after the last slice (IncompleteSeconds)."
            return {
                **said,
                "Reason": f"{inspection.ambiguous.message} More of it may come, and is waited for {longest}",
            }
        if completeness.state is CompletenessState.WAITING:
            longest = f"at most {self._settings.incomplete_seconds:g} s after the last slice (IncompleteSeconds)."
            return {**said, "Reason": f"{completeness.reason} What is missing is waited for, {longest}"}
        study = self._waits.reason(series) if inspection.candidate is not None else None
        return {**said, "Reason": study or "It is quiet and is decided on in a moment."}

    def _no_rule(self, series: str, header: Mapping[str, Any]) -> dict[str, Any]:
        """Explain by the rules of today, which may be others than those that were asked."""
        try:
            inspection = self._inspector.inspect(series, header)
        except SeriesGone:
            raise
        except AutocontourError as error:
            return {"Outcome": NONE, "Reason": f"No rule matched. It cannot be read now: {error.message}"}
        return {"Outcome": NONE, "Reason": _why_none(inspection), "Explanation": inspection.explanation.to_json()}


def _structure_set(row: StructureSetRow) -> dict[str, Any]:
    return {"Instance": row.instance, "State": str(row.state), "Code": row.code, "Images": row.images}


def _why_none(inspection: Inspection) -> str:
    explanation, refusal = inspection.explanation, inspection.refusal
    if explanation.outcome == NONE and refusal is not None and refusal.code in EXCLUDING:
        return f"{explanation.reason} None could have it contoured: {refusal.message}"
    if explanation.outcome == NONE:
        ask = ASK.format(series=inspection.snapshot.series)
        return f"{explanation.reason} Explanation says which condition of each failed. {ask}"
    return f"No rule matched when it came. Today the answer would be another one: {explanation.reason}"


def _decided(newest: Job) -> dict[str, Any]:
    explanation = newest.details.explanation
    reason = str(explanation["Reason"]) if explanation is not None else "A person or the site's Lua asked for it."
    if newest.error_code is not None and newest.error_message != reason:
        reason = f"{reason} Its newest job is {newest.state} ({newest.error_code}): {newest.error_message}"
    return {"Reason": reason, **({"Explanation": explanation} if explanation is not None else {})}


def _missing(completeness: Completeness) -> list[str]:
    return [] if completeness.state is CompletenessState.WHOLE else [completeness.reason]
