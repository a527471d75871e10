"""A request for whole studies asks for each series that may hold images, and says of each why it has no job."""

from __future__ import annotations

from typing import Any, cast

from model.errors import InputRefused
from plugin.gateway.operations.jobs import JobOperations
from plugin.gateway.operations.study_requests import ENOUGH_SECONDS, StudyRequests
from plugin.intake.job_request import JobRequest
from plugin.pacs.client import Orthanc


class TwoStudies:
    def series_of_study(self, study: str) -> list[dict[str, Any]]:
        modalities = {"a": ("CT", "RTSTRUCT", "MR"), "b": ("CT",)}[study]
        return [{"ID": f"{study}{kind}", "MainDicomTags": {"Modality": kind}} for kind in modalities]


class Requests:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def request(self, series: str, asked: JobRequest) -> list[Any]:
        assert asked == JobRequest(), "the rules decide"
        self.asked.append(series)
        if series == "aMR":
            raise InputRefused("NO_RULE", "No rule matches.")
        return [series]


def requests_at(*seconds: float) -> tuple[StudyRequests, Requests]:
    jobs, times = Requests(), iter(seconds)
    made = StudyRequests(cast(Orthanc, TwoStudies()), cast(JobOperations, jobs), lambda: next(times))
    return made, jobs


def test_each_series_with_images_is_asked_for_once() -> None:
    studies, jobs = requests_at(*[0.0] * 9)
    requested = studies.request(["a", "b", "a"])
    assert jobs.asked == ["aCT", "aMR", "bCT"]
    assert [str(one) for one in requested.jobs] == ["aCT", "bCT"]
    assert [(one.series, one.code) for one in requested.refused] == [("aMR", "NO_RULE")]


def test_what_there_is_no_time_for_is_refused_and_not_begun() -> None:
    studies, jobs = requests_at(0.0, 1.0, ENOUGH_SECONDS, ENOUGH_SECONDS + 1)
    requested = studies.request(["a", "b"])
    assert jobs.asked == ["aCT"]
    assert [(one.series, one.code) for one in requested.refused] == [("aMR", "BUSY"), ("bCT", "BUSY")]
