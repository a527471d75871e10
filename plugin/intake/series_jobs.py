"""The jobs of a series: inserted, run again, overtaken or ended, as its content and the decision on it demand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from model.evidence.chain import Chain
from model.evidence.code import new_code
from plugin.evidence.subjects import Subjects
from plugin.facts.kinds import EXCLUDING
from plugin.intake.corrections import Corrections
from plugin.intake.inspection import Inspection, Subject
from plugin.intake.modified import Modified
from plugin.jobs.details import JobDetails, RequestedWork, StudyChoice
from plugin.jobs.job import UNREAD, Job, State
from plugin.jobs.store import JobStore, NewJob
from plugin.jobs.told import log_job
from plugin.pacs.series import SeriesSnapshot
from plugin.workflow.cancellation import CHANGED, Cancellation
from plugin.workflow.records import JobRecords
from routing.decide import ERROR, EXCLUDED, Decision, Explanation

logger = logging.getLogger(__name__)

UNREADABLE = (
    "The series could not be read from Orthanc ({code}), however often it was tried; Orthanc's log says why. "
    "When it can be read again, retry the job, or send the series again."
)
DELETED = "The series was deleted from Orthanc while its job was open."
BACK = "The series was deleted from Orthanc, and is back. A newer job contours it."
# More than any series has.
ALL = 1000
# Newer jobs than those of a week at the busiest site.
MOST_WATCHED = 20_000


@dataclass(frozen=True, slots=True)
class EndAtIntake:
    """How a job ends of which nothing is begun: its final state, and the code and sentence of the reason."""

    state: State
    code: str
    message: str


def end_of(explanation: Explanation) -> EndAtIntake | None:
    """Say how a series ends that is not contoured by its decision; None when it is, or no rule matched."""
    if explanation.outcome == EXCLUDED:
        return EndAtIntake(State.EXCLUDED, "EXCLUDED", explanation.reason)
    if explanation.outcome == ERROR:
        return EndAtIntake(State.FAILED, "ROUTING_ERROR", explanation.reason)
    return None


class SeriesJobs:
    """Writes the jobs of series, with their first evidence and the way to them from the patient."""

    def __init__(
        self,
        jobs: JobStore,
        subjects: Subjects,
        chain: Chain,
        cancellation: Cancellation,
        modified: Modified,
        corrections: Corrections,
    ) -> None:
        self._jobs = jobs
        self._subjects = subjects
        self._chain = chain
        self._cancellation = cancellation
        self._modified = modified
        self._corrections = corrections

    def of(self, series: str) -> list[Job]:
        """Return every job of a series, newest first."""
        return self._jobs.list(series=series, limit=ALL)

    def insert(
        self,
        inspection: Inspection,
        decision: Decision,
        *,
        serial: int = 0,
        end: EndAtIntake | None = None,
        choice: StudyChoice | None = None,
    ) -> tuple[Job, bool]:
        """Insert the job of a decision; returns it and whether it is new.

        The same work on the same content is one job, unless that one was overtaken since. With ``end``, or when the
        series cannot be contoured, the job is final from the start. ``choice`` says why this series of its study.
        """
        snapshot, refusal = inspection.snapshot, inspection.refusal
        if refusal is not None and end is None:
            state = State.EXCLUDED if refusal.code in EXCLUDING else State.FAILED
            end = EndAtIntake(state, refusal.code, refusal.message)
        details = JobDetails(
            decision=RequestedWork.model_validate({**decision.to_json(), "Volume": inspection.volume}),
            explanation=inspection.explanation.to_json(redacted=True),
            warnings=(*snapshot.warnings, *(choice.warnings if choice is not None else ())),
            origin=(*self._modified.about(inspection), *self._corrections.about(inspection)),
        )
        if choice is not None:
            details = details.model_copy(update={"one_per_study": choice})
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
        if known is not None and not _overtaken(known):
            return known, False
        if known is not None:
            # This content was here before and is back: what was made of it then is withdrawn, so it is made again.
            everything = self.of(snapshot.series)
            current = next((job for job in everything if _is_work(job, new) and not _overtaken(job)), None)
            if current is not None:
                return current, False
            new = replace(new, serial=len(everything) + 1)
        job, is_new = self._add(new, inspection.subject, end)
        if is_new:
            self._modified.tell_earlier(inspection, job)
        return job, is_new

    def carry_objection(self, inspection: Inspection) -> None:
        """Enter the objection that a series inherits whose patient Orthanc corrected; before its jobs are inserted."""
        self._corrections.carry_objection(inspection)

    def follow_correction(self, inspection: Inspection) -> None:
        """Let earlier jobs follow a patient whom Orthanc corrected; once the jobs of this series are inserted."""
        self._corrections.follow(inspection)

    def insert_unreadable(self, series: str, header: Mapping[str, Any], patient_id: str, code: str) -> Job:
        """Insert the failed job of a series that cannot be read.

        Args:
            series: Orthanc's id.
            header: Orthanc's ``/series/{id}``, from its index.
            patient_id: Whose it is; empty when nobody knows.
            code: Of the last failure to read it.
        """
        tags = header["MainDicomTags"]
        subject = Subject(
            (patient_id,) if patient_id else (),
            str(tags.get("SeriesInstanceUID", "")),
            str(tags.get("Modality", "")),
        )
        new = NewJob(
            series=series,
            study=str(header["ParentStudy"]),
            content=UNREAD,
            instances=len(header["Instances"]),
            rule="",
            model="",
            target="",
            priority="normal",
            evidence_code=new_code(),
            details=JobDetails(),
            serial=1 + len(self.of(series)),
        )
        job, _ = self._add(new, subject, EndAtIntake(State.FAILED, "SERIES_UNREADABLE", UNREADABLE.format(code=code)))
        logger.error("series %s cannot be read (%s)", series, code)
        return job

    def withdraw_lost(self, snapshot: SeriesSnapshot, is_gone: Callable[[Job], bool]) -> bool:
        """Whether a series is back after it was deleted, and nothing stands of what was last made of this content.

        Its job was open then, or is done and ``is_gone`` says that its RTSTRUCT was deleted with the series; such a
        job of a rule is marked as overtaken.
        """
        jobs = [job for job in self.of(snapshot.series) if job.content == snapshot.content.key]
        gone = [job for job in jobs if job.state is State.DONE and job.rule and is_gone(job)]
        withdrawn = [job for job in gone if self._jobs.supersede_done(job.id, BACK)]
        return bool(withdrawn) or (bool(jobs) and _lost_its_series(jobs[0]))

    def reopen(self, job: Job, subject: Subject) -> Job | None:
        """Let an ended job run again from its start; None when its state forbids it."""
        reopened = self._jobs.reopen(job.id, new_code())
        if reopened is not None:
            self._link(subject, reopened)
        return reopened

    def overtake(self, job: Job, reason: str) -> Job | None:
        """Mark an ended job as overtaken; None when its state forbids it."""
        return self._jobs.get(job.id) if self._jobs.supersede_done(job.id, reason) else None

    def reopen_changed(self, inspection: Inspection) -> bool:
        """Run jobs again that met this series while it was something else for a moment; whether there were any."""
        key = inspection.snapshot.content.key
        failed = self._jobs.list(series=inspection.snapshot.series, states=(State.FAILED,), limit=ALL)
        changed = [job for job in failed if job.content == key and job.error_code == "SERIES_CHANGED"]
        reopened = [self.reopen(job, inspection.subject) for job in changed]
        return any(job is not None for job in reopened)

    def rekey(self, job: Job, content: str) -> None:
        """Give a job that an earlier version keyed otherwise the key that its series' content has now."""
        self._jobs.rekey(job, content)

    def supersede(self, snapshot: SeriesSnapshot, reason: str = CHANGED) -> None:
        """End, or mark as overtaken, the jobs of an earlier content of this series, for this reason.

        One whose RTSTRUCT is stored and whose copies are being deleted is overtaken when it closes.
        """
        for job in self.of(snapshot.series):
            if job.content == snapshot.content.key:
                continue
            if not job.state.final:
                self._cancellation.cancel(job, State.SUPERSEDED, reason)
            else:
                self._jobs.supersede_done(job.id, reason)

    def of_choices(self, study: str) -> list[Job]:
        """Return the jobs of a study that a rule made which contours one of its series, newest first."""
        return [job for job in self._jobs.list(study=study, limit=ALL) if job.details.one_per_study is not None]

    def chosen_since(self, since: float) -> dict[str, float]:
        """Return the series that were chosen of their studies since a time, and when (seconds since the epoch)."""
        return {
            job.series: job.created
            for job in self._jobs.list(since=since, limit=MOST_WATCHED)
            if job.details.one_per_study is not None and job.details.one_per_study.chosen == job.series
        }

    def displace(self, job: Job, choice: StudyChoice) -> bool:
        """End a job, or mark it as overtaken, as another series of the study is contoured.

        Returns whether it stands no more: one whose RTSTRUCT is stored at this moment is done first.
        """
        if not job.state.final:
            if not self._cancellation.cancel(job, State.SUPERSEDED, choice.reason):
                return False
        else:
            self._jobs.supersede_done(job.id, choice.reason)
        self.note_choice(job, choice)
        return True

    def note_choice(self, job: Job, choice: StudyChoice) -> None:
        """Note in a job which series of its study is contoured now."""
        self._jobs.note_details(job.id, JobDetails(one_per_study=choice, warnings=choice.warnings))

    def cancel_deleted(self, series: str) -> None:
        """End the open jobs of a series that was deleted from Orthanc."""
        for job in self._jobs.list(series=series, states=(State.WAITING, State.RUNNING)):
            self._cancellation.cancel(job, State.CANCELLED, DELETED)

    def _add(self, new: NewJob, subject: Subject, end: EndAtIntake | None) -> tuple[Job, bool]:
        if end is None:
            job = self._jobs.draft(new)
        else:
            job = self._jobs.draft(new, state=end.state, error=(end.code, end.message))
        self._link(subject, job)
        if end is not None:
            # Before the job is visible, so that whoever sees it finds its evidence.
            JobRecords(self._chain, job).ended_at_intake(subject.modality)
        job, is_new = self._jobs.add(job)
        log_job(job, job.state, code=end.code if end else None, seconds=0.0 if end else None)
        return job, is_new

    def _link(self, subject: Subject, job: Job) -> None:
        """Enter the job into the keyed index, so that patients and auditors find it."""
        assert job.evidence_code is not None, "every job is noted with its evidence code"
        for patient_id in subject.patient_ids:
            self._subjects.remember(patient_id, subject.series_uid, job.evidence_code)


def _is_work(job: Job, new: NewJob) -> bool:
    same = (job.content, job.rule, job.model, job.target) == (new.content, new.rule, new.model, new.target)
    return same and job.details.decision.wanted.word == new.volume


def _overtaken(job: Job) -> bool:
    """Whether nothing of a job stands any more, though its content is that of the series."""
    if (choice := job.details.one_per_study) is not None and choice.chosen != job.series:
        return True
    return _lost_its_series(job) or job.state is State.SUPERSEDED


def _lost_its_series(job: Job) -> bool:
    return job.state is State.CANCELLED and (job.error_code == "SERIES_GONE" or job.error_message == DELETED)
