"""Whatever the service or the way to it does: the job ends in the right state, nothing is left, others go on."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from model.evidence.signing import SigningKey
from model.samples.dicom_series import Patient
from tests.builders.certificates import make_certificates
from tests.builders.false_service import BESIDE, FalseService
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess, free_port, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.service_process import ServiceProcess

PATIENT = Patient(name="Ehrenpreis^Zitronella", identifier="KLINIKNUMMER-Q")
KILLED = ("open", "take", "start", "process", "drawn", "fetched", "end")
CUT = ("open", "instances", "start", "status", "rtstruct", "delete")
LIES = {
    "forged receipts": ("failed", {"SIGNATURE_WRONG"}),
    "no receipts": ("failed", {"RECEIPT_MISSING"}),
    "receipts of another key": ("failed", {"SIGNATURE_KEY"}),
    "receipts of another transfer": ("failed", {"RECEIPT_FOREIGN"}),
    "other contours": ("failed", {"RECEIPT_FOREIGN"}),
    "swapped contours": ("rejected", {"RESTORE"}),
    "foreign reference": ("rejected", {"RESTORE"}),
    "name in an ROI": ("rejected", {"RESTORE"}),
    "a part of the slices": ("failed", {"RETURN_PARTIAL"}),
    "nonsense": ("failed", {"SERVICE_ANSWER"}),
    "refuses": ("rejected", {"REMOTE"}),
}


class World:
    """One Orthanc, and a target for everything that can go wrong; services start when a test needs them."""

    def __init__(self, folder: Path) -> None:
        self.services = {
            f"kill-{where}": ServiceProcess(folder / where, environment={"FAULT": f"kill:{where}"}) for where in KILLED
        }
        self.services |= {
            f"cut-{where}": ServiceProcess(folder / f"cut-{where}", environment={"FAULT": f"cut:{where}"})
            for where in CUT
        }
        self.services["down"] = ServiceProcess(folder / "down")
        self.services["revoked"] = ServiceProcess(
            folder / "revoked", keys={"TransferMinutes": 0.2}, environment={"FAULT": "pause:process:5"}
        )
        self.services["slow"] = ServiceProcess(folder / "slow", environment={"FAULT": "pause:process:30"})
        self.services["late"] = ServiceProcess(folder / "late", environment={"FAULT": "pause:process:600"})
        self.good = self.services["good"] = ServiceProcess(folder / "good")
        targets = {name: service.target() for name, service in self.services.items()}
        self.cutter = Cutter(self.good.port, cuts=12, after=60_000)
        targets["cut"] = self.good.target() | {"Url": f"https://localhost:{self.cutter.port}"}
        targets["late"] |= {"DeadlineMinutes": 0.05}
        (folder / "wrong").write_text("wrong")
        (folder / "authority").mkdir()
        make_certificates(folder / "authority")
        targets["token"] = self.good.target() | {"TokenFile": str(folder / "wrong")}
        targets["no-token"] = self.good.target() | {"TokenFile": str(folder / "none")}
        targets["authority"] = self.good.target() | {"CaFile": str(folder / "authority" / "ca.pem")}
        targets["key"] = self.good.target() | {"ServiceKey": SigningKey.new().public.raw.hex()}
        self.false = {
            lie.replace(" ", "-"): FalseService(folder / lie.replace(" ", "-"), lie) for lie in (*LIES, BESIDE)
        }
        targets |= {name: false.target() for name, false in self.false.items()}
        self.orthanc = OrthancProcess(folder / "orthanc", section={"Rules": [], "Targets": targets})

    def start(self) -> World:
        self.good.start()
        self.orthanc.start()
        return self

    def stop(self) -> None:
        self.orthanc.stop()
        for service in self.services.values():
            service.stop()

    def ask(self, target: str) -> str:
        """Store a series and ask for its contours at a target; returns its Orthanc id."""
        series = self.orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
        answer = self.orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct", "Target": target})
        assert answer.status_code == 202, answer.text
        return series

    def outcome(self, target: str) -> tuple[str, str | None]:
        job = self.orthanc.job_of(self.ask(target))
        return job["State"], (job["Error"] or {}).get("Code")

    def assert_nothing_stored(self) -> None:
        assert self.orthanc.rtstructs() == []
        self.assert_spool_empty()

    def assert_spool_empty(self) -> None:
        until(lambda: list((self.orthanc.state / "spool").iterdir()) == [], "the spool is empty")


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world")).start()
    yield world
    world.stop()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    yield shared_world
    shared_world.orthanc.wipe()


@pytest.mark.parametrize("where", some_of(KILLED, always=("take", "drawn", "end")))
def test_a_service_killed_in_the_middle_costs_a_new_transfer_and_no_job(world: World, where: str) -> None:
    service = world.services[f"kill-{where}"].start()
    series = world.ask(f"kill-{where}")
    assert service.process is not None
    until(lambda: service.process.poll() is not None, "the service was killed")  # type: ignore[union-attr]
    service.environment = {}
    service.start()
    job = world.orthanc.job_of(series)
    assert job["State"] == "done", job["Error"]
    assert len(world.orthanc.rtstructs()) == 1
    assert service.left() == []
    world.assert_spool_empty()
    secrets = words(world.orthanc, series)
    for path in (path for path in service.directory.rglob("*") if path.is_file()):
        assert not any(word in path.read_bytes() for word in secrets), path.name
    service.stop()


def test_a_service_that_does_not_draw_in_time_ends_the_job_and_holds_nothing_of_it(world: World) -> None:
    service = world.services["late"].start()
    assert world.outcome("late") == ("failed", "SERVICE_DEADLINE")
    world.assert_nothing_stored()
    assert service.left() == []
    service.stop()


def test_a_target_that_is_down_costs_waiting_and_other_jobs_go_on(world: World) -> None:
    series = world.ask("down")
    until(
        lambda: any(one["Failures"] for one in world.orthanc.json("/autocontour/targets")), "the target is seen to fail"
    )
    assert world.outcome("local") == ("done", None)
    assert world.outcome("good") == ("done", None)
    job = world.orthanc.jobs(Series=series)[0]
    assert job["State"] == "running"
    assert job["Doing"].startswith("waiting for the target (SERVICE_UNREACHABLE), next try in ")
    shown = {one["Name"]: one for one in world.orthanc.json("/autocontour/health")["Targets"]}
    assert shown["down"]["Reason"] == "SERVICE_UNREACHABLE"
    assert shown["good"]["Reason"] is None
    world.services["down"].start()
    assert world.orthanc.job_of(series)["State"] == "done"
    world.services["down"].stop()


@pytest.mark.parametrize("where", some_of(CUT, always=("open", "instances", "rtstruct")))
def test_a_connection_cut_in_any_phase_costs_no_job_and_makes_no_second_result(world: World, where: str) -> None:
    """The service did what it was asked for, twice, and the gateway was not told."""
    with world.services[f"cut-{where}"].start() as service:
        assert world.outcome(f"cut-{where}") == ("done", None)
        assert len(world.orthanc.rtstructs()) == 1
        assert service.left() == []
        assert service.metric("autocontour_transfers_ended_total") == 1, "it was sent once"


def test_a_token_revoked_in_the_middle_ends_the_job_and_the_service_deletes_at_its_deadline(world: World) -> None:
    with world.services["revoked"].start() as service:
        series = world.ask("revoked")
        until(lambda: len(service.left()) >= 12, "the series lies at the service")
        for site in service.sites.values():
            site["TokenSha256"] = []
        service.write()
        job = world.orthanc.job_of(series)
        assert (job["State"], job["Error"]["Code"]) == ("failed", "SERVICE_TOKEN")
        world.assert_nothing_stored()
        until(lambda: service.left() == [], "the service deletes it")
        assert world.outcome("good") == ("done", None)


def test_a_paused_target_waits_until_it_is_resumed_and_says_so(world: World) -> None:
    assert world.orthanc.post("/autocontour/targets/good/pause").json()["Paused"]
    try:
        series = world.ask("good")
        until(
            lambda: "paused" in str(world.orthanc.jobs(Series=series)[0].get("Waiting")), "the job says that it waits"
        )
    finally:
        assert not world.orthanc.post("/autocontour/targets/good/resume").json()["Paused"]
    assert world.orthanc.job_of(series)["State"] == "done"


def test_a_cancelled_job_is_deleted_at_the_service(world: World) -> None:
    service = world.services["slow"].start()
    series = world.ask("slow")
    until(lambda: len(service.left()) >= 12, "the series lies at the service")
    job = world.orthanc.jobs(Series=series)[0]
    assert world.orthanc.post(f"/autocontour/jobs/{job['ID']}/cancel").status_code == 200
    until(lambda: service.left() == [], "the service deletes it")
    assert world.orthanc.job_of(series)["State"] == "cancelled"
    world.assert_nothing_stored()
    service.stop()


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("token", "SERVICE_TOKEN"),
        ("authority", "SERVICE_TLS"),
        ("key", "SERVICE_KEY"),
        ("no-token", "SERVICE_TOKEN_FILE"),
    ],
)
def test_what_waiting_does_not_mend_is_final_at_once_and_sends_nothing(world: World, target: str, code: str) -> None:
    before = world.good.metric("autocontour_received_instances_total")
    assert world.outcome(target) == ("failed", code)
    world.assert_nothing_stored()
    assert world.good.metric("autocontour_received_instances_total") == before


def test_services_that_lie_get_nothing_stored_and_nothing_identifying_while_honest_ones_go_on(world: World) -> None:
    """All at once: each in its own way, and two good targets between them."""
    honest = [world.ask("good"), world.ask("local")]
    with contextlib.ExitStack() as stack:
        for lie in LIES:
            stack.enter_context(world.false[lie.replace(" ", "-")])
        asked = {lie: world.ask(lie.replace(" ", "-")) for lie in LIES}
        ended = {lie: world.orthanc.job_of(series) for lie, series in asked.items()}
    told = {lie: (job["State"], {(job["Error"] or {}).get("Code")}) for lie, job in ended.items()}
    assert told == LIES
    assert [world.orthanc.job_of(series)["State"] for series in honest] == ["done", "done"]
    assert len(world.orthanc.rtstructs()) == len(honest)
    world.assert_spool_empty()
    for lie, series in asked.items():
        heard = world.false[lie.replace(" ", "-")].heard
        assert heard, lie
        for word in words(world.orthanc, series):
            assert not any(word in sent for sent in heard), lie


def test_an_roi_that_a_service_names_after_the_patient_is_left_out_and_the_others_are_stored(world: World) -> None:
    with world.false[BESIDE.replace(" ", "-")]:
        job = world.orthanc.job_of(world.ask(BESIDE.replace(" ", "-")))
    assert job["State"] == "done", job["Error"]
    assert [roi["Name"] for roi in job["Rois"]] == ["Heart"]
    assert "ROI 2" in [one["Label"] for one in job["NotDrawn"]]
    assert "number 2" in job["Warnings"][0]
    assert not any(word in json.dumps(job).lower() for word in ("zitronella", "ehrenpreis"))
    stored = pydicom.dcmread(io.BytesIO(world.orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert [roi.ROIName for roi in stored.StructureSetROISequence] == ["Heart"]
    assert [item.ReferencedROINumber for item in stored.ROIContourSequence] == [1]
    assert [item.ReferencedROINumber for item in stored.RTROIObservationsSequence] == [1]


def words(orthanc: OrthancProcess, series: str) -> list[bytes]:
    """What would give the patient of a series away: name, identifier, and every UID of the original."""
    header = orthanc.json(f"/series/{series}")
    study = orthanc.json(f"/studies/{header['ParentStudy']}")
    uids = [header["MainDicomTags"]["SeriesInstanceUID"], study["MainDicomTags"]["StudyInstanceUID"]]
    uids += [orthanc.json(f"/instances/{header['Instances'][0]}")["MainDicomTags"]["SOPInstanceUID"]]
    return [word.encode() for word in (*PATIENT.name.split("^"), PATIENT.identifier, *uids)]


def test_a_connection_that_breaks_again_and_again_is_waited_out(world: World) -> None:
    """A proxy that cuts each of its first twelve connections after 60 kB."""
    with world.cutter as cutter:
        assert world.outcome("cut") == ("done", None)
        assert cutter.cut == 12, cutter.cut
    assert world.good.left() == []


class Cutter:
    """A TCP proxy on a free port."""

    def __init__(self, target: int, cuts: int, after: int) -> None:
        self.port, self.cut = free_port(), 0
        self._target, self._cuts, self._after = target, cuts, after
        self._listener = socket.create_server(("127.0.0.1", self.port))

    def __enter__(self) -> Cutter:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            limit = None
            if self.cut < self._cuts:
                self.cut += 1
                limit = self._after
            threading.Thread(target=self._pump, args=(client, server, limit), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, None), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        left = limit
        try:
            while chunk := source.recv(16384):
                if left is not None:
                    left -= len(chunk)
                    if left < 0:
                        # What was passed on arrives; a reset would throw away what the service has not yet read.
                        sink.shutdown(socket.SHUT_WR)
                        source.close()
                        return
                sink.sendall(chunk)
        except OSError:
            pass
        for one in (source, sink):
            one.close()
