"""The decision of a person leaves the gateway as JSON, FHIR and DICOM SR: right, on record, by default of nobody."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import highdicom
import pydicom
import pytest
import requests
from fhir.resources.R4B.bundle import Bundle

from tests.builders.edited import MIM, returned
from tests.builders.marked import NAME, RECORD, STUDY, marks_in
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, OrthancProcess, until
from tests.builders.traces import Traces
from tests.orthanc.test_edits_are_compared import Contoured, another_version
from tests.orthanc.test_edits_name_nobody import marked
from tests.orthanc.test_edits_under_our_own_uid import moved
from tests.orthanc.test_silence import Listener, marked_series
from tests.unit.model.rtstruct.test_validators import dciodvfy


@pytest.fixture(scope="module")
def listened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Contoured, Listener]]:
    """The marked patient's series is contoured; somebody listens to the state, temporary files and command lines."""
    folder = tmp_path_factory.mktemp("assessed")
    temporary = folder / "temporary"
    temporary.mkdir()
    orthanc = OrthancProcess(
        folder / "orthanc",
        {"Rules": [AXIAL_CT]},
        options={"OverwriteInstances": True},
        environment={"TMPDIR": str(temporary)},
    ).start()
    listener = Listener([orthanc.state, temporary], set())
    listener.start()
    job = orthanc.job_of(orthanc.store_all(marked_series()))
    assert job["State"] == "done", job["Error"]
    ours = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    yield Contoured(orthanc, job, ours), listener
    orthanc.stop()


@pytest.fixture(scope="module")
def contoured(listened: tuple[Contoured, Listener]) -> Contoured:
    return listened[0]


def ask(contoured: Contoured, **query: str) -> requests.Response:
    return contoured.orthanc.get(f"/autocontour/jobs/{contoured.job['ID']}/assessment", params=query)


@pytest.fixture(scope="module")
def edited(contoured: Contoured) -> str:
    """A version that somebody edited and approved, full of markers; before it nothing was assessed."""
    before = ask(contoured)
    assert (before.status_code, before.json()["Error"]) == (409, "NOT_ASSESSED")
    instance = contoured.store(marked(returned(contoured.ours, MIM).dataset))
    version = contoured.version(instance)
    assert (version["State"], version["Approval"]) == ("compared", "APPROVED"), version["Code"]
    return instance


def verdicts(contoured: Contoured) -> dict[str | None, str]:
    rois = contoured.orthanc.json(f"/autocontour/quality/{contoured.job['ID']}")["Rois"]
    return {roi["Name"]: "kept" if roi["Verdict"] == "untouched" else roi["Verdict"] for roi in rois}


def test_the_three_formats_tell_the_same_decisions(contoured: Contoured, edited: str, tmp_path: Path) -> None:
    plain, fhir, report = ask(contoured).json(), ask(contoured, format="fhir"), ask(contoured, format="sr")
    decided = {roi["Name"]: roi["Decision"] for roi in plain["Rois"]}
    assert decided == verdicts(contoured)
    assert {"kept", "edited", "deleted"} <= set(decided.values())
    assert fhir.headers["Content-Type"].startswith("application/fhir+json")
    bundle = Bundle.model_validate_json(fhir.content)
    entities = {entity.name: entity for entity in bundle.entry[1].resource.entity}
    assert {name: entities[name].detail[0].valueString for name in decided if name} == {
        name: decision for name, decision in decided.items() if name
    }
    assert report.headers["Content-Type"] == "application/dicom"
    path = tmp_path / "report.dcm"
    path.write_bytes(report.content)
    ours = tmp_path / "ours.dcm"
    ours.write_bytes(contoured.orthanc.get(f"/instances/{contoured.job['Rtstruct']}/file").content)
    assert set(dciodvfy(path)) - set(dciodvfy(ours)) == set(), "those of the patient's attributes stay"
    subprocess.run(["dsrdump", str(path)], capture_output=True, check=True, timeout=60)
    read: Any = highdicom.sr.srread(path)
    told = {
        group.tracking_identifier: group.get_qualitative_evaluations()[0].value.value.lower().replace("_", " ")
        for group in read.content.get_image_measurement_groups()
    }
    assert {name: told[name] for name in decided if name} == {name: one for name, one in decided.items() if name}
    assert (read.PatientID, str(read.PatientName), read.StudyInstanceUID) == (RECORD, NAME, STUDY)


