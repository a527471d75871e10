"""A model that is not the one of the baseline, and a vendor whose answer moved by one voxel, are found within a run."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from model.evidence.event import Event
from model.evidence.files import read_records
from model.samples.dicom_series import Patient
from tests.builders.answering_server import AnsweringServer
from tests.builders.leftovers import pseudonyms_in_orthanc
from tests.builders.orthanc_process import OrthancProcess, free_port, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.vendor import Vendor, square

Start = Callable[..., OrthancProcess]
REFERENCE = Patient(name="Wiederkehr^Phantom", identifier="HERKUNFT-Q")


def reference(folder: Path) -> Path:
    """A folder of the site's own with a CT phantom."""
    folder.mkdir()
    for number, file in enumerate(files_of(phantom_series(patient=REFERENCE))):
        (folder / f"{number:03d}.dcm").write_bytes(file)
    return folder


def configured(orthanc: OrthancProcess) -> list[dict[str, Any]]:
    return list(orthanc.json("/autocontour/constancy"))


def ended(orthanc: OrthancProcess, runs: int) -> dict[str, Any]:
    """The one test, once so many of its runs have ended."""

    def there() -> dict[str, Any] | None:
        (test,) = configured(orthanc)
        over = len(test["Runs"]) >= runs and test["State"] != "running"
        return test if over else None

    found: dict[str, Any] = until(there, f"{runs} runs of the constancy test")
    return found


def run_again(orthanc: OrthancProcess) -> dict[str, Any]:
    (test,) = configured(orthanc)
    answer = orthanc.post(f"/autocontour/constancy/{test['ID']}/run")
    assert answer.status_code == 202, answer.text
    return ended(orthanc, len(test["Runs"]) + 1)


def alerts(orthanc: OrthancProcess) -> list[tuple[str, str]]:
    found = [(one["Alert"], one["Reason"]) for one in orthanc.json("/autocontour/health")["Alerts"]]
    return [one for one in found if one[0].startswith("CONSTANCY")]


def events(orthanc: OrthancProcess, run: dict[str, Any]) -> list[Event]:
    code = run["EvidenceCode"].replace("-", "")
    return [record.event for record in read_records(orthanc.state / "evidence" / "chain", code)]


def test_the_embedded_model_draws_the_same_voxels_again(start_orthanc: Start, tmp_path: Path) -> None:
    test = {"Model": "hu-ct", "Series": str(reference(tmp_path / "reference"))}
    orthanc = start_orthanc(section={"Constancy": [test], "Rules": []})
    first = ended(orthanc, 1)
    assert first["State"] == "baseline", first
    again = run_again(orthanc)
    assert again["State"] == "passed", again
    assert {roi["Same"] for roi in again["Runs"][0]["Rois"]} == {True}
    assert again["Runs"][0]["Digest"] == again["Baseline"]["Digest"]
    assert events(orthanc, again["Runs"][0])[-2:] == [Event.CONSTANCY_PASSED, Event.CLOSED]
    # No job, nothing in Orthanc, nothing left of what was pseudonymised.
    assert orthanc.jobs() == []
    assert orthanc.json("/series") == []
    assert list((orthanc.state / "spool").iterdir()) == []
    assert alerts(orthanc) == []
    for word in ("Wiederkehr", "HERKUNFT"):
        assert word.encode() not in (orthanc.state / "jobs.sqlite").read_bytes()


def _library(folder: Path, name: str, scale: float) -> Path:
    """A package of a small network with one weight."""
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from tests.builders import sided

    source = folder / name
    source.mkdir()
    options = ImportOptions(name="tiny", license="MIT", description=sided.description_of_halves("LPS"))
    import_model(sided.weighted_halves(source, scale), folder / f"{name}-library", options, samples=sided.samples)
    return folder / f"{name}-library" / "tiny"


