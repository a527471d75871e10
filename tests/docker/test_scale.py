"""compose.scale.yml as it is: series come in through both Orthancs while containers of each kind are killed."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Iterator

import pydicom
import pytest
from pydicom.uid import generate_uid

from model.samples.build import demo_series
from tests.builders.orthanc_process import until
from tests.docker.conftest import Composition, composition

# Whoever is killed is gone for good until the end, so that the others have to do.
KILLED = ("gateway-1", "service-1", "orthanc-1")
SECONDS = 420


@pytest.fixture(scope="module")
def group() -> Iterator[Composition]:
    machine = composition("compose.scale.yml")
    try:
        yield machine.up()
    finally:
        machine.down()


def copy_of_demo(number: int) -> list[bytes]:
    """The demo's CT as a series of a made-up patient of its own: the same images under other UIDs."""
    study, series, frame = (generate_uid(entropy_srcs=[f"{what} {number}"]) for what in ("study", "series", "frame"))
    files = []
    for path in sorted(demo_series().glob("*.dcm")):
        image = pydicom.dcmread(path)
        uid = generate_uid(entropy_srcs=[f"{number}", str(image.SOPInstanceUID)])
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = uid
        image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = study, series, frame
        image.PatientID = hashlib.sha256(f"made up {number}".encode()).hexdigest()[:12]
        buffer = io.BytesIO()
        image.save_as(buffer)
        files.append(buffer.getvalue())
    return files


def send(machine: Composition, number: int) -> str:
    (series,) = {machine.store(file) for file in copy_of_demo(number)}
    return series


def kill(machine: Composition, service: str) -> None:
    subprocess.run(["docker", "kill", machine.container(service)], check=True, capture_output=True)


def results(machine: Composition) -> list[str]:
    return [
        one
        for one in machine.json("/series")
        if machine.json(f"/series/{one}")["MainDicomTags"]["Modality"] == "RTSTRUCT"
    ]


def test_every_series_is_contoured_once_whoever_is_killed(group: Composition) -> None:
    sent = [send(group, number) for number in range(2)]
    for number, service in enumerate(KILLED, start=len(sent)):
        sent.append(send(group, number))
        until(lambda: group.get("/autocontour/jobs?State=running").json(), "a job runs", SECONDS, 0.5)
        kill(group, service)
        until(
            lambda: group.get("/autocontour/health").status_code == 200, f"it goes on without {service}", SECONDS, 1.0
        )
    jobs = [group.job_of(series) for series in sent]
    assert [job["State"] for job in jobs] == ["done"] * len(sent), [job["Error"] for job in jobs]
    assert len(results(group)) == len(sent)
    assert len({job["Rtstruct"] for job in jobs}) == len(sent)


def test_the_survivors_say_who_is_missing(group: Composition) -> None:
    gateways = group.json("/autocontour/health")["Gateways"]
    assert len(gateways) == 3
    assert sum(one["Leads"] for one in gateways) == 1
