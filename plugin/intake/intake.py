"""From a series that is quiet to a job, or to none: is it whole, and what do the rules say?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from model.errors import InputRefused
from model.evidence.chain import Chain
from model.evidence.code import new_code
from plugin.evidence.subjects import Subjects
from plugin.facts.completeness import CompletenessState
from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.inspection import Inspection, SeriesInspector, Subject
from plugin.jobs.details import JobDetails, RequestedWork
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore, NewJob
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.pacs.series import SeriesSnapshot
from plugin.settings.settings import Settings
from plugin.workflow.records import JobRecords
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE, Decision

logger = logging.getLogger(__name__)

IMAGE_MODALITIES = ("CT", "MR")
# The content of a series that could not be read; no key of a content looks like it.
UNREAD = "unread"
UNREADABLE = (
    "The series could not be read from Orthanc ({code}), however often it was tried; Orthanc's log says why. "
    "When it can be read again, ask for its contours, or send it again."
)
DELETED = "The series was deleted from Orthanc while its job was open."


class Intake:
    """Decides on series and inserts jobs; ``notify`` is called when one is new."""

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        jobs: JobStore,
        settings: Settings,
        inspector: SeriesInspector,
        subjects: Subjects,
        chain: Chain,
        notify: Callable[[], None],
        cancel: Callable[[Job, State, str], bool],
        delete_if_orphaned: Callable[[str, dict[str, Any]], bool] = lambda _series, _header: False,
    ) -> None:
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._jobs = jobs
        self._settings = settings
        self._inspector = inspector
        self._subjects = subjects
        self._chain = chain
        self._notify = notify
        self._cancel = cancel
        self._delete_if_orphaned = delete_if_orphaned

    def process(self, arrival: Arrival) -> None:
        """Decide on a quiet series, once per content."""
        try:
            header = self._orthanc.series(arrival.series)
            if self._delete_if_orphaned(arrival.series, header):
                self._arrivals.decided(arrival, "", "pseudonymous")
                return
            if header["MainDicomTags"].get("Modality", "") not in IMAGE_MODALITIES:
                self._arrivals.decided(arrival, "", "ignored")
                return
            inspection = self._inspector.inspect(arrival.series, header)
        except SeriesGone:
            self._arrivals.forget(arrival.series)
            return
        snapshot = inspection.snapshot
        if snapshot.content.key == arrival.content or self._adopt_earlier_jobs(snapshot, arrival):
            if self._reopen_changed(inspection):
                self._notify()
            self._arrivals.settle(arrival, snapshot.content.key)
            return
        waited = self._arrivals.quiet_for(arrival)
        wanted = inspection.explanation.outcome == CONTOUR and snapshot.completeness.state is CompletenessState.WAITING
        if wanted and waited < self._settings.incomplete_seconds:
            return  # a slow sender: looked at again on the next turn
        if self._apply(inspection):
            self._notify()
        self._arrivals.decided(arrival, snapshot.content.key, inspection.explanation.outcome)

    def request(self, series: str, model: str | None, target: str | None) -> Job:
        """Note a job that a person asked for; what they leave open, the rules decide.

        The same request while its job is open is the same job. Raises SeriesGone, InputRefused.
        """
        inspection = self._inspector.inspect(series)
        if inspection.excluded_reason is not None:
            raise InputRefused("EXCLUDED", f"This series must not be contoured: {inspection.excluded_reason}")
        content = inspection.snapshot.content
        decision = inspection.explanation.decisions[0] if inspection.explanation.decisions else None
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
            same = content.is_that_of(job.content) and (job.model, job.target) == (
                wanted.model,
                wanted.target,
            )
            if same and not job.state.final:
                return job
        job, new = self._insert_job(inspection, wanted, serial=1 + len(earlier))
        if new and not job.state.final:
            self._notify()
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
            self._cancel(job, State.CANCELLED, DELETED)

    def give_up(self, arrival: Arrival, code: str) -> None:
        """End the news of a series that could not be read time and again, with a failed job that says so.

        Slices that come later are news again. Only Orthanc's index is asked, which knows the series all the same.
        """
        try:
            header = self._orthanc.series(arrival.series)
            patient_id = self._orthanc.patient_id_of(str(header["ParentStudy"]))
        except SeriesGone:
            self._arrivals.forget(arrival.series)
            return
        series_tags = header["MainDicomTags"]
        subject = Subject((patient_id,) if patient_id else (), str(series_tags.get("SeriesInstanceUID", "")))
        new = NewJob(
            series=arrival.series,
            study=str(header["ParentStudy"]),
            content=UNREAD,
            instances=len(header["Instances"]),
            rule="",
            model="",
            target="",
            priority="normal",
            evidence_code=new_code(),
            details=JobDetails(),
            serial=1 + len(self._jobs.list(series=arrival.series, limit=1000)),
        )
        error = ("SERIES_UNREADABLE", UNREADABLE.format(code=code))
        job = self._jobs.draft(new, state=State.FAILED, error=error)
        self.link(subject, job)
        JobRecords(self._chain, job).ended_at_intake(str(series_tags.get("Modality", "")))
        job, _ = self._jobs.add(job)
        logger.error("job %s: %s (SERIES_UNREADABLE): series %s, %s", job.id, job.state, job.series, code)
        self._arrivals.decided(arrival, "", "unreadable")

    def _apply(self, inspection: Inspection) -> Sequence[Job]:
        outcome = inspection.explanation.outcome
        if outcome == NONE:
            return ()
        self._supersede(inspection.snapshot)
        if outcome in (EXCLUDED, ERROR):
            code = ("EXCLUDED", State.EXCLUDED) if outcome == EXCLUDED else ("ROUTING_ERROR", State.FAILED)
            rule = next((rule.name for rule in inspection.explanation.rules if rule.matched), "")
            nothing = Decision(rule=rule, model="", target="")
            self._insert_job(inspection, nothing, state=code[1], error=(code[0], inspection.explanation.reason))
            return ()
        jobs = [self._insert_job(inspection, decision) for decision in inspection.explanation.decisions]
        return [job for job, new in jobs if new and not job.state.final]

    def _insert_job(
        self,
        inspection: Inspection,
        decision: Decision,
        *,
        serial: int = 0,
        state: State = State.WAITING,
        error: tuple[str, str] | None = None,
    ) -> tuple[Job, bool]:
        snapshot = inspection.snapshot
        if inspection.refusal is not None and not state.final:
            state, error = State.FAILED, (inspection.refusal.code, inspection.refusal.message)
        details = JobDetails(
            decision=RequestedWork.model_validate(decision.to_json()),
            explanation=inspection.explanation.to_json(redacted=True),
            warnings=snapshot.warnings,
        )
        new = NewJob(
            series=snapshot.series,
            study=snapshot.study,
            content=snapshot.content.key,
            instances=snapshot.instances,
            rule=decision.rule,
            model=decision.model or "",
            target=decision.target,
            priority=decision.priority,
            evidence_code=new_code(),
            details=details,
            serial=serial,
        )
        known = self._jobs.by_key(new.key)
        if known is not None and not self._overtaken(known):
            return known, False
        if known is not None:
            # This content was here before and is back: what was made of it then is withdrawn, so it is made again.
            same = [job for job in self._jobs.list(series=snapshot.series, limit=1000) if _is_work(job, new)]
            current = next((job for job in same if not self._overtaken(job)), None)
            if current is not None:
                return current, False
            new = replace(new, serial=len(self._jobs.list(series=snapshot.series, limit=1000)) + 1)
        job = self._jobs.draft(new, state=state, error=error)
        self.link(inspection.subject, job)
        if state.final:
            # Before the job is visible, so that whoever sees it finds its evidence.
            JobRecords(self._chain, job).ended_at_intake(inspection.subject.modality)
        job, is_new = self._jobs.add(job)
        logger.info("job %s: %s%s", job.id, job.state, f" ({error[0]})" if error else "")
        return job, is_new

    def _overtaken(self, job: Job) -> bool:
        """Whether nothing of a job stands any more, though its content is that of the series."""
        if job.state is State.CANCELLED:
            return job.error_code == "SERIES_GONE" or job.error_message == DELETED
        return job.state is State.SUPERSEDED

    def _adopt_earlier_jobs(self, snapshot: SeriesSnapshot, arrival: Arrival) -> bool:
        """Whether an earlier version decided on this content, which it knew by UIDs alone; its jobs get the new key.

        Not so when files came after it had decided: then they may be others.
        """
        uids_only = snapshot.content.uids_only
        jobs = [job for job in self._jobs.list(series=snapshot.series, limit=1000) if job.content == uids_only]
        if not jobs and arrival.content != uids_only:
            return False
        if jobs and self._orthanc.last_reception(snapshot.series) > max(job.created for job in jobs):
            return False
        for job in jobs:
            self._jobs.rekey(job, snapshot.content.key)
        return arrival.content == uids_only

    def _reopen_changed(self, inspection: Inspection) -> bool:
        """Run jobs again that met this series while it was something else for a moment; whether there were any."""
        again, snapshot = False, inspection.snapshot
        for job in self._jobs.list(series=snapshot.series, states=(State.FAILED,), limit=1000):
            if job.content == snapshot.content.key and job.error_code == "SERIES_CHANGED":
                reopened = self._jobs.reopen(job.id, new_code())
                if reopened is not None:
                    self.link(inspection.subject, reopened)
                    again = True
        return again

    def _supersede(self, snapshot: SeriesSnapshot) -> None:
        """Jobs of an earlier content of this series are overtaken."""
        message = "The series changed in Orthanc: slices came, went or were replaced. A newer job contours it as it is."
        for job in self._jobs.list(series=snapshot.series, limit=1000):
            if job.content == snapshot.content.key:
                continue
            if not job.state.final:
                self._cancel(job, State.SUPERSEDED, message)
            else:
                self._jobs.supersede_done(job.id, message)


def _is_work(job: Job, new: NewJob) -> bool:
    return (job.content, job.rule, job.model, job.target) == (new.content, new.rule, new.model, new.target)
