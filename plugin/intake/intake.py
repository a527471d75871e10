"""From a series that is quiet to a job, or to none: is it whole, and what do the rules say?"""

from __future__ import annotations

from dataclasses import replace

from model.errors import InputRefused
from plugin.facts.completeness import CompletenessState
from plugin.facts.kinds import NO_IMAGE
from plugin.forward.orphans import Orphans
from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.chosen_watch import ChosenWatch
from plugin.intake.inspection import Inspection, SeriesInspector
from plugin.intake.job_request import JobRequest
from plugin.intake.known_series import SeriesTable
from plugin.intake.modalities import STRUCTURE_SETS, may_hold_images, modality_of
from plugin.intake.series_jobs import SeriesJobs, end_of
from plugin.intake.study_choices import StudyChoices
from plugin.intake.study_waits import StudyWaits
from plugin.intake.told import log_decided, log_undecided
from plugin.jobs.job import Job
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.pacs.series import SeriesSnapshot
from plugin.quality.keeper import QualityKeeper
from plugin.settings.settings import LOCAL, Settings
from plugin.workflow.cancellation import UNMATCHED
from routing.decide import CONTOUR, NONE, Decision


class Intake:
    """Decides on series and lets their jobs be inserted; ``queue`` is woken when one waits.

    ``quality`` is told of structure sets.
    """

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        table: SeriesTable,
        inspector: SeriesInspector,
        jobs: SeriesJobs,
        waits: StudyWaits,
        orphans: Orphans,
        settings: Settings,
        queue: Wakeup,
        quality: QualityKeeper,
    ) -> None:
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._table = table
        self._inspector = inspector
        self._jobs = jobs
        self._waits = waits
        self._watch = ChosenWatch(orthanc, jobs)
        self._choices = StudyChoices(orthanc, arrivals, table, inspector, jobs, waits, self._watch, settings)
        self._orphans = orphans
        self._settings = settings
        self._queue = queue
        self._quality = quality
        # News that was found incomplete: nothing about the series changes until more comes, or its wait ends.
        self._incomplete: dict[str, float] = {}

    def process(self, arrival: Arrival) -> None:
        """Decide on a quiet series, once per content; nothing where it was decided on meanwhile, with its study.

        One with missing slices is read when something came, and again only when its wait ends; so is one whose study
        is waited for.
        """
        known = self._table.get(arrival.series)
        if known is None or not known.pending or known.arrival != arrival:
            return
        if self._still_waits(arrival) or self._waits.holds(arrival.series):
            return
        self._waits.over(arrival.series)  # noted again where it goes on
        try:
            header = self._orthanc.series(arrival.series)
            if self._orphans.delete_if_orphaned(arrival.series, header):
                log_undecided(arrival.series, "pseudonymous")
                self._arrivals.decided(arrival, "", "pseudonymous")
                return
            if not may_hold_images(header):
                if modality_of(header) == STRUCTURE_SETS:
                    # Before the news is closed: noted twice it is one.
                    self._quality.arrived(arrival.series, header, arrival.last_arrival)
                log_undecided(arrival.series, "ignored")
                self._arrivals.decided(arrival, "", "ignored")
                return
            inspection = self._inspector.inspect(arrival.series, header)
            if inspection.refusal is not None and inspection.refusal.code == NO_IMAGE:
                log_undecided(arrival.series, "imageless")
                self._arrivals.decided(arrival, "", "imageless")
                return
            if inspection.explanation.outcome == CONTOUR:
                self._inspector.keep(inspection)
        except SeriesGone:
            self._arrivals.forget(arrival.series)
            return
        self._jobs.carry_objection(inspection)
        snapshot = inspection.snapshot
        known_content = snapshot.content.key == arrival.content or self._adopt_earlier_jobs(snapshot, arrival)
        is_back = self._jobs.withdraw_lost(snapshot, self._is_gone)
        if known_content and not is_back:
            if self._jobs.reopen_changed(inspection):
                self._queue.notify()
            self._arrivals.settle(arrival, snapshot.content.key)
            return
        incomplete = snapshot.completeness.state is CompletenessState.WAITING or inspection.ambiguous is not None
        wanted = inspection.explanation.outcome == CONTOUR and incomplete
        if wanted and self._arrivals.quiet_for(arrival) < self._settings.incomplete_seconds:
            self._incomplete[arrival.series] = arrival.last_arrival  # a slow sender
            return
        if inspection.candidate is not None:
            self._settle_study(arrival, inspection)
            self._jobs.follow_correction(inspection)
            return
        log_decided(arrival.series, inspection.explanation)
        self._apply(inspection)
        self._jobs.follow_correction(inspection)
        self._arrivals.decided(arrival, snapshot.content.key, inspection.explanation.outcome)

    def request(self, series: str, asked: JobRequest) -> list[Job]:
        """Insert the job that a person asked for, or one for each volume; what they leave open, the rules decide.

        The same request while its job is open is the same job. Raises SeriesGone, InputRefused.
        """
        inspection = self._inspector.inspect(series)
        if inspection.excluded_reason is not None:
            raise InputRefused("EXCLUDED", f"This series must not be contoured: {inspection.excluded_reason}")
        wanted = asked.completed_by(next(iter(inspection.explanation.decisions), None))
        if wanted.target not in self._settings.targets:
            known = ", ".join(self._settings.targets)
            raise InputRefused("NO_TARGET", f"The configuration has no such target; there are: {known}.")
        models = self._settings.models
        if wanted.target == LOCAL and wanted.model not in models:
            known = ", ".join(models.all_names)
            raise InputRefused("MODEL_UNKNOWN", f"There is no model of this name here; there are: {known}.")
        works = self._inspector.works_of(inspection, wanted)
        self._inspector.keep(replace(inspection, works=works))
        earlier = self._jobs.of(series)
        jobs = [self._requested(inspection.of(work), wanted, earlier) for work in works]
        if any(not job.state.final for job in jobs):
            self._queue.notify()
        return jobs

    def _requested(self, inspection: Inspection, wanted: Decision, earlier: list[Job]) -> Job:
        """Return the open job that is this work, or a new one."""
        volume = inspection.snapshot.wanted.word
        for job in earlier:
            decided = job.details.decision
            same = (job.model, job.target, decided.wanted.word) == (wanted.model, wanted.target, volume)
            same = same and decided.without_face == wanted.without_face
            if same and inspection.snapshot.content.is_that_of(job.content) and not job.state.final:
                return job
        return self._jobs.insert(inspection, wanted, serial=1 + len(earlier))[0]

    def deleted(self, series: str) -> None:
        """End what is open of a series that Orthanc deleted; with OverwriteInstances it may be there again."""
        if self._orthanc.exists("series", series):
            return
        self._arrivals.forget(series)
        self._incomplete.pop(series, None)
        self._jobs.cancel_deleted(series)
        self._waits.over(series)
        self._choices.give_place(series)
        self._watch.over(series)

    def vetoed(self, series: str) -> None:
        """Let the next best of its study take the place of a series whose open job a veto ended."""
        self._choices.give_place(series)

    def chosen_and_gone(self) -> list[str]:
        """Return the series that were chosen of their studies and are not in Orthanc any more; looks now and then."""
        return self._watch.gone()

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
        self._jobs.insert_unreadable(arrival.series, header, patient_id, code)
        self._arrivals.decided(arrival, "", "unreadable")
        self._waits.over(arrival.series)

    def _settle_study(self, arrival: Arrival, inspection: Inspection) -> None:
        """Decide on a series together with the others of its study, of which a rule contours one."""
        try:
            new = self._choices.settle(arrival, inspection)
        except SeriesGone:
            self._arrivals.forget(arrival.series)
            return
        if any(not job.state.final for job in new):
            self._queue.notify()

    def misses_slices(self, arrival: Arrival) -> bool:
        """Whether slices of a series were found missing, or several images of a place, and more is waited for."""
        seen = self._incomplete.get(arrival.series) == arrival.last_arrival
        return seen and self._arrivals.quiet_for(arrival) < self._settings.incomplete_seconds

    def waits(self, arrival: Arrival) -> float:
        """Tell after how many seconds a series that could not be decided on is to be looked at again."""
        if self.misses_slices(arrival):
            return self._settings.incomplete_seconds - self._arrivals.quiet_for(arrival)
        return self._waits.left(arrival.series) or 0.0

    def _still_waits(self, arrival: Arrival) -> bool:
        """Whether slices are missing, nothing came since that was seen, and the wait for them goes on."""
        if self.misses_slices(arrival):
            return True
        self._incomplete.pop(arrival.series, None)
        return False

    def _apply(self, inspection: Inspection) -> None:
        """Insert the jobs of what was decided; those of an earlier content are overtaken."""
        explanation = inspection.explanation
        if explanation.outcome == NONE:
            self._jobs.supersede(inspection.snapshot, UNMATCHED)
            return
        self._jobs.supersede(inspection.snapshot)
        end = end_of(explanation)
        if end is not None:
            rule = next((rule.name for rule in explanation.rules if rule.matched), "")
            self._jobs.insert(inspection, Decision(rule=rule, model="", target=""), end=end)
            self._jobs.supersede(inspection.snapshot)
            return
        inserted = [self._jobs.insert(inspection.of(work), work.decision) for work in inspection.works]
        # Again: a job that could not be stopped any more may have ended before there was a newer one to be seen.
        self._jobs.supersede(inspection.snapshot)
        if any(new and not job.state.final for job, new in inserted):
            self._queue.notify()

    def _is_gone(self, job: Job) -> bool:
        """Whether the RTSTRUCT of a job that is done was deleted, and the series too: all of it came after the job."""
        if job.rtstruct is not None and self._orthanc.exists("instances", job.rtstruct):
            return False
        # Orthanc's whole seconds: what comes back in the very second in which the job was made is not told apart.
        return self._orthanc.receptions(job.series)[0] > job.created

    def _adopt_earlier_jobs(self, snapshot: SeriesSnapshot, arrival: Arrival) -> bool:
        """Whether an earlier version decided on this content, which it knew by UIDs alone; its jobs get the new key.

        Not so when files came after it had decided: then they may be others.
        """
        uids_only = snapshot.content.uids_only
        jobs = [job for job in self._jobs.of(snapshot.series) if job.content == uids_only]
        if not jobs and arrival.content != uids_only:
            return False
        if jobs and self._orthanc.receptions(snapshot.series)[1] > max(job.created for job in jobs):
            return False
        for job in jobs:
            self._jobs.rekey(job, snapshot.content.key)
        return arrival.content == uids_only
