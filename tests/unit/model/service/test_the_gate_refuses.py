"""One finding refuses the whole transfer: 422 with rules and counts, everything deleted, both signed for."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from model.evidence.receipt import Step, read_receipt
from plugin.privacy.clean import CleanSeries
from tests.builders.phantom import Phantom, file_of, files_of, phantom_series
from tests.builders.service_process import ServiceProcess, SiteClient
from tests.builders.untouched import cleaned

NAME = "Vertraulich^Testmann"
Attempt = Callable[[SiteClient, str, CleanSeries], requests.Response]


def identified() -> bytes:
    """A slice as it came from the scanner."""
    return file_of(phantom_series(Phantom(slices=3, size=64), PatientName=NAME)[0])


def another_patient(north: SiteClient, transfer: str, series: CleanSeries) -> requests.Response:
    other = cleaned(files_of(phantom_series(Phantom(size=64, pixel_mm=6.0))))
    return north.put(transfer, series.files[0].sop_instance_uid, other.files[0].data)


def as_long_as(announced: bytes, other: bytes) -> bytes:
    """Another file with as many bytes: UIDs are not all of one length."""
    return other[: len(announced)].ljust(len(announced), b"\0")


ATTEMPTS: dict[str, tuple[str, Attempt]] = {
    "a file with the patient in it": (
        "", lambda north, transfer, series: north.put(transfer, series.files[1].sop_instance_uid, identified()),
    ),
    "another file than was announced": (
        "MANIFEST",
        lambda north, transfer, series: north.put(
            transfer, series.files[1].sop_instance_uid, as_long_as(series.files[1].data, series.files[2].data)
        ),
    ),
    "one bit changed": (
        "MANIFEST",
        lambda north, transfer, series: north.put(
            transfer, series.files[1].sop_instance_uid, series.files[1].data[:-2] + b"\1\0"
        ),
    ),
    "more bytes than were announced": (
        "FILE_SIZE",
        lambda north, transfer, series: north.put(
            transfer, series.files[1].sop_instance_uid, series.files[1].data + NAME.encode()
        ),
    ),
    "a small body that unpacks to a large one": (
        "FILE_SIZE",
        lambda north, transfer, series: north.put(
            transfer, series.files[1].sop_instance_uid, gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"
        ),
    ),
    "an instance that was not announced": (
        "MANIFEST", lambda north, transfer, series: north.put(transfer, "2.25.4711", series.files[1].data),
    ),
    "a path that carries text": (
        "MANIFEST", lambda north, transfer, series: north.put(transfer, NAME, series.files[1].data),
    ),
    "a header that carries text": (
        "HEADER_NOT_ALLOWED",
        lambda north, transfer, series: north.put(
            transfer, series.files[1].sop_instance_uid, series.files[1].data, X_Patient=NAME
        ),
    ),
    "a file name in a header": (
        "HEADER_NOT_ALLOWED",
        lambda north, transfer, series: north.put(
            transfer, series.files[1].sop_instance_uid, series.files[1].data,
            Content_Disposition=f'attachment; filename="{NAME}.dcm"',
        ),
    ),
    "a query that carries text": (
        "QUERY_NOT_ALLOWED",
        lambda north, transfer, series: north.put(
            transfer, f"{series.files[1].sop_instance_uid}?patient={NAME}", series.files[1].data
        ),
    ),
    "a part with a file name": (
        "HEADER_NOT_ALLOWED",
        lambda north, transfer, series: north.call(
            "POST", f"/v1/transfers/{transfer}/instances",
            files={"file": (f"{NAME}.dcm", series.files[1].data, "application/dicom")},
        ),
    ),
    "a slice of another patient": ("", another_patient),
}  # fmt: skip


@pytest.mark.parametrize("what", ATTEMPTS)
def test_one_finding_deletes_the_whole_transfer(
    service: ServiceProcess, north: SiteClient, series: CleanSeries, what: str
) -> None:
    rule, attempt = ATTEMPTS[what]
    before = service.metric("autocontour_transfers_rejected_total")
    transfer = north.open(series)
    north.put(transfer, series.files[0].sop_instance_uid, series.files[0].data)
    answer = attempt(north, transfer, series)
    assert answer.status_code == 422, answer.text
    assert answer.json()["Error"] == "GATE"
    findings = answer.json()["Findings"]
    assert findings
    assert any(found.startswith(rule) for found in findings), findings
    assert_gone(service, north, transfer, series)
    assert service.metric("autocontour_transfers_rejected_total") == before + 1
    assert "Vertraulich" not in answer.text + service.tail(1000)


def assert_gone(service: ServiceProcess, north: SiteClient, transfer: str, series: CleanSeries) -> None:
    assert service.left() == []
    assert north.status(transfer)["State"] == "rejected"
    assert north.put(transfer, series.files[3].sop_instance_uid, series.files[3].data).status_code == 410
    assert north.begin(transfer).status_code == 410
    receipts = north.receipts(transfer)
    assert north.steps(transfer) == ["REJECTED", "DELETED"]
    assert read_receipt(receipts[0], [service.key], transfer=transfer, step=Step.REJECTED).facts["findings"]
    assert read_receipt(receipts[1], [service.key], transfer=transfer, step=Step.DELETED).facts["left"] == 0


def test_one_bad_instance_among_two_hundred(service: ServiceProcess, north: SiteClient) -> None:
    slices = phantom_series(Phantom(slices=200, size=32, pixel_mm=12.0, step_mm=2.0))
    series = cleaned(files_of(slices))
    south = service.client("south")
    other = cleaned(files_of(phantom_series(Phantom(size=64, pixel_mm=6.0))))
    beside = south.open(other)
    south.put(beside, other.files[0].sop_instance_uid, other.files[0].data)
    transfer = north.open(series)
    for file in series.files[:150]:
        north.put(transfer, file.sop_instance_uid, file.data)
    answer = north.put(transfer, series.files[150].sop_instance_uid, identified())
    assert answer.status_code == 422
    assert len(service.left()) == 1, "the other site's instance, and nothing of this one's"
    south.put_all(beside, other)
    south.begin(beside)
    south.wait(beside, "ready")
    south.fetch(beside)
    south.call("DELETE", f"/v1/transfers/{beside}")
    assert_gone(service, north, transfer, series)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"files": ()}, "SERIES_EMPTY"),
        ({"profile": "own-1"}, "PROFILE"),
        ({"profile_digest": "0" * 64}, "PROFILE"),
    ],
    ids=["empty", "unknown profile", "other profile of that name"],
)
def test_a_wrong_announcement_is_refused(
    service: ServiceProcess, north: SiteClient, series: CleanSeries, change: dict[str, Any], rule: str
) -> None:
    transfer, answer = north.announce(series.manifest.model_copy(update=change))
    assert answer.status_code == 422, answer.text
    assert rule in answer.json()["Findings"]
    assert north.steps(transfer) == ["REJECTED", "DELETED"]
    assert service.left() == []


def test_an_instance_announced_twice_is_refused(north: SiteClient, series: CleanSeries) -> None:
    files = (series.manifest.files[0], *series.manifest.files[:3])
    _, answer = north.announce(series.manifest.model_copy(update={"files": files}))
    assert answer.json()["Findings"] == {"FILE_NAME": 1, "INSTANCE_TWICE": 1}


def test_a_wrong_count_is_refused(service: ServiceProcess, north: SiteClient, series: CleanSeries) -> None:
    from model.evidence.signed import DocumentKind, sign
    from model.service.wire import announce

    body = announce("cd" * 16, "hu-ct", series.manifest, north.key)["document"]["body"]
    answer = north.call("POST", "/v1/transfers", json=sign(DocumentKind.TRANSFER, body | {"count": 11}, north.key))
    assert (answer.status_code, answer.json()["Findings"]) == (422, {"MANIFEST": 1})
    assert north.steps("cd" * 16) == ["REJECTED", "DELETED"]
    assert service.left() == []


def test_an_unknown_model_is_refused(north: SiteClient, series: CleanSeries) -> None:
    transfer, answer = north.announce(series.manifest, model="no-such-model")
    assert (answer.status_code, answer.json()["Error"]) == (422, "MODEL_UNKNOWN")
    assert north.call("GET", f"/v1/transfers/{transfer}").status_code == 404


def test_a_replayed_id_is_refused(north: SiteClient, series: CleanSeries) -> None:
    transfer = north.send(series)
    north.wait(transfer, "ready")
    north.call("DELETE", f"/v1/transfers/{transfer}")
    _, again = north.announce(series.manifest, transfer=transfer)
    assert (again.status_code, again.json()["Error"]) == (409, "TRANSFER_USED")
    other = cleaned(files_of(phantom_series(Phantom(size=64, pixel_mm=6.0))))
    opened = north.open(other)
    _, changed = north.announce(series.manifest, transfer=opened)
    assert changed.status_code == 409
    north.call("DELETE", f"/v1/transfers/{opened}")


def test_a_manifest_changed_after_it_was_signed_is_refused(north: SiteClient, series: CleanSeries) -> None:
    from model.service.wire import announce

    document = announce("ab" * 16, "hu-ct", series.manifest, north.key)
    document["document"]["body"]["count"] += 1
    answer = north.call("POST", "/v1/transfers", json=document)
    assert (answer.status_code, answer.json()["Error"]) == (422, "SIGNATURE_WRONG")


def test_starting_before_all_is_there_is_refused_and_deletes_nothing(north: SiteClient, series: CleanSeries) -> None:
    transfer = north.open(series)
    north.put(transfer, series.files[0].sop_instance_uid, series.files[0].data)
    answer = north.begin(transfer)
    assert (answer.status_code, answer.json()["Error"]) == (409, "INCOMPLETE")
    assert north.status(transfer)["Received"] == 1
    north.call("DELETE", f"/v1/transfers/{transfer}")


@pytest.fixture(autouse=True)
def _nothing_left(service: ServiceProcess) -> Iterator[None]:
    yield
    assert service.left() == []
