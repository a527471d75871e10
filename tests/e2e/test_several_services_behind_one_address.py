"""A real Orthanc, two real services and a real HAProxy: whatever happens to a service, a job is done once."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from model.samples.dicom_series import Patient
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.service_group import HAPROXY, LAYERS, ServiceGroup

pytestmark = pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed (setup.sh installs it)")
PATIENT = Patient(name="Ehrenpreis^Zitronella", identifier="KLINIKNUMMER-Q")
# While it is uploaded, waits, is drawn, is ready (and fetched), and is deleted.
KILLED = ("take", "start", "process", "drawn", "fetched", "end")


class World:
    """One Orthanc with one target for each layer and each phase in which a service is killed."""

    def __init__(self, folder: Path) -> None:
        self.groups = {f"kill-{where}": ServiceGroup(folder / where, first="a") for where in KILLED}
        for where in KILLED:
            self.groups[f"kill-{where}"].a.environment = {"FAULT": f"kill:{where}"}
        self.groups |= {
            layer.replace(" ", "-"): ServiceGroup(folder / layer.replace(" ", "-"), layer=layer) for layer in LAYERS
        }
        targets = {name: group.target() for name, group in self.groups.items()}
        self.orthanc = OrthancProcess(folder / "orthanc", section={"Rules": [], "Targets": targets})

    def ask(self, target: str) -> str:
        """Store a series and ask for its contours at a target; returns its Orthanc id."""
        series = self.orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
        answer = self.orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct", "Target": target})
        assert answer.status_code == 202, answer.text
        return series

    def deletions(self, job: dict[str, Any]) -> list[str]:
        """How it is known, by the job's certificate, that nothing is left at a recipient."""
        said = self.orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
        assert (said["State"], said["Missing"]) == ("closed", [])
        return [
            f"{one['Where']}: {one['How']}" for one in said["Deletions"] if one["Where"].startswith("the recipient")
        ]

    def receipts(self, job: dict[str, Any]) -> list[Path]:
        code = job["EvidenceCode"].replace("-", "")
        return sorted((self.orthanc.state / "evidence" / "receipts" / code).glob("*.json"))


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"))
    world.orthanc.start()
    yield world
    world.orthanc.stop()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    yield shared_world
    shared_world.orthanc.wipe()


@pytest.mark.parametrize("layer", LAYERS)
def test_series_go_through_the_proxy_to_both_services_and_every_receipt_verifies(world: World, layer: str) -> None:
    with world.groups[layer.replace(" ", "-")] as group:
        group.start()
        jobs = [world.orthanc.job_of(series) for series in [world.ask(layer.replace(" ", "-")) for _ in range(4)]]
        assert [job["State"] for job in jobs] == ["done"] * 4, [job["Error"] for job in jobs]
        assert all(job["Warnings"] == [] for job in jobs)
        opened = [one.metric("autocontour_transfers_opened_total") for one in group.services.values()]
        assert sum(opened) == 4
        assert all(one.left() == [] for one in group.services.values())
    assert len(world.orthanc.rtstructs()) == 4
    for job in jobs:
        assert len(world.deletions(job)) == 1
        assert len(world.receipts(job)) == 4
    for path in world.receipts(jobs[0]):
        key = group.operator.public.raw.hex()
        call = [sys.executable, "-m", "plugin.cli", "evidence", "verify", str(path), "--key", key]
        said = subprocess.run(call, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False)
        assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("where", some_of(KILLED, always=("process", "fetched")))
def test_a_service_killed_in_any_phase_costs_no_job_and_makes_no_second_result(world: World, where: str) -> None:
    with world.groups[f"kill-{where}"] as group:
        group.start()
        series = world.ask(f"kill-{where}")
        job = world.orthanc.job_of(series)
        assert job["State"] == "done", job["Error"]
        assert group.a.process is not None
        assert group.a.process.wait(300) < 0
        assert group.b.metric("autocontour_transfers_opened_total") == 1
        assert group.b.left() == []
    made = world.orthanc.rtstructs()
    assert len(made) == 1
    assert "sent anew" in json.dumps(job["Warnings"])
    how = world.deletions(job)
    assert len(how) == 2, how
    assert how[0].startswith("the recipient: verified by the recipient's signed receipt")
    assert how[1].startswith("the recipient: a transfer that was given up: not ")
    stored = pydicom.dcmread(io.BytesIO(world.orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert stored.PatientID == PATIENT.identifier
    assert world.orthanc.json("/autocontour/evidence/verify")["Valid"]
    until(lambda: list((world.orthanc.state / "spool").iterdir()) == [], "the spool is empty")
