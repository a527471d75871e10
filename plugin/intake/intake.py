"""From a series that is quiet to a job, or to none: is it whole, and what do the rules say?"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from model.errors import InputRefused
from model.evidence.chain import Chain
from model.evidence.code import new_code
from plugin.evidence.subjects import Subjects
from plugin.facts.completeness import Wholeness
from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.sight import Seen, Sight, Subject
from plugin.jobs.job import Job, State
from plugin.jobs.records import JobRecords
from plugin.jobs.store import JobStore, NewJob
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.settings.settings import Settings
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE, Decision

logger = logging.getLogger(__name__)

IMAGE_MODALITIES = ("CT", "MR")


class Intake:
    """Decides on series and notes jobs; ``ring`` is called when one is new."""

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        jobs: JobStore,
        settings: Settings,
        sight: Sight,
        subjects: Subjects,
        chain: Chain,
        ring: Callable[[], None],
        cancel: Callable[[Job, State, str], bool],
        returned: Callable[[str, dict[str, Any]], bool] = lambda _series, _header: False,
    ) -> None:
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._jobs = jobs
        self._settings = settings
        self._sight = sight
        self._subjects = subjects
        self._chain = chain
        self._ring = ring
        self._cancel = cancel
        self._returned = returned

    def look_at(self, arrival: Arrival) -> None:
        """Decide on a quiet series, once per content."""
        try:
            header = self._orthanc.series(arrival.series)
            if self._returned(arrival.series, header):
                self._arrivals.decided(arrival, "", "pseudonymous")
                return
            if header["MainDicomTags"].get("Modality", "") not in IMAGE_MODALITIES:
                self._arrivals.decided(arrival, "", "ignored")
                return
            seen = self._sight.see(arrival.series, header)
        except SeriesGone:
            self._arrivals.forget(arrival.series)
            return
        if seen.content == arrival.content:
            self._arrivals.settle(arrival)
            return
        waited = time.time() - arrival.last_arrival
        wanted = seen.explanation.outcome == CONTOUR and seen.completeness.state is Wholeness.WAITING
        if wanted and waited < self._settings.incomplete_seconds:
            return  # a slow sender: looked at again on the next turn
        if self._take(seen):
            self._ring()
        self._arrivals.decided(arrival, seen.content, seen.explanation.outcome)

    def request(self, series: str, model: str | None, target: str | None) -> Job:
        """Note a job that a person asked for; what they leave open, the rules decide.

        The same request while its job is open is the same job. Raises SeriesGone, InputRefused.
        """
        seen = self._sight.see(series)
        if seen.barred is not None:
            raise InputRefused("EXCLUDED", f"This series must not be contoured: {seen.barred}")
        decision = seen.explanation.decisions[0] if seen.explanation.decisions else None
        if model is None and decision is None:
            raise InputRefused(
                "NO_RULE", "No rule matches this series; name a model in the request, or add a rule to orthanc.json."
            )
        wanted = Decision(
            rule=decision.rule if decision and model is None else "",
            model=model or (decision.model if decision else ""),
            target=target or (decision.target if decision else "local"),
        )
        if wanted.target not in self._settings.targets:
            known = ", ".join(self._settings.targets)
            raise InputRefused("NO_TARGET", f"The configuration has no such target; there are: {known}.")
        earlier = self._jobs.list(series=series, limit=1000)
        for job in earlier:
            same = (job.content, job.model, job.target) == (seen.content, wanted.model, wanted.target)
            if same and not job.state.final:
                return job
        job, new = self._note(seen, wanted, serial=1 + len(earlier))
        if new and not job.state.final:
            self._ring()
        return job

    def link(self, subject: Subject, job: Job) -> None:
        """Enter the job into the keyed index, so that patients and auditors find it."""
        assert job.evidence_code is not None, "every job is noted with its evidence code"
        for patient_id in subject.patient_ids:
            self._subjects.remember(patient_id, subject.series_uid, job.evidence_code)

    def deleted(self, series: str) -> None:
        """Orthanc said that a series was deleted; with OverwriteInstances that may not be so: look again."""
        if self._orthanc.exists("series", series):
            return
        self._arrivals.forget(series)
        for job in self._jobs.list(series=series, states=(State.WAITING, State.RUNNING)):
            self._cancel(job, State.CANCELLED, "The series was deleted from Orthanc while its job was open.")

    def _take(self, seen: Seen) -> Sequence[Job]:
        outcome = seen.explanation.outcome
        if outcome == NONE:
            return ()
        self._supersede(seen)
        if outcome in (EXCLUDED, ERROR):
            code = ("EXCLUDED", State.EXCLUDED) if outcome == EXCLUDED else ("ROUTING_ERROR", State.FAILED)
            rule = next((rule.name for rule in seen.explanation.rules if rule.matched), "")
            nothing = Decision(rule=rule, model="", target="")
            self._note(seen, nothing, state=code[1], error=(code[0], seen.explanation.reason))
            return ()
        jobs = [self._note(seen, decision) for decision in seen.explanation.decisions]
        return [job for job, new in jobs if new and not job.state.final]

    def _note(
        self,
        seen: Seen,
        decision: Decision,
        *,
        serial: int = 0,
        state: State = State.WAITING,
        error: tuple[str, str] | None = None,
    ) -> tuple[Job, bool]:
        if seen.refusal is not None and not state.final:
            state, error = State.FAILED, (seen.refusal.code, seen.refusal.message)
        details: dict[str, Any] = {
            "decision": decision.to_json(),
            "explanation": seen.explanation.to_json(redacted=True),
        }
        if seen.completeness.state is Wholeness.WAITING and not seen.completeness.certain:
            details["warnings"] = [seen.completeness.reason]
        new = NewJob(
            series=seen.series,
            study=seen.study,
            content=seen.content,
            instances=seen.instances,
            rule=decision.rule,
            model=decision.model or "",
            target=decision.target,
            priority=decision.priority,
            evidence_code=new_code(),
            details=details,
            serial=serial,
        )
        known = self._jobs.by_key(new.key)
        if known is not None:
            return known, False
        job = self._jobs.draft(new, state=state, error=error)
        self.link(seen.subject, job)
        if state.final:
            # Before the job is seen, so that whoever sees it finds its evidence.
            JobRecords(self._chain, job).refused(seen.subject.modality)
        job, is_new = self._jobs.add(job)
        logger.info("job %s: %s%s", job.id, job.state, f" ({error[0]})" if error else "")
        return job, is_new

    def _supersede(self, seen: Seen) -> None:
        """Jobs of an earlier content of this series are overtaken."""
        message = "More slices of the series arrived; a newer job contours the whole."
        for job in self._jobs.list(series=seen.series, limit=1000):
            if job.content == seen.content:
                continue
            if not job.state.final:
                self._cancel(job, State.SUPERSEDED, message)
            else:
                self._jobs.supersede_done(job.id, message)
