"""A job is done when its RTSTRUCT was fetched back and is the same: filters, full and read-only archives, rewriting."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RTStructureSetStorage
from pynetdicom import AE, evt
from pynetdicom.events import EventHandlerType

from model.errors import TargetFailed
from plugin.group.membership import GatewayFenced
from plugin.pacs.client import Orthanc
from plugin.pacs.storing import store
from tests.builders.faulty_gateway import wrapper
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, free_port, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.e2e.conftest import section

Start = Callable[..., OrthancProcess]

WITH_SEG = AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": "local", "Outputs": ["RTSTRUCT", "SEG"]}}
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="mounting a small disk takes root, as continuous integration has"
)


def letting_in(folder: Path, *modalities: str) -> dict[str, Any]:
    """Orthanc's options with a Lua filter that lets these modalities in and no others."""
    script = folder / "filter.lua"
    allowed = " or ".join(f"dicom.Modality == '{modality}'" for modality in modalities)
    script.write_text(f"function ReceivedInstanceFilter(dicom, origin, info)\n  return {allowed}\nend\n")
    return {"LuaScripts": [str(script)]}


def assert_nothing_is_attested(orthanc: OrthancProcess, job: dict[str, Any], code: str) -> None:
    """The job failed with a code and a sentence, nothing of it is in Orthanc, and nobody signed that anything is."""
    assert (job["State"], job["Error"]["Code"]) == ("failed", code), job["Error"]
    assert "retry" in job["Error"]["Message"]
    assert job["Rtstruct"] is None
    assert orthanc.rtstructs() == []
    certificate = orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
    assert (certificate["State"], certificate["Outcome"], certificate["Stored"]) == ("closed", "failed", None)
    assert list((Path(orthanc.section.get("StateDirectory", orthanc.state)) / "spool").iterdir()) == []


def assert_retry_succeeds(orthanc: OrthancProcess, job: dict[str, Any]) -> None:
    assert orthanc.post(f"/autocontour/jobs/{job['ID']}/retry").status_code == 200
    again = orthanc.job_of(job["Series"])
    assert again["State"] == "done", again["Error"]
    assert len(orthanc.rtstructs()) == 1
    certificate = orthanc.json(f"/autocontour/evidence/{again['EvidenceCode']}")["document"]["body"]
    assert len(certificate["Stored"]["Digest"]) == 64


def test_a_filter_that_drops_the_rtstruct_fails_the_job_until_it_is_let_in(
    start_orthanc: Start, tmp_path: Path
) -> None:
    orthanc = start_orthanc(options=letting_in(tmp_path, "CT", "MR"))
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert_nothing_is_attested(orthanc, job, "STORE_FILTERED")
    letting_in(tmp_path, "CT", "RTSTRUCT")
    orthanc.restart()
    assert_retry_succeeds(orthanc, job)


def test_a_filter_that_drops_the_segmentation_is_said_in_the_job(start_orthanc: Start, tmp_path: Path) -> None:
    pytest.importorskip("highdicom", reason="the extra seg is not installed")
    orthanc = start_orthanc(options=letting_in(tmp_path, "CT", "RTSTRUCT"), section={"Rules": [WITH_SEG]})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    assert job["Segmentation"] is None
    assert any("STORE_FILTERED" in warning and "SEG" in warning for warning in job["Warnings"]), job["Warnings"]
    assert len(orthanc.rtstructs()) == 1


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "autocontour-test", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def paused_orthanc(start_orthanc: Start, disk: Path, tmp_path: Path) -> OrthancProcess:
    """An Orthanc whose images lie on the small disk, and whose jobs wait a while before they store."""
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "pause:store:6", "FAULT_ONCE": ""}
    options = {"StorageDirectory": str(disk / "storage"), "IndexDirectory": str(tmp_path / "index")}
    return start_orthanc(section={"StateDirectory": str(tmp_path / "state")}, options=options, environment=environment)


def drawn_series(orthanc: OrthancProcess) -> str:
    series = orthanc.store_all(files_of(phantom_series()))
    until(lambda: any("contours" in job["Timings"] for job in orthanc.jobs(Series=series)), "the job is about to store")
    return series


@as_root
def test_a_full_archive_fails_the_job_and_with_room_the_retry_succeeds(
    paused_orthanc: OrthancProcess, disk: Path
) -> None:
    series = drawn_series(paused_orthanc)
    filler = disk / "filler"
    free = os.statvfs(disk)
    filler.write_bytes(bytes(free.f_bavail * free.f_frsize))
    job = paused_orthanc.job_of(series)
    assert_nothing_is_attested(paused_orthanc, job, "ORTHANC_FULL")
    filler.unlink()
    assert_retry_succeeds(paused_orthanc, job)


@as_root
def test_a_read_only_archive_fails_the_job_and_once_it_writes_the_retry_succeeds(
    paused_orthanc: OrthancProcess, disk: Path
) -> None:
    series = drawn_series(paused_orthanc)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    job = paused_orthanc.job_of(series)
    # Orthanc 1.12 and newer do not tell it from a full one; then the sentence names both.
    code = job["Error"]["Code"]
    assert_nothing_is_attested(paused_orthanc, job, code)
    assert code in ("ORTHANC_READ_ONLY", "ORTHANC_FULL")
    assert "read-only" in job["Error"]["Message"]
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert_retry_succeeds(paused_orthanc, job)


def test_an_archive_of_limited_size_that_is_full_fails_the_job(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options={"MaximumStorageSize": 1})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(Phantom(slices=30)))))
    assert_nothing_is_attested(orthanc, job, "ORTHANC_FULL")


