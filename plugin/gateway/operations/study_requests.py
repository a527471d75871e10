"""What is asked of whole studies: a job by the rules for each series that may hold images."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from model.errors import AutocontourError
from plugin.gateway.operations.jobs import JobOperations
from plugin.intake.job_request import JobRequest
from plugin.intake.modalities import may_hold_images
from plugin.jobs.job import Job
from plugin.pacs.client import Orthanc

# Orthanc's callers are answered within a minute, and the last series that was begun takes its time.
ENOUGH_SECONDS = 40.0
NO_TIME = "There was no time for this series in one request; ask for it by itself, or again."


@dataclass(frozen=True, slots=True)
class RefusedSeries:
    """A series, by Orthanc's id, of which no job was made."""

    series: str
    code: str
    message: str


@dataclass(slots=True)
class RequestedStudies:
    """What was made, and what was not."""

    jobs: list[Job] = field(default_factory=list)
    refused: list[RefusedSeries] = field(default_factory=list)


class StudyRequests:
    """Requests jobs for the series of studies, one after the other; ``ticks`` is a monotonic clock."""

    def __init__(self, orthanc: Orthanc, jobs: JobOperations, ticks: Callable[[], float] = time.monotonic) -> None:
        self._orthanc = orthanc
        self._jobs = jobs
        self._ticks = ticks

    def request(self, studies: Sequence[str]) -> RequestedStudies:
        """Ask for each series of these studies; raises SeriesGone where Orthanc has no such study."""
        listed = [one for study in dict.fromkeys(studies) for one in self._orthanc.series_of_study(study)]
        end = self._ticks() + ENOUGH_SECONDS
        requested = RequestedStudies()
        for series in (str(one["ID"]) for one in listed if may_hold_images(one)):
            if self._ticks() >= end:
                requested.refused.append(RefusedSeries(series, "BUSY", NO_TIME))
                continue
            try:
                requested.jobs += self._jobs.request(series, JobRequest())
            except AutocontourError as error:
                requested.refused.append(RefusedSeries(series, error.code, error.message))
        return requested
