"""Everything that openapi.json promises, asked for through a real Orthanc, with and without a last slash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from model.samples.dicom_series import Patient
from tests.builders.openapi import Described
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import files_of, phantom_series

PATIENT = Patient(name="Operation^Test", identifier="OPERATION-1")
BY_ID = {"PatientID": PATIENT.identifier}
# Of a finished job; what erases comes last.
WANTED: list[tuple[str, str, Any, int]] = [
    ("GET", "/autocontour/health", None, 200),
    ("GET", "/autocontour/metrics", None, 200),
    ("GET", "/autocontour/now", None, 200),
    ("GET", "/autocontour/events", None, 200),
    ("GET", "/autocontour/jobs", None, 200),
    ("POST", "/autocontour/jobs/find", {"State": ["done"], "Counts": True}, 200),
    ("GET", "/autocontour/jobs/{job_id}", None, 200),
    ("GET", "/autocontour/jobs/{job_id}/preview", None, 200),
    ("POST", "/autocontour/jobs/{job_id}/cancel", None, 409),
    ("POST", "/autocontour/jobs/{job_id}/retry", None, 409),
    ("POST", "/autocontour/jobs/{job_id}/deliver", {"Destinations": ["nowhere"]}, 400),
    ("POST", "/autocontour/targets/{name}/pause", None, 200),
    ("POST", "/autocontour/series/{series}/jobs", {"Model": "hu-ct"}, 202),
    ("POST", "/autocontour/studies/jobs", {"Studies": ["{study}"]}, 202),
    ("POST", "/autocontour/studies/{study}/jobs", None, 202),
    ("POST", "/autocontour/lua/series/{series}/jobs", {"Model": "hu-ct"}, 200),
    ("POST", "/autocontour/lua/series/{series}/veto", {"Reason": "of the test"}, 200),
    ("POST", "/autocontour/targets/{name}/resume", None, 200),
    ("GET", "/autocontour/targets", None, 200),
    ("GET", "/autocontour/constancy", None, 200),
    ("GET", "/autocontour/commissioned", None, 200),
    ("POST", "/autocontour/commissioned/reports", {"Model": "hu-ct"}, 400),
    ("GET", "/autocontour/commissioned/faces", None, 200),
    ("POST", "/autocontour/commissioned/faces", {"Model": "hu-ct"}, 400),
    ("GET", "/autocontour/constancy/{test}", None, 404),
    ("POST", "/autocontour/constancy/{test}/run", None, 404),
    ("POST", "/autocontour/constancy/{test}/accept", None, 404),
    ("GET", "/autocontour/quality/charts", None, 200),
    ("POST", "/autocontour/quality/alerts/{alert_id}/acknowledge", {"AcceptLevel": True}, 404),
    ("GET", "/autocontour/support", None, 200),
    ("POST", "/autocontour/support/issued", {"Digest": "0" * 64, "Files": 1}, 200),
    ("GET", "/autocontour/series/{series}", None, 200),
    ("GET", "/autocontour/series/{series}/outgoing", None, 200),
    ("POST", "/autocontour/routing/explain", {"Tags": {"Modality": "CT"}}, 200),
    ("GET", "/autocontour/routing/rules", None, 200),
    ("POST", "/autocontour/routing/try", {"Rules": [], "Last": 1}, 200),
    ("GET", "/autocontour/quality", None, 200),
    ("GET", "/autocontour/quality/{job_id}", None, 200),
    ("GET", "/autocontour/jobs/{job_id}/assessment", None, 409),
    ("POST", "/autocontour/jobs/{job_id}/assessment", None, 409),
    ("GET", "/autocontour/evidence/verify", None, 200),
    ("GET", "/autocontour/evidence/{code}", None, 200),
    ("GET", "/autocontour/dossier", None, 200),
    ("GET", "/autocontour/reports/{month}", None, 200),
    ("GET", "/autocontour/subjects/{PatientID}", None, 200),
    ("POST", "/autocontour/subjects/find", BY_ID, 200),
    ("POST", "/autocontour/subjects/export", BY_ID, 200),
    ("POST", "/autocontour/subjects/objection", BY_ID, 200),
    ("POST", "/autocontour/subjects/withdraw", BY_ID, 200),
    ("POST", "/autocontour/subjects/erase", BY_ID, 200),
]

# As the same job is shown otherwise, and what is refused; asked before anything is erased.
FURTHER: list[tuple[str, str, str, Any, int]] = [
    ("GET", "/autocontour/jobs", "?Cursor=&Limit=1", None, 200),
    ("GET", "/autocontour/jobs", "?Limit=x", None, 400),
    ("GET", "/autocontour/jobs", "?Patient={PatientID}", None, 400),
    ("GET", "/autocontour/jobs", "?series={series}&State=done", None, 400),
    ("GET", "/autocontour/jobs", "?Series={series}&token=of-somebody&", None, 200),
    ("GET", "/autocontour/quality", "?From=2026-01-01", None, 400),
    ("GET", "/autocontour/subjects/{PatientID}", "?Name=x", None, 400),
    ("GET", "/autocontour/jobs", "?Model=hu-ct&Target=local&Flagged=false&Until=2999-01-01", None, 200),
    ("POST", "/autocontour/jobs/find", "", {"Since": "yesterday"}, 400),
    ("GET", "/autocontour/jobs/{job_id}/preview", "?Plane=axial&Slice=100000", None, 422),
    ("GET", "/autocontour/series/{series}/outgoing", "?format=zip", None, 200),
    ("GET", "/autocontour/quality", "?Structure=Lung_L&Since=2026-01-01&Format=csv", None, 200),
    ("GET", "/autocontour/quality", "?Since=yesterday", None, 400),
    ("GET", "/autocontour/evidence/{code}", "?format=pdf", None, 200),
    ("GET", "/autocontour/dossier", "?format=md", None, 200),
    ("GET", "/autocontour/reports/{month}", "?format=pdf", None, 200),
    ("GET", "/autocontour/quality/charts", "?Structure=Heart&Value=Dice", None, 200),
    ("GET", "/autocontour/quality/charts", "?Format=csv", None, 200),
    ("GET", "/autocontour/quality/charts", "?Value=Pain", None, 400),
    ("POST", "/autocontour/routing/explain", "", {"Series": "{series}"}, 200),
    ("POST", "/autocontour/routing/explain", "", {"Series": "-".join(["0" * 8] * 5)}, 404),
    ("POST", "/autocontour/routing/explain", "", {"Serie": "x"}, 400),
    ("POST", "/autocontour/routing/try", "", {"Rules": "{series}"}, 200),
    ("POST", "/autocontour/routing/try", "", {"Rule": "x"}, 400),
    ("POST", "/autocontour/lua/series/{series}/jobs", "", {"Model": "nobody"}, 200),
    ("POST", "/autocontour/series/{series}/jobs", "", {"Model": "nobody"}, 422),
]


@pytest.fixture(scope="module")
def values(shared_orthanc: OrthancProcess) -> Iterator[dict[str, str]]:
    """What stands for the parameters of the addresses."""
    job = shared_orthanc.job_of(shared_orthanc.store_all(files_of(phantom_series(patient=PATIENT))))
    assert job["State"] == "done", job["Error"]
    yield {
        "job_id": job["ID"],
        "series": job["Series"],
        "alert_id": "0" * 24,
        "test": "absent",
        "study": job["Study"],
        "code": job["EvidenceCode"],
        "name": "local",
        "month": f"{datetime.now(UTC):%Y-%m}",
        "PatientID": PATIENT.identifier,
    }
    shared_orthanc.wipe()


Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(shared_orthanc: OrthancProcess) -> Ask:
    def asked(method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, shared_orthanc.url + path, timeout=120, allow_redirects=False, **options)

    return asked


@pytest.fixture(scope="module")
def described(shared_orthanc: OrthancProcess) -> Described:
    return Described(shared_orthanc.json("/autocontour/openapi.json"))


def test_every_operation_of_the_document_is_asked_for_here(described: Described) -> None:
    assert described.operations() == {(method, path) for method, path, _, _ in WANTED}


@pytest.mark.parametrize(("method", "path", "query", "body", "status"), FURTHER)
def test_an_answer_of_another_form_or_status_is_as_described(
    ask: Ask,
    values: dict[str, str],
    described: Described,
    method: str,
    path: str,
    query: str,
    body: dict[str, str] | None,
    status: int,
) -> None:
    filled = body and {key: text.format(**values) for key, text in body.items()}
    answer = ask(method, (path + query).format(**values), json=filled)
    assert answer.status_code == status, answer.text
    described.check(method, path, answer)


@pytest.mark.parametrize("path", sorted({path for method, path, _, _ in WANTED if method == "GET"}))
def test_what_an_address_does_not_take_is_named_and_its_value_is_not(
    ask: Ask, values: dict[str, str], described: Described, path: str
) -> None:
    answer = ask("GET", path.format(**values), params={"nobody": PATIENT.name})
    described.check("GET", path, answer)
    assert (answer.status_code, answer.json()["Error"]) == (400, "BAD_REQUEST")
    assert answer.json()["Message"].startswith("query.nobody: is not known here; this address takes ")
    assert PATIENT.name not in answer.text


@pytest.mark.parametrize(("method", "path", "body", "status"), WANTED)
def test_an_operation_is_answered_as_described_with_and_without_a_last_slash(
    ask: Ask, values: dict[str, str], described: Described, method: str, path: str, body: Any, status: int
) -> None:
    for slash in ("", "/"):
        sent = json.loads(json.dumps(body).replace("{study}", values["study"]))
        answer = ask(method, path.format(**values) + slash, json=sent)
        assert answer.status_code == status, answer.text
        assert answer.content, "no answer is empty"
        described.check(method, path, answer)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", sorted({path for _, path, _, _ in WANTED}))
def test_a_method_that_an_address_lacks_is_answered_with_those_it_has(
    ask: Ask, values: dict[str, str], path: str
) -> None:
    has = {method for method, one, _, _ in WANTED if one == path}
    for method in {"GET", "POST", "PUT", "DELETE"} - has:
        answer = ask(method, path.format(**values))
        if path.endswith("{PatientID}"):  # the old forms of a patient's rights, which are told the new ones
            assert (answer.status_code, answer.json()["Error"]) == (400, "SUBJECT_BY_PATH")
            continue
        assert answer.status_code == 405, (method, answer.text)
        assert set(answer.headers["Allow"].replace(" ", "").split(",")) == has


@pytest.mark.parametrize("path", ["/autocontour", "/autocontour/", "/autocontour/app", "/autocontour/app/"])
def test_the_page_is_there_without_a_redirect(ask: Ask, path: str) -> None:
    answer = ask("GET", path)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_body_above_four_megabytes_is_refused(ask: Ask) -> None:
    answer = ask("POST", "/autocontour/routing/explain", data=b" " * 4_500_000)
    assert (answer.status_code, answer.json()["Error"]) == (413, "TOO_LARGE")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], "though the gateway never saw it"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/autocontour/jobs/x",
        "/autocontour/jobs/..%252F..%252Fsystem",
        "/autocontour/series/..%252F..%252Fsystem/outgoing",
        "/autocontour/series/%3Fexpand/outgoing",
        "/autocontour/reports/2026-13",
        "/autocontour/reports/9999-12",
        "/autocontour/jobs?Series=%00",
        "/autocontour/jobs?Series=%FF",
        "/autocontour/jobs?Limit=1&Limit=x",
        "/autocontour/jobs?Limit=" + "9" * 5000,
        "/autocontour/jobs?Since=%2B%2B",
        "/autocontour/jobs?State=done%26Limit%3D1",
        "/autocontour/nothing",
    ],
)
def test_what_has_not_its_form_is_a_mistake_and_no_fault(ask: Ask, path: str) -> None:
    answer = ask("GET", path)
    assert answer.status_code in (400, 404), answer.text
    assert {"Error", "Message"} <= set(answer.json())


@pytest.mark.parametrize("path", ["/autocontour/jobs/%01", "/autocontour/evidence/%E2%98%83", "/autocontour/%C3%84"])
def test_an_address_of_other_letters_does_not_exist(ask: Ask, path: str) -> None:
    answer = ask("GET", path)
    assert (answer.status_code, answer.json()["HttpStatus"]) == (404, 404), "Orthanc itself says so"


def test_an_address_that_is_no_text_is_refused_by_orthanc_which_goes_on(ask: Ask) -> None:
    for path in ("/autocontour/jobs/%FF", "/autocontour/%C3%28"):
        assert ask("GET", path).status_code >= 400
    assert ask("GET", "/autocontour/health").status_code == 200


def test_headers_that_cannot_be_passed_on_cost_no_thread(ask: Ask) -> None:
    for number in range(20):
        odd = {"Accept": "\u2603".encode(), "Origin": b"\xff\xfe" * number, "Content-Type": b"a\tb\xe2\x98\x83"}
        assert ask("GET", "/autocontour/jobs", headers=odd).status_code in (200, 400)
    assert ask("GET", "/autocontour/health").status_code == 200


def test_a_patient_s_id_goes_through_a_body_as_it_is(ask: Ask, shared_orthanc: OrthancProcess) -> None:
    for text in ("A\\B", "G/", "H/../I", "C//D", "Ä ö", "100%", "a+b", "…/x", "%41", '"', "x\ry", "A^B=C"):
        objected = ask("POST", "/autocontour/subjects/objection", json={"PatientID": text})
        assert (objected.status_code, objected.json()["Objection"]) == (200, True)
        for other in ("A/B", "G", "I", "C/D", "A", "100", "a b", "B", "x y"):
            assert ask("POST", "/autocontour/subjects/find", json={"PatientID": other}).json()["Objection"] is False
        padded = json.dumps({"PatientID": f" {text}\0"})
        assert ask("POST", "/autocontour/subjects/withdraw", data=padded).json()["Withdrawn"] is True


def test_who_objected_under_an_id_with_a_backslash_is_not_contoured(ask: Ask, shared_orthanc: OrthancProcess) -> None:
    assert ask("POST", "/autocontour/subjects/objection", json={"PatientID": "BACK\\SLASH"}).status_code == 200
    ended = {}
    for text in ("BACK\\SLASH", "BACK/SLASH"):
        patient = Patient(name="Backslash^Test", identifier=text)
        ended[text] = shared_orthanc.job_of(shared_orthanc.store_all(files_of(phantom_series(patient=patient))))[
            "State"
        ]
    assert ended == {"BACK\\SLASH": "excluded", "BACK/SLASH": "done"}
    said = ask("POST", "/autocontour/subjects/withdraw", json={"PatientID": "BACK\\SLASH"}).json()
    assert (said["Withdrawn"], said["Series"], said["Jobs"]) == (True, 1, 1)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/autocontour/subjects/A%5CB/objection"),
        ("DELETE", "/autocontour/subjects/A1/objection"),
        ("POST", "/autocontour/subjects/A1/erase"),
        ("GET", "/autocontour/subjects/A%20B"),
        ("GET", "/autocontour/subjects/A%5CB"),
    ],
)
def test_a_right_asked_for_by_an_address_is_told_the_form_that_holds(ask: Ask, method: str, path: str) -> None:
    answer = ask(method, path)
    assert (answer.status_code, answer.json()["Error"]) == (400, "SUBJECT_BY_PATH")
    assert "POST /autocontour/subjects/find" in answer.json()["Message"]


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "Multipart/Form-Data;boundary=x"])
@pytest.mark.parametrize("start", ["/autocontour", "//autocontour", "/system/../autocontour"])
def test_a_form_of_parts_is_refused_because_its_parts_bring_headers_of_their_own(
    ask: Ask, kind: str, start: str
) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\nHost: localhost\r\n\r\n{}\r\n--x--\r\n'
    answer = ask("POST", f"{start}/targets/local/pause", data=part, headers={"Content-Type": kind})
    assert answer.status_code == 403
    assert ask("GET", "/autocontour/targets").json()[0]["Paused"] is False


def test_files_go_to_orthanc_in_a_form_of_parts_as_before(ask: Ask) -> None:
    before = len(ask("GET", "/instances").json())
    files = {"file": ("a.dcm", files_of(phantom_series(patient=PATIENT))[0])}
    assert ask("POST", "/instances", files=files).status_code == 200
    assert len(ask("GET", "/instances").json()) == before + 1
