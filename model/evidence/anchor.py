"""Anchors: the head of a chain, signed each day, countersigned by the other end, and time-stamped where configured.

A chain whose last records were cut off is consistent in itself. Only a head that somebody else keeps shows the cut,
so gateway and service each keep the other's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from model.evidence.canonical import Json, canonical
from model.evidence.chain import Chain
from model.evidence.errors import EvidenceRefused
from model.evidence.event import Event
from model.evidence.facts import Fact, Facts
from model.evidence.files import ANCHORS_NAME, Head, sync_directory
from model.evidence.record import Record, is_stamp, stamp
from model.evidence.signed import Document, digest_of, open_signed
from model.evidence.signing import PublicKey

HEAD_SUFFIX = ".head.json"
COUNTERSIGNATURE_SUFFIX = ".countersignature.json"
STAMP_SUFFIX = ".tsr"

Countersigner = Callable[[dict[str, Any]], dict[str, Any]]
Stamper = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What one day's anchoring gave; the reason is a code when something that was asked for did not come."""

    day: date
    head: Head
    countersigned: bool
    stamped: bool
    failures: tuple[str, ...] = ()


def sign_head(chain: Chain, time: datetime) -> dict[str, Any]:
    """Sign the chain's present head as a document to hand out."""
    head = chain.head()
    return chain.sign(Document.HEAD, {"sequence": head.sequence, "sha256": head.digest, "time": stamp(time)})


def read_signed_head(signed: object, keys: Collection[PublicKey]) -> Head:
    """Return the head that a signed document states; raises EvidenceRefused when it is none or not by these keys."""
    return _head(open_signed(Document.HEAD, signed, keys))


def countersign(signed: dict[str, Any], key: PublicKey, chain: Chain, time: datetime) -> dict[str, Any]:
    """Answer another party's head: record it in our own chain, sign that we hold it, and state our own head.

    Raises EvidenceRefused with ANCHOR_BACKWARDS when that party's chain has become shorter, or forked, since the
    head that we held before: the refusal is the alarm.
    """
    head = read_signed_head(signed, [key])
    held = last_peer_head(chain.records(event=Event.PEER_HEAD), key.id)
    if held is not None and (head.sequence < held.sequence or (head.sequence == held.sequence and head != held)):
        raise EvidenceRefused(
            "ANCHOR_BACKWARDS",
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
    return chain.sign(Document.COUNTERSIGNATURE, body)


def read_countersignature(signed: object, anchor: dict[str, Any], keys: Collection[PublicKey]) -> Head:
    """Verify that a countersignature is over this anchor by a pinned key; return the other party's own head.

    Raises EvidenceRefused: SIGNATURE_… or ANCHOR_FOREIGN when it is over another head.
    """
    body = open_signed(Document.COUNTERSIGNATURE, signed, keys)
    stated = anchor["document"]["body"]
    same = (body.get("sequence"), body.get("sha256")) == (stated["sequence"], stated["sha256"])
    if body.get("anchor") != digest_of(anchor) or not same:
        raise EvidenceRefused("ANCHOR_FOREIGN", "The countersignature is over another head than the one that was sent.")
    return _head({"time": body.get("time"), **body["own"]} if isinstance(body.get("own"), dict) else {})


def last_peer_head(records: Iterable[Record], key: str) -> Head | None:
    """Find the newest head of the party with this key that a chain's records hold."""
    heads = [
        Head(int(str(record.facts["sequence"])), str(record.facts["head"]))
        for record in records
        if record.event is Event.PEER_HEAD and record.facts["key"] == key
    ]
    return heads[-1] if heads else None


def anchor_head(
    chain: Chain,
    *,
    time: datetime | None = None,
    countersigner: Countersigner | None = None,
    peer_keys: Sequence[PublicKey] = (),
    stamper: Stamper | None = None,
) -> Anchor:
    """Anchor the chain's head: sign it, have it countersigned and stamped, keep all three, and record that it was done.

    ``countersigner`` sends the signed head to the service and returns its answer; ``stamper`` returns an RFC 3161
    reply over the bytes it is given. What fails is named in the result; the signed head is kept in any case.
    """
    now = time or datetime.now(UTC)
    signed = sign_head(chain, now)
    content = canonical(signed)
    failures: list[str] = []
    peer: dict[str, Any] | None = None
    peer_head: Head | None = None
    if countersigner is not None:
        try:
            peer = countersigner(signed)
            peer_head = read_countersignature(peer, signed, peer_keys)
        except (EvidenceRefused, OSError) as error:
            peer = None
            failures.append(error.code if isinstance(error, EvidenceRefused) else "COUNTERSIGNER_UNREACHABLE")
    stamped: bytes | None = None
    if stamper is not None:
        try:
            stamped = stamper(content)
        except (EvidenceRefused, OSError) as error:
            failures.append(error.code if isinstance(error, EvidenceRefused) else "TIME_STAMP_UNREACHABLE")
    folder = chain.directory / ANCHORS_NAME
    folder.mkdir(exist_ok=True, mode=0o700)
    name = now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    _keep(folder / (name + HEAD_SUFFIX), content)
    if peer is not None:
        _keep(folder / (name + COUNTERSIGNATURE_SUFFIX), canonical(peer))
    if stamped is not None:
        _keep(folder / (name + STAMP_SUFFIX), stamped)
    sync_directory(folder)
    head = _head(signed["document"]["body"])
    facts: dict[str, Fact] = {
        "sequence": head.sequence,
        "head": head.digest,
        "anchor": digest_of(signed),
        "countersigned": peer is not None,
        "stamped": stamped is not None,
    }
    if peer is not None and peer_head is not None:
        signer = str(peer["document"]["key"])
        held: Facts = {
            "sequence": peer_head.sequence,
            "head": peer_head.digest,
            "key": signer,
            "anchor": digest_of(peer),
        }
        chain.append(Event.PEER_HEAD, None, held)
        facts["recipient_key"] = signer
    chain.append(Event.HEAD_ANCHORED, None, facts)
    return Anchor(now.astimezone(UTC).date(), head, peer is not None, stamped is not None, tuple(failures))


def read_anchors(folder: Path) -> list[tuple[Document, bytes]]:
    """Read the anchors of a folder, heads and countersignatures, without judging them."""
    kinds = {HEAD_SUFFIX: Document.HEAD, COUNTERSIGNATURE_SUFFIX: Document.COUNTERSIGNATURE}
    return [(kind, path.read_bytes()) for suffix, kind in kinds.items() for path in sorted(folder.glob(f"*{suffix}"))]


def anchored_heads(anchors: Iterable[tuple[Document, bytes]], keys: Collection[PublicKey]) -> tuple[list[Head], int]:
    """Return the heads of the anchors that the given keys signed, and count the other anchors."""
    heads: list[Head] = []
    others = 0
    for kind, content in anchors:
        try:
            heads.append(_head(open_signed(kind, json.loads(content), keys)))
        except (EvidenceRefused, ValueError):
            others += 1
    return heads, others


def _head(body: dict[str, Any]) -> Head:
    sequence, digest, time = body.get("sequence"), body.get("sha256"), body.get("time")
    if not isinstance(sequence, int) or not isinstance(digest, str) or not is_stamp(time):
        raise EvidenceRefused("SIGNATURE_SHAPE", "The document states no head of a chain.")
    return Head(sequence, digest)


def _keep(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
