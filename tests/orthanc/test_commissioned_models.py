"""A rule demands a commissioned model: refused, commissioned by the command, drawn; and what lies outside its range."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from model.evidence.event import Event
from model.evidence.files import read_records
from model.samples.dicom_series import Patient
from plugin.cli import main
from plugin.gateway.api.schemas.commissioned import EXAMPLE
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess
from tests.builders.phantom import files_of, phantom_series
from tests.builders.quality_year import FIRST, Year
from tests.orthanc.test_alerts_of_quality_are_told import put

Start = Callable[..., OrthancProcess]
PATIENT = Patient(name="Abnahme^Fall", identifier="FALL-Q")


def case(folder: Path, number: int, moved: float = 0.0) -> Path:
    """A phantom with an approved structure set: the model's own, its first ROI moved by so many mm."""
    place = folder / f"case{number}"
    place.mkdir(parents=True)
    for index, file in enumerate(files_of(phantom_series(patient=PATIENT))):
        (place / f"{index}.dcm").write_bytes(file)
    assert main(["segment", str(place), "--model", "hu-ct", "-o", str(folder / "drawn.dcm"), "--force"]) == 0
    dataset = pydicom.dcmread(folder / "drawn.dcm")
    dataset.ApprovalStatus = "APPROVED"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    for contour in dataset.ROIContourSequence[0].ContourSequence if moved else ():
        numbers = [float(value) for value in contour.ContourData]
        contour.ContourData = [value + moved if place % 3 == 0 else value for place, value in enumerate(numbers)]
    dataset.save_as(place / "approved.dcm")
    return place


def report(folder: Path, *more: str) -> tuple[dict[str, Any], Path]:
    """What the command says of two cases, one of them edited."""
    cases = [str(case(folder, number, moved)) for number, moved in ((1, 0.0), (2, 9.0))]
    paper = folder / "report.pdf"
    assert main(["commission", "--model", "hu-ct", *cases, "-o", str(paper), *more]) == 0
    assert paper.read_bytes().startswith(b"%PDF")
    written = paper.with_suffix(".json")
    return json.loads(written.read_bytes()), written