def test_an_rtstruct_that_orthanc_writes_anew_with_the_same_content_is_accepted_and_said(start_orthanc: Start) -> None:
    orthanc = start_orthanc(options={"IngestTranscoding": ExplicitVRLittleEndian})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    assert any("IngestTranscoding" in warning for warning in job["Warnings"])


def structure_set(numbers: int, uid: str = "2.25.1001", name: str = "Made^Up") -> bytes:
    """A structure set with one contour of so many numbers, in Implicit VR as ours are."""
    contour, roi, dataset = Dataset(), Dataset(), Dataset()
    contour.ContourData = [f"{number / 7:.8g}" for number in range(numbers)]
    roi.ContourSequence = [contour]
    dataset.SOPClassUID, dataset.SOPInstanceUID = RTStructureSetStorage, uid
    dataset.PatientID, dataset.PatientName, dataset.Modality = "MADE-UP", name, "RTSTRUCT"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.1002", "2.25.1003"
    dataset.ROIContourSequence = [roi]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_an_rtstruct_whose_contours_orthanc_makes_unreadable_is_taken_back(start_orthanc: Start) -> None:
    # In explicit VR a contour of more than 64 KB becomes UN, and readers find none (DICOM PS3.5 6.2.2).
    orthanc = start_orthanc(options={"IngestTranscoding": ExplicitVRLittleEndian}, plugin=False)
    assert store(Orthanc(orthanc.url), structure_set(300), "RTSTRUCT").rewritten
    with pytest.raises(TargetFailed) as refused:
        store(Orthanc(orthanc.url), structure_set(30_000, uid="2.25.1009"), "RTSTRUCT")
    assert refused.value.code == "STORE_CHANGED"
    assert len(orthanc.json("/instances")) == 1


def test_another_object_under_the_same_uid_is_not_taken_for_ours_and_stays(start_orthanc: Start) -> None:
    orthanc = start_orthanc(plugin=False)
    client = Orthanc(orthanc.url)
    theirs = structure_set(300, name="Somebody^Else")
    first = store(client, theirs, "RTSTRUCT")
    assert store(client, theirs, "RTSTRUCT") == first
    with pytest.raises(TargetFailed) as refused:
        store(client, structure_set(300), "RTSTRUCT")
    assert refused.value.code == "STORE_OTHER"
    assert client.instance_file(first.instance) == theirs


class FrozenAfterStoring(Orthanc):
    """Of a gateway that stands still after its request, while another one stores the result of the same job."""

    def __init__(self, url: str, theirs: bytes) -> None:
        super().__init__(url)
        self._theirs = theirs

    def store(self, file: bytes) -> dict[str, Any]:
        answer = super().store(file)
        self.delete_instance(answer["ID"])
        super().store(self._theirs)
        return answer


def test_what_another_gateway_stored_meanwhile_is_not_deleted(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    mine, theirs = structure_set(300, uid="2.25.1010"), structure_set(400, uid="2.25.1010")

    def require_own() -> None:
        raise GatewayFenced

    with pytest.raises(GatewayFenced):
        store(FrozenAfterStoring(orthanc.url, theirs), mine, "RTSTRUCT", require_own)
    (instance,) = Orthanc(orthanc.url).find_instances({"SOPInstanceUID": "2.25.1010"})
    assert Orthanc(orthanc.url).instance_file(instance) == theirs


def test_a_gateway_killed_right_after_storing_stores_the_very_same_again(start_orthanc: Start, tmp_path: Path) -> None:
    pytest.importorskip("highdicom", reason="the extra seg is not installed")
    fault = {"FAULT": "kill:store:after", "FAULT_ONCE": str(tmp_path / "once")}
    orthanc = start_orthanc(
        environment={"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin")} | fault, section={"Rules": [WITH_SEG]}
    )
    series = orthanc.store_all(files_of(phantom_series()))
    until((tmp_path / "once").exists, "the gateway is killed")
    until(lambda: orthanc.get("/autocontour/health").status_code != 200, "Orthanc knows that it is gone")
    orthanc.wait_for_gateway()
    job = orthanc.job_of(series)
    assert job["State"] == "done", job["Error"]
    assert job["Warnings"] == []
    assert orthanc.get(f"/instances/{job['Segmentation']}").status_code == 200
    modalities = sorted(one["MainDicomTags"]["Modality"] for one in orthanc.json("/series?expand"))
    assert modalities == ["CT", "RTSTRUCT", "SEG"]


@pytest.mark.parametrize(("status", "code"), [(0x0122, "MODALITY_REFUSED"), (0xC001, "MODALITY_REFUSED")])
def test_a_node_that_refuses_the_images_ends_the_job_with_its_status(
    start_orthanc: Start, status: int, code: str
) -> None:
    node, port = AE(ae_title="BOX"), free_port()
    node.add_supported_context(CTImageStorage, ExplicitVRLittleEndian)
    handlers: list[EventHandlerType] = [(evt.EVT_C_STORE, lambda _event: status)]
    server = node.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    try:
        orthanc = start_orthanc(
            section=section({"Type": "dicom", "Modality": "box"}),
            options={"DicomModalities": {"box": ["BOX", "127.0.0.1", port]}},
        )
        job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
        assert (job["State"], job["Error"]["Code"]) == ("failed", code), job["Error"]
        assert f"0x{status:04X}" in job["Error"]["Message"]
    finally:
        assert server is not None
        server.shutdown()
