"""The report before the field's readers and validators, with a patient of any character set."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import highdicom
import pytest
from dicom_validator.validator.dicom_file_validator import DicomFileValidator
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.valuerep import PersonName

from model.names.entry import Code
from plugin.quality.assessment import vocabulary
from plugin.quality.assessment.assessed import Assessment
from plugin.quality.assessment.objects import AssessedObjects
from plugin.quality.assessment.report import assessment_report
from plugin.quality.assessment.vocabulary import SCHEME, SCHEME_UID
from tests.builders.assessments import DECIDED, EDITED, assessment_in, objects
from tests.builders.dicom_tables import dicom_info
from tests.unit.model.rtstruct.test_validators import dciodvfy

NOW = datetime(2026, 11, 26, 14, 30, 5)
DEVICE = "2.25.4242"


def made_uid(what: str) -> str:
    return f"2.25.{int.from_bytes(what.encode()[:15])}"


def report_of(assessment: Assessment, about: AssessedObjects) -> bytes:
    return assessment_report(assessment, about, made_uid, DEVICE, "0.2.0", NOW)


@pytest.fixture(scope="module")
def assessment(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assessment_in(tmp_path_factory.mktemp("assessed") / "chain")


def items_of(dataset: Dataset) -> list[Dataset]:
    found = list(dataset.get("ContentSequence") or ())
    return found + [one for item in found for one in items_of(item)]


def named(dataset: Dataset, meaning: str) -> list[Dataset]:
    return [one for one in items_of(dataset) if one.ConceptNameCodeSequence[0].CodeMeaning == meaning]


def names(charset: str | list[str], name: str) -> dict[str, object]:
    encodings = {"ISO_IR 192": "utf-8", "ISO_IR 100": "latin-1", "ISO_IR 6": "ascii"}
    return {"SpecificCharacterSet": charset, "PatientName": PersonName(name, [encodings[str(charset)]])}


@pytest.mark.parametrize(
    "patient",
    [{}, names("ISO_IR 192", "Łukasz^山田"), names("ISO_IR 100", "Müller^Jörg"), {"PatientName": "", "StudyID": ""}],
    ids=["plain", "utf-8", "latin-1", "nameless"],
)
def test_no_validator_finds_an_error_and_a_reader_reads_it(
    assessment: Assessment, patient: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "report.dcm"
    path.write_bytes(report_of(assessment, objects("Reviewer^Renate", **patient)))
    assert dciodvfy(path) == []
    (result,) = DicomFileValidator(dicom_info()).validate(str(path)).values()
    # The tables have no conditions, and what a content item holds depends on its value type: dciodvfy knows.
    assert set(result.module_errors) <= {"sr-document-content"}
    program = shutil.which("dsrdump")
    assert program is not None, "dsrdump is missing: install Debian's dcmtk"
    read = subprocess.run(
        [program, "+Pc", str(path)], capture_output=True, text=True, errors="replace", check=False, timeout=60
    )
    assert (read.returncode, [line for line in read.stderr.splitlines() if line[:2] in ("E:", "F:")]) == (0, [])
    assert "Imaging Measurement Report" in read.stdout


def test_a_reader_of_measurement_reports_finds_each_roi(assessment: Assessment, tmp_path: Path) -> None:
    path = tmp_path / "report.dcm"
    path.write_bytes(report_of(assessment, objects()))
    content: Any = highdicom.sr.srread(path).content
    groups = content.get_image_measurement_groups()
    assert len(groups) == len(DECIDED)
    decided: dict[str, Any] = {}
    for group in groups:
        (evaluation,) = [one for one in group.get_qualitative_evaluations() if one.name.value == "DECISION"]
        decided[group.tracking_identifier] = evaluation.value.value
    assert decided == {
        "Lung_L": "EDITED",
        "Lung_R": "KEPT",
        "Heart": "DELETED",
        "Liver": "NOT_COMPARABLE",
        "Added structure 5": "ADDED",
    }
    edited = next(group for group in groups if group.tracking_identifier == "Lung_L")
    numbers = {one.name.value: f"{one.value} {one.unit.value}" for one in edited.get_measurements()}
    assert numbers["DICE"] == f"{EDITED.dice} 1"
    assert numbers["HD95"] == f"{EDITED.hausdorff95} mm"
    assert numbers["SHIFT_Z"] == "1e-07 mm"
    assert numbers["COMMON_DICE"] == "0.99 1"
    (site,) = edited.finding_sites
    assert (site.value.value, site.value.scheme_designator, site.laterality.value) == ("39607008", "SCT", "7771000")


def test_it_says_what_drew_and_which_record_holds_it_and_names_every_object(assessment: Assessment) -> None:
    about = objects()
    read = dcmread(io.BytesIO(report_of(assessment, about)))
    (scheme,) = read.CodingSchemeIdentificationSequence
    assert (scheme.CodingSchemeDesignator, scheme.CodingSchemeUID) == (SCHEME, SCHEME_UID)
    texts = {one.ConceptNameCodeSequence[0].CodeValue: one.get("TextValue") for one in items_of(read)}
    assert texts["EVIDENCE_CODE"].replace("-", "") == assessment.version.evidence_code
    assert (texts["MODEL"], texts["MODEL_VERSION"], texts["MODEL_DIGEST"]) == ("hu-ct", "1.4", "cd" * 32)
    assert (texts["RECORD_DIGEST"], texts["CHAIN_KEY"]) == (assessment.record.digest, assessment.record.key)
    sets = [
        one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for one in items_of(read) if one.ValueType == "COMPOSITE"
    ]
    assert sets == [about.ours.instance, about.theirs.instance]
    listed = {
        str(one.ReferencedSOPInstanceUID)
        for study in read.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    assert listed == {*sets, *(image.instance for image in about.images)}
    assert len(about.images) > 1
    assert (read.PatientID, read.StudyInstanceUID) == (about.header.PatientID, about.header.StudyInstanceUID)
    assert (read.VerificationFlag, read.CompletionFlag) == ("UNVERIFIED", "COMPLETE")


def test_the_codes_of_our_scheme_fit_and_each_means_one_thing() -> None:
    own = [one for one in vars(vocabulary).values() if isinstance(one, Code) and one.scheme == SCHEME]
    own += [*vocabulary.DECISION_CODES.values(), *vocabulary.APPROVAL_CODES.values()]
    own += [one.code for one in (*vocabulary.MEASURES, *vocabulary.SHIFTS, *vocabulary.COMMON)]
    assert len({code.value for code in own}) == len(own) > 40
    assert [code for code in own if len(code.value) > 16 or len(code.meaning) > 64] == []


def test_the_same_decision_gives_the_same_bytes(assessment: Assessment) -> None:
    assert report_of(assessment, objects("A^B")) == report_of(assessment, objects("A^B"))


@pytest.mark.parametrize(
    ("reviewer", "patient", "told"),
    [
        ("Reviewer^Renate", {}, "Reviewer^Renate"),
        ("Žižka^Jan", names("ISO_IR 192", "A^B"), "Žižka^Jan"),
        ("Müller^Eva", names("ISO_IR 100", "A^B"), "Müller^Eva"),
        ("Žižka^Jan", names("ISO_IR 100", "A^B"), None),
        ("山田^太郎", names("ISO_IR 6", "A^B"), None),
        ("x" * 65, {}, None),
        ("A^B\\C^D", {}, None),
        ("", {}, None),
    ],
)
def test_the_reviewer_is_an_observer_where_the_name_can_be_written(
    assessment: Assessment, reviewer: str, patient: dict[str, object], told: str | None
) -> None:
    read = dcmread(io.BytesIO(report_of(assessment, objects(reviewer, **patient))))
    people = [str(one.PersonName) for one in items_of(read) if one.ValueType == "PNAME"]
    assert people == ([] if told is None else [told])
    assert len(named(read, "Reviewer")) == int(bool(reviewer) and told is None), "it is said where a name is left out"
    assert len(named(read, "Observer Type")) == 1 + len(people)