def test_one_bit_of_the_weights_is_found_and_pauses_the_target(start_orthanc: Start, tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")
    one = np.float32(1.0)
    other = np.uint32(one.view(np.uint32) ^ np.uint32(1)).view(np.float32)
    made, changed = _library(tmp_path, "made", float(one)), _library(tmp_path, "changed", float(other))
    test = {"Model": "tiny", "Series": str(reference(tmp_path / "reference")), "OnFail": "pause"}
    orthanc = start_orthanc(section={"Constancy": [test], "ModelsDirectory": str(made.parent)})
    assert ended(orthanc, 1)["State"] == "baseline"
    assert run_again(orthanc)["State"] == "passed"
    shutil.rmtree(made)
    shutil.copytree(changed, made)
    failed = run_again(orthanc)
    assert (failed["State"], failed["Runs"][0]["Code"]) == ("failed", "CONSTANCY_MODEL"), failed["Runs"][0]
    assert "the same voxels" in failed["Runs"][0]["Message"]
    assert ("CONSTANCY_FAILED", "CONSTANCY_MODEL") in alerts(orthanc)
    assert 'autocontour_alerts{alert="CONSTANCY_FAILED"} 1.0' in orthanc.get("/autocontour/metrics").text
    (local,) = orthanc.json("/autocontour/targets")
    assert (local["Paused"], local["Reason"]) == (True, "CONSTANCY_FAILED")
    # A person wanted it: the new baseline is on record, the alert is over, and the target works again when told to.
    accepted = orthanc.post(f"/autocontour/constancy/{failed['ID']}/accept").json()
    assert accepted["Baseline"]["Number"] == failed["Runs"][0]["Number"]
    assert ("CONSTANCY_FAILED", "CONSTANCY_MODEL") not in alerts(orthanc)
    assert run_again(orthanc)["State"] == "passed"
    site = [record.event for record in read_records(orthanc.state / "evidence" / "chain") if record.job is None]
    assert site.count(Event.CONSTANCY_BASELINE) == 1


def moved(slices: list[Dataset]) -> Dataset:
    """The vendor's square, one pixel further along the rows."""
    answer = square(slices)
    step = float(slices[0].PixelSpacing[1])
    for contour in answer.ROIContourSequence[0].ContourSequence:
        numbers = [float(value) for value in contour.ContourData]
        contour.ContourData = [value + step if place % 3 == 0 else value for place, value in enumerate(numbers)]
    return answer


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    box = Vendor(lambda slices: [square(slices)], 0).start()
    yield box
    box.stop()


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


Site = tuple[OrthancProcess, Vendor]


@pytest.fixture
def site(start_orthanc: Start, vendor: Vendor, hook: AnsweringServer, tmp_path: Path) -> Site:
    """An Orthanc with a constancy test of a vendor's node, before its first run."""
    target = {"Type": "dicom", "Modality": "box", "DeadlineMinutes": 2, "Models": ["theirs"]}
    test = {"Target": "box", "Model": "theirs", "Series": str(reference(tmp_path / "reference"))}
    notify = {"Name": "physics", "Type": "webhook", "Url": hook.url, "On": ["quality"]}
    port = free_port()
    vendor.orthanc_port = port
    orthanc = start_orthanc(
        section={"Targets": {"box": target}, "Constancy": [test], "Rules": [], "Notify": [notify]},
        options={"DicomModalities": {"box": ["BOX", "127.0.0.1", vendor.port]}},
        dicom_port=port,
    )
    return orthanc, vendor


def test_a_vendor_whose_answer_moved_by_one_voxel_is_found(site: Site, hook: AnsweringServer) -> None:
    orthanc, vendor = site
    first = ended(orthanc, 1)
    assert first["State"] == "baseline", first
    assert run_again(orthanc)["State"] == "passed"
    vendor.answers = lambda slices: [moved(slices)]
    failed = run_again(orthanc)
    assert (failed["State"], failed["Runs"][0]["Code"]) == ("failed", "CONSTANCY_TOLERANCE"), failed["Runs"][0]
    assert alerts(orthanc) == [("CONSTANCY_FAILED", "CONSTANCY_TOLERANCE")]
    assert events(orthanc, failed["Runs"][0])[-2:] == [Event.CONSTANCY_FAILED, Event.CLOSED]
    assert orthanc.jobs() == []
    assert pseudonyms_in_orthanc(orthanc) == []
    for sent in vendor.heard:
        assert b"Wiederkehr" not in sent
        assert b"HERKUNFT" not in sent
    until(lambda: hook.bodies, "the failure is told")
    # The same failure again is no news.
    assert run_again(orthanc)["State"] == "failed"
    # The vendor took it back: the next run says so, and the alert is over.
    vendor.answers = lambda slices: [square(slices)]
    assert run_again(orthanc)["State"] == "passed"
    assert alerts(orthanc) == []
    # And did it again: that is.
    vendor.answers = lambda slices: [moved(slices)]
    assert run_again(orthanc)["State"] == "failed"
    until(lambda: len(hook.bodies) > 1, "the new failure is told")
    told = [json.loads(body) for body in hook.bodies]
    assert [(one["Code"], one["Reason"], one["Model"], one["Target"], one["Job"]) for one in told] == [
        ("CONSTANCY_FAILED", "CONSTANCY_TOLERANCE", "theirs", "box", None)
    ] * 2
    assert len({one["Alert"] for one in told}) == 2


def test_a_run_that_the_gateway_did_not_survive_is_made_again(site: Site) -> None:
    orthanc, vendor = site
    assert ended(orthanc, 1)["State"] == "baseline"
    vendor.answers = lambda slices: []
    heard = len(vendor.heard)
    (test,) = configured(orthanc)
    assert orthanc.post(f"/autocontour/constancy/{test['ID']}/run").status_code == 202
    until(lambda: len(vendor.heard) >= heard + vendor.whole, "the vendor has the series")
    vendor.answers = lambda slices: [square(slices)]
    os.kill(orthanc.gateway_pid(), signal.SIGKILL)
    orthanc.wait_for_gateway()
    again = ended(orthanc, 3)
    assert [run["Outcome"] for run in again["Runs"]] == ["passed", "error", "baseline"]
    assert again["Runs"][1]["Code"] == "GATEWAY_DIED"
    assert events(orthanc, again["Runs"][1])[-1] == Event.CLOSED
    assert list((orthanc.state / "spool").iterdir()) == []
    assert orthanc.jobs() == []
    assert orthanc.json("/autocontour/evidence/verify")["Valid"]