def test_the_record_that_is_named_is_in_the_certificate(contoured: Contoured, edited: str) -> None:
    plain = ask(contoured).json()
    body = contoured.orthanc.json(f"/autocontour/evidence/{plain['EvidenceCode']}")["document"]["body"]
    (record,) = [one for one in body["Records"] if one["sha256"] == plain["Record"]["Digest"]]
    assert record["record"]["event"] == "ASSESSED"
    assert record["record"]["facts"]["digest"] == plain["Record"]["Result"]
    assert record["record"]["facts"]["edited"] == plain["Decisions"]["edited"]


def test_the_commands_of_the_page_fetch_both_documents(contoured: Contoured, edited: str, tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "api.md").read_text(encoding="utf-8")
    (commands,) = [block for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL) if "assessment" in block]
    environment = os.environ | {"ORTHANC": contoured.orthanc.url, "JOB": contoured.job["ID"], "HOME": str(tmp_path)}
    (tmp_path / ".netrc").touch()
    subprocess.run(
        ["bash", "-ec", commands], cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=60
    )
    Bundle.model_validate_json((tmp_path / "assessment.json").read_bytes())
    assert pydicom.dcmread(tmp_path / "assessment.dcm").Modality == "SR"


def test_objects_are_named_only_where_it_is_asked(contoured: Contoured, edited: str) -> None:
    assert ask(contoured).json()["Objects"] is None
    named = ask(contoured, identified="true").json()["Objects"]
    theirs = contoured.orthanc.json(f"/instances/{edited}")["MainDicomTags"]["SOPInstanceUID"]
    assert (named["Reference"], named["Other"]) == (str(contoured.ours.SOPInstanceUID), theirs)
    bundle = ask(contoured, format="fhir", identified="true")
    Bundle.model_validate_json(bundle.content)
    assert f"urn:oid:{theirs}" in bundle.text


def test_an_rtstruct_of_ours_names_model_version_digest_and_evidence(contoured: Contoured) -> None:
    code = contoured.job["EvidenceCode"]
    printed = "-".join(code[start : start + 4] for start in range(0, 16, 4))
    used = contoured.job["Algorithm"]
    wanted = (contoured.job["Model"], used["Version"], used["Digest"], printed)
    gateway = contoured.ours.ContributingEquipmentSequence[-1]
    for said in (str(contoured.ours.StructureSetDescription), str(gateway.ContributionDescription)):
        assert [one for one in wanted if one not in said] == []


def test_the_report_is_stored_on_request_once_and_makes_no_job(contoured: Contoured, edited: str) -> None:
    orthanc, job = contoured.orthanc, contoured.job
    path = f"/autocontour/jobs/{job['ID']}/assessment"
    before = set(orthanc.json("/instances"))
    stored = [orthanc.post(path).json()["Instance"] for _ in range(2)]
    assert len(set(stored)) == 1
    assert set(orthanc.json("/instances")) - before == {stored[0]}
    assert orthanc.json(f"/instances/{stored[0]}/study")["ID"] == job["Study"]
    assert orthanc.get(f"/instances/{stored[0]}/file").content == ask(contoured, format="sr").content
    series = orthanc.json(f"/instances/{stored[0]}")["ParentSeries"]
    until(lambda: orthanc.json(f"/autocontour/series/{series}")["Outcome"] != "arriving", "the report was looked at")
    assert [one["ID"] for one in orthanc.jobs(Study=job["Study"])] == [job["ID"]]


