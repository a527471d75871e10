"""The service's receipts: verified or rejected, processed, deleted; each signed, each naming the service's chain."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.facts import Fact, check_names, is_own_id
from model.evidence.files import Head
from model.evidence.record import is_stamp, stamp
from model.evidence.signed import DocumentKind, open_signed, sign
from model.evidence.signing import PublicKey, SigningKey


class Step(StrEnum):
    """What a receipt attests."""

    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    PROCESSED = "PROCESSED"
    DELETED = "DELETED"


# Which facts a receipt of each step holds; names and kinds are those of the chain's records.
_NEEDS: Mapping[Step, frozenset[str]] = {
    Step.VERIFIED: frozenset({"instances", "manifest"}),
    Step.REJECTED: frozenset({"findings"}),
    Step.PROCESSED: frozenset({"model", "rois", "result"}),
    Step.DELETED: frozenset({"files", "left", "verified"}),
}
_MAY: Mapping[Step, frozenset[str]] = {
    Step.VERIFIED: frozenset({"bytes", "profile", "profile_digest", "quote"}),
    Step.REJECTED: frozenset({"instances", "manifest", "code"}),
    Step.PROCESSED: frozenset({"model_version", "engine_version", "duration_ms"}),
    Step.DELETED: frozenset({"bytes", "code", "missing"}),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One step of one transfer, attested by the service; ``head`` is its own chain's when it signed."""

    step: Step
    transfer: str
    time: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    head: Head | None = None


def issue_receipt(
    step: Step, transfer: str, time: datetime, facts: Mapping[str, Fact], head: Head | None, key: SigningKey
) -> dict[str, Any]:
    """Sign a receipt; raises EvidenceRefused with EVIDENCE_FACT when its facts are not those of the step."""
    body: dict[str, Any] = {
        "step": step.value,
        "transfer": transfer,
        "time": stamp(time),
        "facts": dict(facts),
        "head": None if head is None else {"sequence": head.sequence, "sha256": head.digest},
    }
    _check(body)
    return sign(DocumentKind.RECEIPT, body, key)


def read_receipt(
    signed: object, keys: Collection[PublicKey], *, transfer: str, step: Step, manifest: str | None = None
) -> Receipt:
    """Return the receipt that was expected: of this transfer and step, and over this manifest where one is given.

    Raises EvidenceRefused: SIGNATURE_… when it is not signed by a pinned key, RECEIPT_FOREIGN when it is of another
    transfer, step or manifest, EVIDENCE_FACT when it holds what no receipt holds.
    """
    body = open_signed(DocumentKind.RECEIPT, signed, keys)
    receipt = _check(body)
    if receipt.transfer != transfer or receipt.step is not step:
        raise EvidenceRefused("RECEIPT_FOREIGN", "The receipt is of another transfer or of another step.")
    if manifest is not None and receipt.facts.get("manifest") != manifest:
        raise EvidenceRefused("RECEIPT_FOREIGN", "The receipt is over other files than those that were sent.")
    return receipt


def _check(body: Mapping[str, Any]) -> Receipt:
    try:
        step = Step(body["step"])
        transfer, time, facts, head = body["transfer"], body["time"], body["facts"], body["head"]
        known = Head(int(head["sequence"]), str(head["sha256"])) if head is not None else None
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceRefused("EVIDENCE_FACT", "The receipt lacks its step, transfer, time, facts or head.") from error
    if not isinstance(facts, Mapping) or not isinstance(transfer, str) or not is_own_id(transfer) or not is_stamp(time):
        raise EvidenceRefused("EVIDENCE_FACT", "A receipt names its transfer by a random identifier, its time in UTC.")
    check_names(f"A receipt of {step}", facts, _NEEDS[step], _MAY[step], None)
    return Receipt(step, transfer, time, dict(facts), known)
