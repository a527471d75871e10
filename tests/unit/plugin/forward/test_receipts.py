"""A service's receipts: believed only over these files, with this result, and when nothing is left; then kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import Head
from model.evidence.receipt import Step, issue_receipt
from model.evidence.signing import SigningKey
from model.gate.manifest import Manifest, ManifestFile
from plugin.forward.receipts import Receipts
from plugin.forward.records import ForwardRecords
from tests.builders.evidence import digest
from tests.builders.jobs import a_job

SERVICE, STRANGER = SigningKey.new(), SigningKey.new()
TRANSFER, OTHER = "3f0c8a62-6a1f-4a51-9a53-0d3f4f0b7a11", "11111111-6a1f-4a51-9a53-0d3f4f0b7a11"
RESULT = digest("contours")


def listed(number: int) -> ManifestFile:
    uid = f"2.25.{10**36 + number}"
    return ManifestFile(name=f"000{number}.dcm", sop_instance_uid=uid, sha256=digest(str(number)), size=9)


MANIFEST = Manifest(profile="ct-1", profile_digest=digest("profile"), files=(listed(1), listed(2)))
FACTS: dict[Step, Facts] = {
    Step.VERIFIED: {"instances": 2, "manifest": MANIFEST.list_digest},
    Step.PROCESSED: {"model": "hu-ct", "rois": 3, "result": RESULT},
    Step.DELETED: {"files": 4, "left": 0, "verified": "LISTED"},
}


@pytest.fixture
def records(tmp_path: Path) -> Iterator[ForwardRecords]:
    with Chain.open(tmp_path / "chain", SigningKey.new(), labels=("hu-ct", "cloud")) as chain:
        yield ForwardRecords(chain, a_job(evidence_code=new_code()), tmp_path / "receipts")


def receipt(step: Step, *, key: SigningKey = SERVICE, transfer: str = TRANSFER, **changed: Any) -> dict[str, Any]:
    facts = {**FACTS[step], **changed}
    return issue_receipt(step, transfer, datetime(2026, 11, 3, tzinfo=UTC), facts, Head(7, digest("head")), key)


def receipts(records: ForwardRecords, *changed: dict[str, Any]) -> Receipts:
    """The three receipts of an honest service, some of them exchanged."""
    signed = {step: receipt(step) for step in FACTS}
    signed |= {Step(one["document"]["body"]["step"]): one for one in changed}
    return Receipts({"Receipts": list(signed.values())}, SERVICE.public, TRANSFER, records)


def kept(records: ForwardRecords) -> list[str]:
    return sorted(path.name for path in records.receipts.rglob("*.json"))


def test_honest_receipts_are_recorded_and_kept(records: ForwardRecords) -> None:
    answered = receipts(records)
    answered.require_chain(MANIFEST, RESULT)
    answered.record_deletion()
    assert kept(records) == [f"{TRANSFER}-{step}.json" for step in ("DELETED", "PROCESSED", "VERIFIED")]
    assert records.has(Event.REMOTE_VERIFIED)
    assert records.has(Event.REMOTE_DELETED)
    assert answered.processed == receipt(Step.PROCESSED)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (receipt(Step.VERIFIED, instances=3), "RECEIPT_FOREIGN"),
        (receipt(Step.VERIFIED, manifest=digest("another")), "RECEIPT_FOREIGN"),
        (receipt(Step.VERIFIED, transfer=OTHER), "RECEIPT_FOREIGN"),
        (receipt(Step.PROCESSED, result=digest("others")), "RECEIPT_FOREIGN"),
        (receipt(Step.DELETED, left=1), "RECEIPT_NOT_DELETED"),
        (receipt(Step.DELETED, verified="NOT_VERIFIED"), "RECEIPT_NOT_DELETED"),
    ],
    ids=["count", "files", "transfer", "result", "something is left", "nobody looked"],
)
def test_a_receipt_of_anything_else_is_refused(records: ForwardRecords, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        receipts(records, changed).require_chain(MANIFEST, RESULT)
    assert refused.value.code == code
    assert not records.has(Event.REMOTE_DELETED)


def test_a_receipt_of_another_key_is_refused_and_not_kept(records: ForwardRecords) -> None:
    answered = receipts(records, receipt(Step.DELETED, key=STRANGER))
    with pytest.raises(EvidenceRefused):
        answered.record_deletion()
    answered.keep_all()
    assert kept(records) == [f"{TRANSFER}-{step}.json" for step in ("PROCESSED", "VERIFIED")]
    assert not records.has(Event.REMOTE_DELETED)


@pytest.mark.parametrize("answer", [None, [], {}, {"Receipts": None}, {"Receipts": [None, 3, {}, {"document": {}}]}])
def test_an_answer_without_receipts_is_one_that_is_missing(records: ForwardRecords, answer: object) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        Receipts(answer, SERVICE.public, TRANSFER, records).record_deletion()
    assert refused.value.code == "RECEIPT_MISSING"
    assert kept(records) == []
