"""A series is its bytes: the same UIDs with other bytes are another content, the same bytes again are no news."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from plugin.pacs.content import VERSION
from tests.builders.faulty_gateway import wrapper
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.sender import send

Start = Callable[..., OrthancProcess]
OVERWRITE: dict[str, Any] = {"OverwriteInstances": True}


def moved(slices: Sequence[Dataset], millimetres: float) -> None:
    """Correct the table position: other bytes under the same UIDs."""
    for one in slices:
        x, y, z = (float(value) for value in one.ImagePositionPatient)
        one.ImagePositionPatient = [x, y, round(z + millimetres, 3)]


def heights_of(orthanc: OrthancProcess, job: dict[str, Any]) -> set[float]:
    """Where along the patient the stored contours lie, in mm."""
    drawn = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    return {round(float(c.ContourData[2]), 2) for roi in drawn.ROIContourSequence for c in roi.ContourSequence}


def heights_in(slices: Sequence[Dataset]) -> set[float]:
    return {round(float(one.ImagePositionPatient[2]), 2) for one in slices}


def settled(orthanc: OrthancProcess) -> None:
    """Intake has looked at all that came: a marker series that was sent after it has its job."""
    orthanc.job_of(orthanc.store_all(files_of(phantom_series())))


def newest(orthanc: OrthancProcess, series: str, count: int) -> dict[str, Any]:
    """The newest of so many jobs of a series, once it is final."""
    until(lambda: len(orthanc.jobs(Series=series)) == count, f"{count} jobs of the series")
    return orthanc.job_of(series)


@pytest.mark.parametrize("keys", [{}, {"StorageCompression": True}, {"StoreMD5ForAttachments": False}])
def test_the_same_bytes_again_make_no_job_and_others_under_the_same_uids_do(
    start_orthanc: Start, keys: dict[str, Any]
) -> None:
    orthanc = start_orthanc(options=OVERWRITE | keys)
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    first = orthanc.job_of(series)
    assert first["State"] == "done", first["Error"]
    orthanc.store_all(files_of(slices))
    settled(orthanc)
    assert len(orthanc.jobs(Series=series)) == 1
    moved(slices, 26.5)
    orthanc.store_all(files_of(slices))
    second = newest(orthanc, series, 2)
    assert second["State"] == "done", second["Error"]
    assert heights_of(orthanc, second) <= heights_in(slices)
    assert orthanc.jobs(Series=series)[1]["State"] == "superseded"
    shown = orthanc.get(f"/autocontour/jobs/{first['ID']}/preview")
    assert (shown.status_code, shown.json()["Error"]) == (422, "SERIES_CHANGED")
    assert orthanc.get(f"/autocontour/jobs/{second['ID']}/preview").status_code == 200


def test_one_slice_with_other_pixels_is_another_content(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options=OVERWRITE)
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    assert orthanc.job_of(series)["State"] == "done"
    pixels = np.frombuffer(slices[5].PixelData, "<i2").copy()
    pixels[:9] += 1
    slices[5].PixelData = pixels.tobytes()
    orthanc.store_all(files_of(slices[5:6]))
    assert newest(orthanc, series, 2)["State"] == "done"


def test_the_same_images_by_c_store_again_make_no_job(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options=OVERWRITE)
    slices = phantom_series()
    for _ in range(2):
        send(orthanc, slices)
        settled(orthanc)
    series = {job["Series"] for job in orthanc.jobs() if job["Instances"] == len(slices)}
    assert len(series) == 3, "this one, and a marker after each time it came"
    assert [len(orthanc.jobs(Series=one)) for one in series] == [1] * 3


@pytest.mark.parametrize("which", some_of(("every slice", "two slices"), always=("two slices",)))
def test_what_is_overwritten_while_its_job_runs_is_never_stored_for(
    start_orthanc: Start, tmp_path: Path, which: str
) -> None:
    replaced = slice(None) if which == "every slice" else slice(3, 5)
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "pause:store:5", "FAULT_ONCE": ""}
    orthanc = start_orthanc(options=OVERWRITE, environment=environment)
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    until(lambda: any("contours" in job["Timings"] for job in orthanc.jobs(Series=series)), "the contours are drawn")
    moved(slices, 26.5)
    if replaced != slice(None):
        moved(slices, -26.5)
        for one in slices[replaced]:
            one.PixelData = bytes(reversed(one.PixelData))
    orthanc.store_all(files_of(slices[replaced]))
    second = newest(orthanc, series, 2)
    assert second["State"] == "done", second["Error"]
    old = orthanc.jobs(Series=series)[1]
    assert old["State"] == "superseded"
    assert old["Rtstruct"] is None
    assert len(orthanc.rtstructs()) == 1
    assert heights_of(orthanc, second) <= heights_in(slices)
    certificate = orthanc.json(f"/autocontour/evidence/{old['EvidenceCode']}")["document"]["body"]
    assert (certificate["State"], certificate["Stored"]) == ("closed", None)


def test_the_same_bytes_again_while_the_job_runs_change_nothing(start_orthanc: Start, tmp_path: Path) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "pause:store:4", "FAULT_ONCE": ""}
    orthanc = start_orthanc(options=OVERWRITE, environment=environment)
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    until(lambda: any("contours" in job["Timings"] for job in orthanc.jobs(Series=series)), "the contours are drawn")
    orthanc.store_all(files_of(slices))
    job = orthanc.job_of(series)
    assert job["State"] == "done", job["Error"]
    settled(orthanc)
    assert len(orthanc.jobs(Series=series)) == 1


def test_a_content_that_comes_back_is_contoured_again(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options=OVERWRITE)
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    assert orthanc.job_of(series)["State"] == "done"
    for count, millimetres in ((2, 26.5), (3, -26.5)):
        moved(slices, millimetres)
        orthanc.store_all(files_of(slices))
        job = newest(orthanc, series, count)
        assert job["State"] == "done", job["Error"]
        assert heights_of(orthanc, job) <= heights_in(slices)
    assert [job["State"] for job in orthanc.jobs(Series=series)] == ["done", "superseded", "superseded"]


def test_a_series_that_is_overwritten_right_before_a_stop_gets_its_job_after_the_start(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options=OVERWRITE, section={"QuietSeconds": 3})
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    assert orthanc.job_of(series)["State"] == "done"
    moved(slices, 26.5)
    orthanc.store_all(files_of(slices))
    orthanc.restart()
    job = newest(orthanc, series, 2)
    assert job["State"] == "done", job["Error"]
    assert heights_of(orthanc, job) <= heights_in(slices)
    orthanc.restart()
    settled(orthanc)
    assert len(orthanc.jobs(Series=series)) == 2


def test_what_an_earlier_version_noted_by_uids_alone_is_not_contoured_again(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options=OVERWRITE)
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    job = orthanc.job_of(series)
    assert job["State"] == "done", job["Error"]
    orthanc.stop()
    uids = sorted(str(one.SOPInstanceUID) for one in slices)
    as_earlier(orthanc, hashlib.sha256("\n".join(uids).encode()).hexdigest())
    orthanc.start()
    settled(orthanc)
    until(lambda: content_of_jobs(orthanc, series) and True, "the job has a key")
    assert len(orthanc.jobs(Series=series)) == 1
    assert all(content.startswith(f"{VERSION}:") for content in content_of_jobs(orthanc, series))
    # What came after the upgrade is compared by its bytes.
    moved(slices, 26.5)
    orthanc.store_all(files_of(slices))
    second = newest(orthanc, series, 2)
    assert heights_of(orthanc, second) <= heights_in(slices)


def test_a_series_of_an_earlier_version_that_was_overwritten_since_gets_a_job(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options=OVERWRITE)
    slices = phantom_series()
    series = orthanc.store_all(files_of(slices))
    assert orthanc.job_of(series)["State"] == "done"
    orthanc.stop()
    uids = sorted(str(one.SOPInstanceUID) for one in slices)
    as_earlier(orthanc, hashlib.sha256("\n".join(uids).encode()).hexdigest())
    orthanc.start()
    moved(slices, 26.5)
    time.sleep(1.1)  # Orthanc notes when it received a file to the second
    orthanc.store_all(files_of(slices))
    second = newest(orthanc, series, 2)
    assert second["State"] == "done", second["Error"]
    assert heights_of(orthanc, second) <= heights_in(slices)


def as_earlier(orthanc: OrthancProcess, content: str) -> None:
    """Write the tables as a version that knew contents by UIDs alone did, and let the change log be read again."""
    with sqlite3.connect(orthanc.state / "jobs.sqlite") as tables:
        tables.execute("UPDATE jobs SET key = replace(key, content, ?), content = ?", (content, content))
        tables.execute("UPDATE series SET content = ? WHERE content <> ''", (content,))
        tables.execute("UPDATE cursor SET value = 0 WHERE name = 'changes'")


def content_of_jobs(orthanc: OrthancProcess, series: str) -> list[str]:
    with sqlite3.connect(orthanc.state / "jobs.sqlite") as tables:
        return [str(row[0]) for row in tables.execute("SELECT content FROM jobs WHERE series = ?", (series,))]


def test_a_series_that_no_rule_matches_any_more_leaves_no_job_that_is_done(
    start_orthanc: Callable[..., OrthancProcess],
) -> None:
    rule = {"Name": "short", "When": {"Slices": {"Max": 12}}, "Then": {"Model": "hu-ct", "Target": "local"}}
    orthanc = start_orthanc(section={"Rules": [rule]})
    files = files_of(phantom_series(Phantom(slices=13)))
    series = orthanc.store_all(files[:12])
    assert orthanc.job_of(series, seconds=300)["State"] == "done"
    orthanc.store_all(files[12:])
    job = until(
        lambda: (one := orthanc.jobs(Series=series)[0])["State"] == "superseded" and one, "the job stands no more"
    )
    assert job["Error"]["Code"] == "SUPERSEDED"
    assert "No rule matches it as it is now" in job["Error"]["Message"]
    assert len(orthanc.jobs(Series=series)) == 1
    assert orthanc.json(f"/autocontour/series/{series}")["Outcome"] == "none"
