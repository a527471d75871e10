"""A supporter is given what tells of the installation, and nothing of a patient."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model.errors import PrivacyRefused
from plugin.gateway.operations.support import LEFT_OUT, marked, own_words, without_secrets, words_of
from plugin.jobs.job import State
from plugin.pacs.client import Orthanc
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.jobs import a_job

DOE = {"PatientName": "Doe^John", "PatientID": "4711-XY", "PatientBirthDate": "19700131"}


def test_the_configuration_has_no_secrets_and_no_persons() -> None:
    section = {
        "StateDirectory": "/var/lib/orthanc/autocontour",
        "Database": "postgresql://a:secret@db/autocontour",
        "Workers": 2,
        "Targets": {"cloud": {"Url": "https://a:b@example.org/x?token=secret", "TokenFile": "/etc/token"}},
        "Evidence": {"Controller": {"Name": "Hospital"}},
        "Rules": [{"When": {"PatientID": "4711", "Modality": "CT"}}],
    }
    assert without_secrets(section) == {
        "StateDirectory": "/var/lib/orthanc/autocontour",
        "Database": LEFT_OUT,
        "Workers": 2,
        "Targets": {"cloud": {"Url": "https://example.org/x", "TokenFile": "/etc/token"}},
        "Evidence": {"Controller": LEFT_OUT},
        "Rules": [{"When": {"PatientID": LEFT_OUT, "Modality": "CT"}}],
    }


def test_a_value_is_searched_as_a_whole_and_word_by_word() -> None:
    assert words_of("Doe^John Paul") == {"doe^john paul", "doe", "john", "paul"}
    assert words_of("12") == set()
    assert words_of("") == set()


@pytest.mark.parametrize("text", ["rule 'for Doe'", '{"Rule": "doe"}', "id=4711-XY;"])
def test_what_stands_in_a_file_as_a_word_is_found(text: str) -> None:
    markers = words_of(DOE["PatientName"]) | words_of(DOE["PatientID"])
    assert marked({"a.txt": text, "b.txt": "does nothing"}, markers) == {"a.txt": 1}


def test_a_name_that_is_a_word_of_ours_is_searched_only_where_the_site_writes() -> None:
    texts = {"log.txt": "the operation ended", "configuration.json": '{"Name": "of Operation"}'}
    assert marked(texts, words_of("Operation^Doe"), {"operation"}) == {"configuration.json": 1}
    assert marked({"log.txt": "operation^doe"}, words_of("Operation^Doe"), {"operation"}) == {"log.txt": 2}


def test_the_words_of_ours_are_those_of_the_source() -> None:
    assert {"operation", "gateway", "running"} <= own_words()
    assert "zzyzx" not in own_words()


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An Orthanc that knows the patient of every study."""

    def study(_self: Any, _study: str) -> dict[str, Any]:
        return {"PatientMainDicomTags": DOE, "MainDicomTags": {"AccessionNumber": "A-99"}}

    monkeypatch.setattr(Orthanc, "study", study)
    monkeypatch.setattr(Orthanc, "series", lambda *_: {"MainDicomTags": {}})


@pytest.mark.usefixtures("known")
def test_jobs_are_told_by_state_code_and_times(tmp_path: Path) -> None:
    gateway = gateway_in(tmp_path / "state")
    details = {"timings": {"draw": 3.5}}
    gateway.table.add(a_job(state=State.FAILED, error_code="GEOMETRY_GAP", error_message="As Doe.", details=details))
    files = gateway.support.files()
    assert set(files) == {
        *("versions.json", "configuration.json", "health.json", "jobs.json", "log.txt", "chain.json"),
    }
    (job,) = json.loads(files["jobs.json"])
    assert (job["State"], job["Code"], job["Timings"]) == ("failed", "GEOMETRY_GAP", {"draw": 3.5})
    assert "Series" not in job
    assert json.loads(files["versions.json"])["AutoContour"]
    assert json.loads(files["chain.json"])["Head"]["Sequence"] >= 1


@pytest.mark.usefixtures("known")
def test_a_marker_of_a_patient_refuses_everything_and_is_not_repeated(tmp_path: Path) -> None:
    gateway = gateway_in(tmp_path / "state")
    gateway.table.add(a_job(rule="only for Doe", state=State.DONE))
    with pytest.raises(PrivacyRefused) as refused:
        gateway.support.files()
    assert (refused.value.code, refused.value.findings) == ("SUPPORT_MARKED", {"jobs.json": 1})
    assert "Doe" not in refused.value.message
    assert client_of(gateway).get("/autocontour/support").status_code == 422


@pytest.mark.usefixtures("known")
def test_reading_changes_nothing_and_what_was_made_is_on_record(tmp_path: Path) -> None:
    gateway = gateway_in(tmp_path / "state")
    client = client_of(gateway)
    before = json.loads(gateway.support.files()["chain.json"])["Head"]["Sequence"]
    assert client.get("/autocontour/support").status_code == 200
    answer = client.post("/autocontour/support/issued", json={"Digest": "0" * 64, "Files": 6})
    assert (answer.status_code, answer.json()["Record"]) == (200, before + 1)
