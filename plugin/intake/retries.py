"""Runs an ended job again where that can end otherwise, and says why not where it cannot."""

from __future__ import annotations

from model.registry import names
from plugin.intake.inspection import SeriesInspector
from plugin.intake.known_series import SeriesTable
from plugin.intake.series_jobs import SeriesJobs
from plugin.jobs.job import Job, State
from plugin.jobs.refusals import RetryRefused
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import SeriesGone
from plugin.settings.settings import LOCAL, Settings

RETRIED = (State.FAILED, State.REJECTED, State.CANCELLED)
# What the slices themselves are: the same slices end the same way.
OF_THE_SLICES = frozenset(
    {
        *("VALUES_NOT_HU", "VALUES_NO_RESCALE", "VALUES_IMPLAUSIBLE", "VALUES_TABLE", "FRAME_OF_REFERENCE"),
        *("PIXELS_FLOAT", "PIXELS_FOREIGN", "PIXELS_MISSING", "PIXELS_RESCALE", "PIXELS_SHAPE"),
    }
)
OVERTAKEN = "The series was looked at anew, as somebody asked; GET /autocontour/series/{series} says what became of it."


class Retries:
    """Retries of jobs; ``queue`` is woken when one waits again, ``intake`` when a series is to be looked at."""

    def __init__(
        self,
        inspector: SeriesInspector,
        jobs: SeriesJobs,
        table: SeriesTable,
        settings: Settings,
        queue: Wakeup,
        intake: Wakeup,
    ) -> None:
        self._inspector = inspector
        self._jobs = jobs
        self._table = table
        self._settings = settings
        self._queue = queue
        self._intake = intake

    def retry(self, job: Job) -> Job:
        """Run a failed, rejected or cancelled job again from its start.

        One that never had a model is overtaken instead: its series goes back to intake, and the rules decide anew.
        Raises RetryRefused with the reason where a retry is forbidden or cannot help.
        """
        if job.state not in RETRIED:
            raise _forbidden(job)
        again = self._run_again(job) if job.model else self._look_again(job)
        if again is None:
            raise _forbidden(job)
        return again

    def _look_again(self, job: Job) -> Job | None:
        overtaken = self._jobs.overtake(job, OVERTAKEN.format(series=job.series))
        if overtaken is not None:
            self._table.look_again(job.series)
            self._intake.notify()
        return overtaken

    def _run_again(self, job: Job) -> Job | None:
        try:
            inspection = self._inspector.inspect(job.series)
        except SeriesGone:
            raise RetryRefused(
                "SERIES_GONE", "The series of this job is no longer in Orthanc; send it again, and it has a new job."
            ) from None
        if inspection.excluded_reason is not None:
            raise RetryRefused("EXCLUDED", f"This series must not be contoured: {inspection.excluded_reason}")
        if not inspection.snapshot.content.is_that_of(job.content):
            raise RetryRefused(
                "SERIES_CHANGED",
                "The series is not what it was for this job; look at the newest job of the series, or ask for one.",
            )
        refusal = self._inspector.refusal_of(inspection, job.details.decision.wanted)
        if refusal is not None:
            raise RetryRefused(refusal.code, f"A retry would end the same way, with the same slices: {refusal.message}")
        if job.error_code in OF_THE_SLICES:
            raise RetryRefused(
                job.error_code,
                f"A retry would end the same way, with the same slices: {job.error_message} Another model can be asked "
                f"for by POST /autocontour/series/{job.series}/jobs.",
            )
        self._require_model_and_target(job)
        reopened = self._jobs.reopen(job, inspection.subject)
        if reopened is not None:
            self._queue.notify()
        return reopened

    def _require_model_and_target(self, job: Job) -> None:
        if job.target not in self._settings.targets:
            known = ", ".join(self._settings.targets)
            raise RetryRefused("NO_TARGET", f"The configuration has no target {job.target} any more; it has: {known}.")
        if job.target == LOCAL and job.model not in (here := names(self._settings.models_directory)):
            raise RetryRefused(
                "MODEL_UNKNOWN", f"There is no model {job.model} here any more; there are: {', '.join(here)}."
            )


def _forbidden(job: Job) -> RetryRefused:
    return RetryRefused(
        "JOB_STATE", f"The job is {job.state}; only a failed, rejected or cancelled one can be retried, and once."
    )