def test_nothing_that_leads_to_the_patient_is_told_or_kept(listened: tuple[Contoured, Listener], edited: str) -> None:
    contoured, listener = listened
    orthanc, job = contoured.orthanc, contoured.job
    told = {form: ask(contoured, format=form).content for form in ("json", "fhir")}
    named = {f"named {form}": ask(contoured, format=form, identified="true").content for form in ("json", "fhir")}
    report = ask(contoured, format="sr").content
    orthanc.post(f"/autocontour/jobs/{job['ID']}/assessment")
    listener.listen()
    ids = {job["ID"], job["Series"], job["Study"], job["Rtstruct"], edited}
    ids |= {str(contoured.ours.SOPInstanceUID), str(contoured.ours.SeriesInstanceUID), STUDY, RECORD, NAME}
    ids |= {orthanc.json(f"/instances/{edited}")["MainDicomTags"]["SOPInstanceUID"]}
    for level in ("patients", "studies", "series", "instances"):
        ids |= set(orthanc.json(f"/{level}"))
    traces = Traces(ids)
    assert {form: traces.found_in(content) for form, content in told.items() if traces.found_in(content)} == {}
    assert all(traces.found_in(content) for content in named.values()), "the search itself finds what is there"
    evidence = {
        f"evidence of {route}": orthanc.get(f"/autocontour/{route}").content
        for route in (f"evidence/{job['EvidenceCode']}", "evidence/verify", "health", "metrics", "jobs", "quality")
    }
    said = {**told, **named, **evidence, "log": orthanc.log.read_bytes()}
    assert {where: marks_in(content) for where, content in said.items() if marks_in(content)} == {}
    assert listener.heard == {}
    kept = {
        path.name: traces.found_in(path.read_bytes())
        for path in (orthanc.state / "evidence").rglob("*")
        if path.is_file() and traces.found_in(path.read_bytes())
    }
    assert kept == {}
    assert marks_in(report), "the report has the patient, for it stays in the patient's study"


def test_a_version_is_chosen_and_one_that_is_none_is_refused(contoured: Contoured, edited: str) -> None:
    other = contoured.store(another_version(contoured.ours))
    contoured.version(other)
    assert set(ask(contoured, Version=other).json()["Decisions"].items()) >= {("edited", 0), ("deleted", 0)}
    assert ask(contoured).json()["Version"]["Effective"] is True
    nobody = ask(contoured, Version=contoured.job["Rtstruct"])
    assert (nobody.status_code, nobody.json()["Error"]) == (404, "NO_VERSION")
    assert ask(contoured, format="pdf").status_code == 400
    stored = contoured.orthanc.post(f"/autocontour/jobs/{contoured.job['ID']}/assessment", json={"Version": other})
    kept = contoured.orthanc.get(f"/instances/{stored.json()['Instance']}/file").content
    assert kept == ask(contoured, format="sr", Version=other).content
    assert kept != ask(contoured, format="sr").content, "the version that counts is another"


def test_a_report_of_what_is_gone_or_was_replaced_is_refused(contoured: Contoured, edited: str) -> None:
    orthanc = contoured.orthanc
    lost = contoured.store(another_version(contoured.ours))
    contoured.version(lost)
    orthanc.delete(f"/instances/{lost}")
    gone = ask(contoured, format="sr", Version=lost)
    assert (gone.status_code, gone.json()["Error"]) == (409, "ASSESSMENT_GONE")
    told = ask(contoured, Version=lost, identified="true").json()
    assert (told["Objects"]["Other"], told["Decisions"]["edited"]) == (None, 0)
    assert contoured.store(moved(contoured.ours)) == contoured.job["Rtstruct"]
    changed = ask(contoured, format="sr")
    assert (changed.status_code, changed.json()["Error"]) == (409, "COMPARISON_OURS_CHANGED")
    assert json.loads(ask(contoured).content)["Rois"]


def test_after_the_erasure_there_is_nothing_to_export(contoured: Contoured, edited: str) -> None:
    erased: Any = contoured.orthanc.post("/autocontour/subjects/erase", json={"PatientID": RECORD})
    assert erased.status_code == 200, erased.text
    assert ask(contoured).status_code in (404, 409)
