"""A patient objects while a series lies at a service and a result waits for its delivery: both end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model.samples.dicom_series import Patient
from tests.builders.leftovers import RECEIPT, deletions
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.sleeping_service import SleepingService

PATIENT = Patient(name="Objection^Test", identifier="OBJECTION-7")
OTHER = Patient(name="Other^Test", identifier="OTHER-7")


class OftenAway(SleepingService):
    """Answers nothing but 503 while it is ``away``."""

    away = False
    refused = 0

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if self.away:
            self.refused += 1
            return 503, {"Error": "UNAVAILABLE", "Message": "away"}
        return super().answer(method, path, body)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[OftenAway]:
    with OftenAway(tmp_path / "service", seconds=3600) as made:
        assert isinstance(made, OftenAway)
        yield made


def rule(description: str, **then: Any) -> dict[str, Any]:
    return {"Name": description, "When": {"SeriesDescription": description}, "Then": {"Model": "hu-ct", **then}}


def stored(orthanc: OrthancProcess, patient: Patient, description: str) -> str:
    return orthanc.store_all(files_of(phantom_series(patient=patient, description=description)))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_of(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Keys of the section that say where the tables are."""
    if request.param == "sqlite":
        return {}
    address = request.getfixturevalue("database")
    return {"Database": address, "Privacy": {"VaultKeyFile": str(tmp_path / "vault.key")}}


def test_what_is_at_a_service_and_what_waits_for_delivery_ends_though_the_gateway_is_killed(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path, service: OftenAway, database_of: dict[str, Any]
) -> None:
    folder, away = tmp_path / "tps", tmp_path / "unplugged"
    folder.mkdir()
    section = {
        "Rules": [rule("cloud", Target="cloud"), rule("here", Deliver=["tps"])],
        "Targets": {"cloud": service.target()},
        "Destinations": {"tps": {"Type": "folder", "Path": str(folder)}},
    }
    orthanc = start_orthanc(section=section | database_of)
    first = orthanc.job_of(stored(orthanc, PATIENT, "here"))
    until(lambda: list(folder.glob("*.dcm")), "the first result is delivered")
    folder.rename(away)
    (away / ".RS.1.part").write_bytes(b"of somebody else")
    waiting, theirs = (orthanc.job_of(stored(orthanc, one, "here")) for one in (PATIENT, OTHER))
    series = stored(orthanc, PATIENT, "cloud")
    until(lambda: service._ready, "the series lies at the service")
    service.away = True

    said = orthanc.post("/autocontour/subjects/objection", json={"PatientID": PATIENT.identifier}).json()
    assert (said["CancelledJobs"], said["RecalledTransfers"], said["StoppedDeliveries"]) == (1, 1, 1)
    assert (said["DeliveredTo"], said["Jobs"], said["Series"]) == (["tps"], 3, 3)
    until(lambda: service.refused > 1, "the gateway asks the service to delete it")
    os.kill(orthanc.gateway_pid(), signal.SIGKILL)
    orthanc.wait_for_gateway()
    service.away = False
    ended = orthanc.job_of(series)
    assert (ended["State"], ended["Error"]["Message"]) == ("excluded", "The patient objected to the processing.")
    certificate = f"/autocontour/evidence/{ended['EvidenceCode']}"
    until(lambda: orthanc.json(certificate)["document"]["body"]["State"] == "closed", "its evidence is closed")
    assert RECEIPT in deletions(orthanc.json(certificate)["document"]["body"])
    assert service._ready == {}, "nothing is left there"
    again = orthanc.post("/autocontour/subjects/objection", json={"PatientID": PATIENT.identifier}).json()
    assert (again["CancelledJobs"], again["RecalledTransfers"]) == (0, 0)
    assert again["StoppedDeliveries"] == 1, "until somebody can look into the folder"

    away.rename(folder)
    until(lambda: delivered(orthanc, theirs)["State"] == "delivered", "the other patient's result arrives")
    assert len(list(folder.glob("*.dcm"))) == 2
    assert [path.name for path in folder.glob(".*")] == [".RS.1.part"], "nothing unfinished of ours is left there"
    assert (delivered(orthanc, waiting)["State"], delivered(orthanc, waiting)["Status"]) == (
        "refused",
        "DELIVERY_OBJECTION",
    )
    assert delivered(orthanc, first)["State"] == "delivered"
    refused = orthanc.post(f"/autocontour/jobs/{first['ID']}/deliver", json={})
    assert (refused.status_code, refused.json()["Error"]) == (422, "DELIVERY_OBJECTION")
    withdrawn = orthanc.post("/autocontour/subjects/withdraw", json={"PatientID": PATIENT.identifier})
    assert withdrawn.json()["Withdrawn"] is True
    assert orthanc.post(f"/autocontour/jobs/{waiting['ID']}/deliver", json={}).status_code == 202
    until(lambda: delivered(orthanc, waiting)["State"] == "delivered", "it is sent when somebody asks for it")


def delivered(orthanc: OrthancProcess, job: dict[str, Any]) -> dict[str, Any]:
    (one,) = orthanc.json(f"/autocontour/jobs/{job['ID']}")["Delivered"]
    return dict(one)