def rule(**then: Any) -> dict[str, Any]:
    return {"Rules": [AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": "local", "RequireCommissioned": True} | then}]}


def job_of(orthanc: OrthancProcess, slices: list[Dataset]) -> dict[str, Any]:
    return orthanc.job_of(orthanc.store_all(files_of(slices)))


def test_a_report_lets_the_jobs_of_its_model_run(
    start_orthanc: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orthanc = start_orthanc(section=rule())
    refused = job_of(orthanc, phantom_series())
    assert (refused["State"], refused["Error"]["Code"]) == ("failed", "NOT_COMMISSIONED"), refused["Error"]
    document, written = report(tmp_path, "--against", "hu-ct")
    named = {one["Name"]: one for one in document["Structures"]}
    assert (named["Lung_L"]["Within"], named["Lung_L"]["Untouched"]) == (2, 2)
    (outlier,) = document["Outliers"]
    assert outlier["Case"] == 2
    assert outlier["SurfaceDice"] < 0.8
    assert document["Against"]["Structures"] == document["Structures"]
    assert document["Range"]["ThicknessMm"] == {"Min": 5.0, "Max": 5.0}
    for word in ("Abnahme", "FALL-Q", str(tmp_path)):
        assert word not in written.read_text()
    assert main(["commission", "--register", str(written), "--url", orthanc.url]) == 0
    assert "is registered as commissioned" in capsys.readouterr().out
    assert orthanc.json("/autocontour/commissioned")[0]["Baseline"] == []
    assert main(["commission", "--register", str(written), "--baseline", "--url", orthanc.url]) == 0
    assert orthanc.json("/autocontour/commissioned")[0]["Baseline"] == sorted(named)
    again = orthanc.post(f"/autocontour/jobs/{refused['ID']}/retry")
    assert again.status_code == 200, again.text
    done = orthanc.job_of(refused["Series"])
    assert done["State"] == "done", done["Error"]
    assert not [one for one in done["Warnings"] if "commissioned" in one]
    (one,) = orthanc.json("/autocontour/commissioned")
    assert (one["Model"], one["ModelDigest"]) == ("hu-ct", document["ModelDigest"])
    (record,) = (
        record for record in read_records(orthanc.state / "evidence" / "chain") if record.event is Event.COMMISSIONED
    )
    assert record.facts["report"] == one["Report"]
    certificate = orthanc.json(f"/autocontour/evidence/{done['EvidenceCode']}")
    assert f"commissioned (report {one['Report'][:16]}" in str(certificate)


def test_a_person_may_ask_for_a_model_that_is_not_commissioned_and_the_job_says_so(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule())
    refused = job_of(orthanc, phantom_series())
    assert refused["Error"]["Code"] == "NOT_COMMISSIONED"
    orthanc.post(f"/autocontour/series/{refused['Series']}/jobs", json={"Model": "hu-ct"})
    done = orthanc.job_of(refused["Series"])
    assert done["State"] == "done", done["Error"]
    assert len([one for one in done["Warnings"] if "no report is registered" in one]) == 1


@pytest.mark.parametrize(("wanted", "state"), [("flag", "done"), ("refuse", "failed")])
def test_a_series_outside_the_commissioned_range(start_orthanc: Start, tmp_path: Path, wanted: str, state: str) -> None:
    orthanc = start_orthanc(section=rule(OutOfRange=wanted))
    _, written = report(tmp_path)
    assert main(["commission", "--register", str(written), "--url", orthanc.url]) == 0
    slices = phantom_series()
    for one in slices:
        one.ManufacturerModelName = "Another Scanner"
        one.ContrastBolusAgent = "agent"
    job = job_of(orthanc, slices)
    assert job["State"] == state, job["Error"]
    said = job["Error"]["Message"] if state == "failed" else " ".join(job["Warnings"])
    assert "class of scanner" in said
    assert "with contrast medium" in said
    if state == "failed":
        assert job["Error"]["Code"] == "OUT_OF_RANGE"


def test_a_second_model_that_disagrees_flags_the_job_and_stores_nothing(start_orthanc: Start, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from tests.builders import sided

    description = sided.description_of_halves("LPS")
    description["labels"] = [{"value": 1, "label": "lung_left"}, {"value": 2, "label": "lung_right"}]
    (tmp_path / "file").mkdir()
    options = ImportOptions(name="halves", license="MIT", description=description)
    import_model(sided.halves(tmp_path / "file"), tmp_path / "models", options, samples=sided.samples)
    then = {"Model": "hu-ct", "Target": "local", "SecondModel": {"Model": "halves", "Dice": 0.9}}
    orthanc = start_orthanc(section={"Rules": [AXIAL_CT | {"Then": then}], "ModelsDirectory": str(tmp_path / "models")})
    job = job_of(orthanc, phantom_series())
    assert job["State"] == "done", job["Error"]
    (said,) = [one for one in job["Warnings"] if "second model" in one]
    assert "Lung_L (Dice 0." in said
    assert "External" not in said, "what only one of both draws is no disagreement"
    assert len(orthanc.rtstructs()) == 1
    assert list((orthanc.state / "spool").iterdir()) == []


def test_a_second_model_that_agrees_says_nothing(start_orthanc: Start) -> None:
    then = {"Model": "hu-ct", "Target": "local", "SecondModel": "hu-ct"}
    orthanc = start_orthanc(section={"Rules": [AXIAL_CT | {"Then": then}]})
    job = job_of(orthanc, phantom_series())
    assert job["State"] == "done", job["Error"]
    assert not [one for one in job["Warnings"] if "second model" in one]


def test_charts_begin_with_the_numbers_of_a_report(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section={"Rules": []})
    put(orthanc, Year(share=1.0, count=30).rows(1, end=time.time()))

    def segment() -> dict[str, Any]:
        (chart,) = orthanc.json("/autocontour/quality/charts?Structure=Heart")["Charts"]
        (only,) = chart["Segments"]
        return dict(only)

    assert (segment()["Commissioned"], segment()["Provisional"]) == (False, True)
    body = EXAMPLE | {"Model": "thorax", "ModelDigest": FIRST}
    body |= {"Baseline": {"Heart": {"AddedPathLengthMm": [100.0 + place for place in range(60)]}}}
    answer = orthanc.post("/autocontour/commissioned/reports", json=body)
    assert answer.status_code == 200, answer.text
    assert (segment()["Commissioned"], segment()["Provisional"]) == (True, False)
    assert segment()["Limits"]["Centre"] == pytest.approx(130, abs=5)
