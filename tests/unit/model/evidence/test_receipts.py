"""A receipt counts only for the transfer, the step and the files that it names, and from the key that was pinned."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from model.errors import EvidenceRefused
from model.evidence.facts import Facts
from model.evidence.files import Head
from model.evidence.receipt import Receipt, Step, issue_receipt, read_receipt
from model.evidence.signed import DocumentKind, sign
from model.evidence.signing import SigningKey
from tests.builders.evidence import digest

SERVICE = SigningKey.new()
NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
TRANSFER, OTHER = "3f0c8a62-6a1f-4a51-9a53-0d3f4f0b7a11", "11111111-6a1f-4a51-9a53-0d3f4f0b7a11"
VERIFIED: Facts = {"instances": 120, "manifest": digest("manifest")}


def issue(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "step": Step.VERIFIED,
        "transfer": TRANSFER,
        "facts": VERIFIED,
        "head": Head(7, digest("head")),
    } | changes
    return issue_receipt(time=NOW, key=SERVICE, **arguments)


def test_a_receipt_is_read_as_it_was_issued() -> None:
    receipt = read_receipt(
        issue(), [SERVICE.public], transfer=TRANSFER, step=Step.VERIFIED, manifest=digest("manifest")
    )
    assert receipt == Receipt(Step.VERIFIED, TRANSFER, "2026-11-03T08:00:00.000Z", VERIFIED, Head(7, digest("head")))


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        ({"transfer": OTHER}, "RECEIPT_FOREIGN"),
        ({"step": Step.DELETED}, "RECEIPT_FOREIGN"),
        ({"manifest": digest("other")}, "RECEIPT_FOREIGN"),
        ({"keys": [SigningKey.new().public]}, "SIGNATURE_KEY"),
    ],
)
def test_a_receipt_for_something_else_does_not_count(expected: dict[str, Any], code: str) -> None:
    arguments = {"keys": [SERVICE.public], "transfer": TRANSFER, "step": Step.VERIFIED} | expected
    with pytest.raises(EvidenceRefused) as refused:
        read_receipt(issue(), **arguments)
    assert refused.value.code == code


def test_a_changed_receipt_does_not_count() -> None:
    changed = json.loads(json.dumps(issue()).replace('"instances": 120', '"instances": 119'))
    with pytest.raises(EvidenceRefused) as refused:
        read_receipt(changed, [SERVICE.public], transfer=TRANSFER, step=Step.VERIFIED)
    assert refused.value.code == "SIGNATURE_WRONG"


@pytest.mark.parametrize("nonsense", [None, 3, "receipt", [], {}, {"document": {}}, {"document": None}, {"sha256": 1}])
def test_what_is_no_receipt_is_refused_politely(nonsense: object) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        read_receipt(nonsense, [SERVICE.public], transfer=TRANSFER, step=Step.VERIFIED)
    assert refused.value.code == "SIGNATURE_SHAPE"


@pytest.mark.parametrize(
    ("step", "facts"),
    [
        (Step.VERIFIED, {"instances": 120}),
        (Step.VERIFIED, {**VERIFIED, "note": "Testperson"}),
        (Step.REJECTED, {"findings": {"Testperson^Ada": 1}}),
        (Step.DELETED, {"files": 1, "left": 0, "verified": "yes"}),
    ],
)
def test_a_receipt_holds_no_free_text_and_lacks_nothing(step: Step, facts: dict[str, Any]) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        issue(step=step, facts=facts)
    assert refused.value.code == "EVIDENCE_FACT"
    body = {"step": step.value, "transfer": TRANSFER, "time": "2026-11-03T08:00:00.000Z", "facts": facts, "head": None}
    with pytest.raises(EvidenceRefused):
        read_receipt(sign(DocumentKind.RECEIPT, body, SERVICE), [SERVICE.public], transfer=TRANSFER, step=step)


@pytest.mark.parametrize("transfer", ["Testperson", "4711", ""])
def test_a_transfer_is_named_by_a_random_identifier(transfer: str) -> None:
    with pytest.raises(EvidenceRefused):
        issue(transfer=transfer)


def test_a_rejection_and_a_deletion_can_be_attested() -> None:
    rejected = issue(step=Step.REJECTED, facts={"findings": {"FILE_META": 3}}, head=None)
    assert read_receipt(rejected, [SERVICE.public], transfer=TRANSFER, step=Step.REJECTED).head is None
    deleted = issue(step=Step.DELETED, facts={"files": 121, "left": 0, "verified": "LISTED"})
    assert read_receipt(deleted, [SERVICE.public], transfer=TRANSFER, step=Step.DELETED).facts["left"] == 0
