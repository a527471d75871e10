"""The walk of one series from arrival to stored RTSTRUCT, counted in the log of a real Orthanc."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    # Long enough that a crowded machine stores all slices before intake looks.
    process = OrthancProcess(tmp_path_factory.mktemp("orthanc"), section={"QuietSeconds": 3}).start()
    yield process
    process.stop()


def asked(orthanc: OrthancProcess, path: str) -> int:
    """How often a path was asked for, by Orthanc's own log."""
    return len(re.findall(rf"GET {re.escape(path)}(?=[?\s])", orthanc.log.read_text(errors="replace")))


def test_the_tags_of_a_series_are_fetched_once_from_its_arrival_to_its_stored_rtstruct(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series(key="walk")))
    job = orthanc.job_of(series)
    assert job["State"] == "done", job["Error"]
    assert job["Rtstruct"] is not None
    assert asked(orthanc, f"/series/{series}/instances-tags") == 1


def test_a_series_with_missing_slices_is_read_when_something_came_and_when_its_wait_ends(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    section = {"QuietSeconds": 3, "IncompleteSeconds": 15}
    orthanc = OrthancProcess(tmp_path_factory.mktemp("waiting"), section=section).start()
    try:
        slices = phantom_series(key="waits")
        series = orthanc.store_all(files_of([*slices[:4], *slices[6:]]))
        until(lambda: asked(orthanc, f"/series/{series}/instances-tags") == 1, "it was looked at")
        orthanc.store_all(files_of(slices[4:5]))
        job = orthanc.job_of(series)
        assert (job["State"], job["Error"]["Code"]) == ("failed", "GEOMETRY_GAP")
        # Seven looks at the change log and more went by meanwhile.
        assert asked(orthanc, "/changes") > 5
        assert asked(orthanc, f"/series/{series}/instances-tags") == 3
    finally:
        orthanc.stop()
