"""What the gateway's parts give is what the types of the REST API say: no key more, and none changed on its way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from starlette.testclient import TestClient

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from model.storage.sqlite import sqlite_url
from plugin.evidence.alerts import Alert, Kind
from plugin.evidence.certificate import issue_certificate
from plugin.evidence.report import Month, issue_report
from plugin.facts.given import given_facts
from plugin.facts.series import known_keywords
from plugin.gateway.api.app import refusing_application
from plugin.gateway.api.hosts import Hosts
from plugin.gateway.api.schemas.errors import UnavailableAnswer, UnhealthyAnswer
from plugin.gateway.api.schemas.evidence import SignedCertificate, VerificationAnswer
from plugin.gateway.api.schemas.health import HealthAnswer, TargetAnswer
from plugin.gateway.api.schemas.jobs import JobAnswer, RoiAnswer
from plugin.gateway.api.schemas.reports import SignedReport
from plugin.gateway.api.schemas.routing import ExplanationAnswer
from plugin.gateway.api.schemas.series import ContourRequest, OutgoingAnswer
from plugin.gateway.api.schemas.subjects import (
    ErasedAnswer,
    ExportAnswer,
    ObjectionAnswer,
    SubjectAnswer,
    WithdrawnAnswer,
)
from plugin.gateway.operations.operations import Operations
from plugin.jobs.job import State
from plugin.jobs.targets import TargetStore
from plugin.pacs.client import Orthanc
from plugin.privacy.outgoing import outgoing
from plugin.settings.evidence import EvidenceSection, Party, Recipient
from plugin.state.database import open_database
from plugin.state.directory import open_state
from routing.decide import decide
from routing.rules import read_rules
from tests.builders.evidence import open_chain, record_job, record_local_job
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.jobs import a_job
from tests.builders.marked import ct, encoded
from tests.builders.untouched import cleaned

DETAILS: dict[str, Any] = {
    "decision": {"Rule": "every CT", "Model": "hu-ct", "Target": "local"},
    "rois": [{"Number": 1, "Name": "Lung_L", "FullName": "Left lung", "Volume": 2000.25, "Flags": ["OFF_GRID"]}],
    "not_drawn": [{"Label": "Brain", "Reason": "not in the image"}],
    "left_out": [{"Instance": "0123abcd-0123abcd-0123abcd-0123abcd-0123abcd", "Reason": "a localizer"}],
    "algorithm": {"Version": "1.0", "Digest": "0" * 64, "Sides": "verified"},
    "findings": {"SELF_CHECK": 2},
    "warnings": ["Look at the images."],
    "timings": {"pseudonymise": 0.5, "draw": 3},
}
RULE = {
    "Name": "all",
    "When": {
        "Modality": "CT",
        "BodyPartExamined": ["CHEST", "THORAX"],
        "SeriesDescription": {"Pattern": "(?i)thorax"},
        "SliceThickness": {"Min": 1, "Max": 5.5},
        "ContrastBolusAgent": {"Exists": False},
        "Uniform": True,
        "Time": {"Min": "08:00", "Max": "18:00"},
        "Slices": 120,
        "Any": [{"Weekday": "Monday"}, {"Not": {"Modality": "MR"}}],
    },
    "Then": {"Model": "hu-ct"},
}
TAGS = {"Modality": "CT", "SliceThickness": "2.5", "ImageType": "ORIGINAL\\PRIMARY", "Slices": 120, "Uniform": True}


def passed(kind: type[BaseModel], document: Any) -> Any:
    """A document after it went through its type, as it leaves: without keys that the type does not know."""
    return kind.model_validate(document).model_dump(mode="json", by_alias=True, exclude_unset=True)


@pytest.fixture
def gateway(tmp_path: Path) -> Operations:
    return gateway_in(tmp_path / "state")


@pytest.mark.parametrize("state", list(State))
def test_a_job_leaves_as_it_is(gateway: Operations, state: State) -> None:
    error = {} if state is State.DONE else {"error_code": "GEOMETRY_GAP", "error_message": "A slice is missing."}
    explanation = explained().to_json(redacted=True)
    job = a_job(state=state, details=DETAILS | {"explanation": explanation}, **error)
    shown = gateway.view.show(job)
    assert passed(JobAnswer, shown) == shown


def test_a_job_that_has_nothing_yet_leaves_as_it_is(gateway: Operations) -> None:
    shown = gateway.view.show(a_job(rule="", details={}))
    assert passed(JobAnswer, shown) == shown
    assert "Explanation" not in shown


def test_a_job_drawn_by_a_node_that_says_little_leaves_as_it_is(gateway: Operations) -> None:
    shown = gateway.view.show(a_job(details={"algorithm": {"Version": "0", "Digest": ""}, "timings": {}}))
    assert passed(JobAnswer, shown) == shown


def test_a_job_of_the_first_release_is_shown() -> None:
    assert passed(JobAnswer, a_job(details={"left_out": 3}).to_json())["LeftOut"] == []


def test_what_a_worker_says_is_in_the_job() -> None:
    shown = a_job().to_json() | {"Progress": 0.4, "Doing": "lungs"}
    assert passed(JobAnswer, shown) == shown


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", SigningKey.new())


def explained() -> Any:
    rules, problems = read_rules([RULE], known_keywords())
    assert problems == []
    return decide(given_facts(TAGS), rules)


@pytest.mark.parametrize("options", [{}, {"redacted": True}, {"redacted": True, "brief": True}])
def test_an_explanation_leaves_as_it_is(options: dict[str, bool]) -> None:
    document = explained().to_json(**options)
    assert document["Rules"][0]["Conditions"]
    left = passed(ExplanationAnswer, document)
    assert left == document
    # 1 is not written as 1.0, nor true as 1.
    assert repr(left) == repr(document)


def test_the_error_of_a_rule_is_in_its_explanation() -> None:
    document = {
        "Outcome": "error",
        "Decisions": [],
        "Reason": "The rule 'all' failed: a pattern did not end within 1 s.",
        "Rules": [{"Name": "all", "Matched": False, "Conditions": [], "Error": "a pattern did not end within 1 s"}],
    }
    assert passed(ExplanationAnswer, document) == document


def test_health_is_what_is_described(gateway: Operations) -> None:
    answer = client_of(gateway).get("/autocontour/health")
    assert answer.status_code == 503, "its Orthanc does not answer"
    works = answer.json() | {"Status": "ok", "Reasons": []}
    del works["Error"], works["Message"]
    assert passed(HealthAnswer, works) == works


def test_a_gateway_that_may_not_work_says_so_as_is_described() -> None:
    alert = Alert(Kind.CHAIN_BROKEN, "2026-01-31T12:00:00.000Z", reason="CHAIN_CUT")
    app = refusing_application(["It was cut."], Hosts.configured([], passwords=True), code="CHAIN_CUT", alerts=[alert])
    for path in ("/autocontour/jobs", "/autocontour/openapi.json"):
        answer = TestClient(app).get(path)
        assert answer.status_code == 503
        assert passed(UnavailableAnswer, answer.json()) == answer.json()


def test_the_health_of_a_gateway_that_cannot_work_is_what_is_described(gateway: Operations) -> None:
    answer = client_of(gateway).get("/autocontour/health")
    assert passed(UnhealthyAnswer, answer.json()) == answer.json()


def test_a_target_leaves_as_it_is(gateway: Operations, tmp_path: Path) -> None:
    TargetStore(open_database(sqlite_url(open_state(tmp_path / "state").jobs))).failed("local", "ORTHANC_UNREACHABLE")
    (target,) = gateway.targets.show()
    assert target["NextTry"] is not None
    assert passed(TargetAnswer, target) == target


def test_the_rights_of_a_patient_leave_as_they_are(gateway: Operations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Orthanc, "series_of_patient", lambda _orthanc, _patient: [])
    code, subjects = new_code(), gateway.evidence.subjects
    job, _ = gateway.table.add(a_job(state=State.DONE, evidence_code=code))
    subjects.remember("4711", "1.2.3", code)
    for kind, document in (
        (SubjectAnswer, gateway.rights.find("4711")),
        (SubjectAnswer, {"PatientID": "4711"} | gateway.rights.find("4711")),
        (ObjectionAnswer, gateway.rights.object_to("4711")),
        (WithdrawnAnswer, gateway.rights.withdraw("4711")),
        (ExportAnswer, gateway.rights.export("4711")),
        (ErasedAnswer, gateway.rights.erase("4711")),
    ):
        assert passed(kind, document) == document, kind.__name__
    assert gateway.table.get(job.id) is None


def test_the_verification_of_the_chain_leaves_as_it_is(gateway: Operations) -> None:
    document = gateway.evidence.verify().to_json()
    assert passed(VerificationAnswer, document) == document


def test_a_key_that_is_not_described_does_not_leave() -> None:
    shown = a_job().to_json()
    assert passed(JobAnswer, shown | {"PatientName": "A^B"}) == shown


def test_names_are_orthanc_s_outside_and_python_s_inside() -> None:
    roi = RoiAnswer(number=1, name="Lung_L", full_name="Left lung", volume=1.5, flags=[])
    assert roi.model_dump(by_alias=True) == {
        "Number": 1,
        "Name": "Lung_L",
        "FullName": "Left lung",
        "Volume": 1.5,
        "Flags": [],
    }
    with pytest.raises(ValidationError):
        ContourRequest.model_validate({"model": "hu-ct"})


def test_a_certificate_is_what_is_described(chain: Chain) -> None:
    for code in (record_job(chain), record_local_job(chain), record_job(chain, until=Event.SENT)):
        recipients = {"cloud": Recipient(Name="Elsewhere GmbH", Country="DE")}
        certificate = issue_certificate(chain, code, recipients)
        assert passed(SignedCertificate, certificate) == certificate


def test_a_report_is_what_is_described(chain: Chain) -> None:
    record_job(chain)
    record_local_job(chain)
    record_job(chain, until=Event.SENT)
    chain.append(Event.ALERT_RAISED, None, {"alert": "CHAIN_BROKEN"})
    chain.append(Event.CONFIG_CHANGED, None, {"before": "0" * 64, "after": "1" * 64})
    evidence = EvidenceSection(Controller=Party(Name="Hospital"), Recipients={"cloud": Recipient(Name="Elsewhere")})
    report = issue_report(chain, Month.parse("2026-11"), evidence, [chain.public_key])
    body = report["document"]["body"]
    assert all(body[part] for part in ("Transfers", "OpenItems", "Changes", "Exceptions", "Recipients"))
    assert passed(SignedReport, report) == report


def test_what_would_leave_is_what_is_described() -> None:
    files = [encoded(ct(index)) for index in range(3)]
    document = json.loads(json.dumps(outgoing(files, cleaned(files))))
    assert passed(OutgoingAnswer, document) == document
