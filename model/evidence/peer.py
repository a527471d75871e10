"""Gateway and service hold each other's heads: one hands its head over, the other remembers, countersigns, answers.

Neither has to believe the other: a head that does not follow the one held before is refused, and kept as proof.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.canonical_json import Json
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import Head
from model.evidence.head import head_of, read_signed_head
from model.evidence.record import Record, stamp
from model.evidence.signed import DocumentKind, digest_of, open_signed
from model.evidence.signing import PublicKey

# Answers that are false, unlike those that are late: each is a reason to call somebody.
WRONG_ANSWERS = frozenset(
    {"SIGNATURE_SHAPE", "SIGNATURE_KEY", "SIGNATURE_WRONG", "ANCHOR_FOREIGN", "PEER_STALE", "PEER_BACKWARDS"}
)
# What a service says that holds a later head than the one it was handed.
BACKWARDS = "ANCHOR_BACKWARDS"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other end hands back: its signature that it holds our head, and its own head, signed."""

    countersignature: dict[str, Any]
    head: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Witness:
    """The other end as configured: its name, its pinned key, and how a signed head is handed to it.

    ``hand`` raises AutocontourError or OSError when no answer comes.
    """

    name: str
    key: PublicKey
    hand: Callable[[dict[str, Any]], Answer]


def countersign(signed: dict[str, Any], key: PublicKey, chain: Chain, time: datetime) -> Answer:
    """Answer another party's head: record it in our own chain, sign that we hold it, and hand back our own head.

    Raises EvidenceRefused with ANCHOR_BACKWARDS when that party's chain has become shorter, or forked, since the
    head that we held before: the refusal is the alarm.
    """
    head = read_signed_head(signed, [key])
    held = last_peer_head(chain.records(event=Event.PEER_HEAD), key.id)
    if held is not None and _went_back(head, held):
        raise EvidenceRefused(
            BACKWARDS,
            f"The head at record {head.sequence} does not follow the one held at record {held.sequence}: "
            "that chain was cut or written again.",
        )
    facts: Facts = {"sequence": head.sequence, "head": head.digest, "key": key.id, "anchor": digest_of(signed)}
    recorded = chain.append(Event.PEER_HEAD, None, facts)
    own: dict[str, Json] = {"sequence": recorded.sequence, "sha256": recorded.digest}
    body: dict[str, Json] = {
        "anchor": digest_of(signed),
        "sequence": head.sequence,
        "sha256": head.digest,
        "time": stamp(time),
        "own": own,
    }
    countersignature = chain.sign(DocumentKind.COUNTERSIGNATURE, body)
    return Answer(countersignature, chain.sign(DocumentKind.HEAD, {**own, "time": stamp(time)}))


def read_answer(answer: Answer, anchor: dict[str, Any], key: PublicKey, held: Head | None) -> Head:
    """Verify an answer over this anchor by the pinned key; return the other party's own head.

    ``held`` is the head of that party that we hold already. Raises EvidenceRefused: SIGNATURE_…, ANCHOR_FOREIGN when
    the countersignature is over another head, PEER_BACKWARDS when their chain was cut or forked, PEER_STALE when
    their head is the one we held: the record of this very exchange is then missing from their chain.
    """
    own = read_countersignature(answer.countersignature, anchor, [key])
    if read_signed_head(answer.head, [key]) != own:
        raise EvidenceRefused("ANCHOR_FOREIGN", "The head that came with the countersignature is not the one in it.")
    if held is not None and own == held:
        raise EvidenceRefused("PEER_STALE", "The other end answers with the head that it had before.")
    if held is not None and _went_back(own, held):
        raise EvidenceRefused(
            "PEER_BACKWARDS",
            f"The other end's head at record {own.sequence} does not follow the one held at record {held.sequence}: "
            "its chain was cut or written again.",
        )
    return own


def read_countersignature(signed: object, anchor: dict[str, Any], keys: Collection[PublicKey]) -> Head:
    """Verify that a countersignature is over this anchor by a pinned key; return the other party's own head.

    Raises EvidenceRefused: SIGNATURE_… or ANCHOR_FOREIGN when it is over another head.
    """
    body = open_signed(DocumentKind.COUNTERSIGNATURE, signed, keys)
    stated = anchor["document"]["body"]
    same = (body.get("sequence"), body.get("sha256")) == (stated["sequence"], stated["sha256"])
    if body.get("anchor") != digest_of(anchor) or not same:
        raise EvidenceRefused("ANCHOR_FOREIGN", "The countersignature is over another head than the one that was sent.")
    own = body.get("own")
    return head_of({**own, "time": body.get("time")} if isinstance(own, dict) else {})


def last_peer_head(records: Iterable[Record], key: str) -> Head | None:
    """Find the newest head of the party with this key that a chain's records hold."""
    heads = [
        Head(int(str(record.facts["sequence"])), str(record.facts["head"]))
        for record in records
        if record.event is Event.PEER_HEAD and record.facts["key"] == key
    ]
    return heads[-1] if heads else None


def _went_back(head: Head, held: Head) -> bool:
    return head.sequence < held.sequence or (head.sequence == held.sequence and head != held)
