"""Anchors: the head of a chain, signed each day, countersigned by the other end, and time-stamped where configured.

A chain whose last records were cut off is consistent in itself. Only a head that somebody else keeps shows the cut,
so gateway and service each keep the other's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from model.errors import AutocontourError, EvidenceRefused
from model.evidence.canonical_json import canonical
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Fact, Facts
from model.evidence.files import ANCHORS_NAME, Head
from model.evidence.head import head_of, sign_head
from model.evidence.peer import Answer, Witness, last_peer_head, read_answer
from model.evidence.signed import DocumentKind, digest_of, open_signed
from model.evidence.signing import PublicKey
from model.storage.files import write_whole

HEAD_SUFFIX = ".head.json"
COUNTERSIGNATURE_SUFFIX = ".countersignature.json"
# The other end's own head: a witness of its chain, not of ours.
PEER_SUFFIX = ".peer.json"
STAMP_SUFFIX = ".tsr"

Stamper = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What one anchoring gave; ``answers`` has, for each witness by name, None when it countersigned, else a code."""

    day: date
    head: Head
    answers: Mapping[str, str | None]
    stamped: bool
    stamp_failure: str | None = None

    @property
    def countersigned(self) -> bool:
        """Whether somebody else holds this head now."""
        return None in self.answers.values()


def anchor_head(
    chain: Chain,
    *,
    time: datetime | None = None,
    witnesses: Sequence[Witness] = (),
    stamper: Stamper | None = None,
    again: bool = False,
) -> Anchor:
    """Anchor the chain's head: sign it, have it countersigned and stamped, keep all that came, and record it.

    ``stamper`` returns an RFC 3161 reply over the bytes it is given. What fails is named in the result; the signed
    head is kept and recorded in any case, unless this is done ``again`` for those who did not answer before and they
    still do not: an outage leaves no trail of records.
    """
    now = time or datetime.now(UTC)
    signed = sign_head(chain, now)
    content = canonical(signed)
    answers: dict[str, str | None] = {}
    given: list[tuple[Witness, Answer, Head]] = []
    for witness in witnesses:
        held = last_peer_head(chain.records(event=Event.PEER_HEAD), witness.key.id)
        try:
            answer = witness.hand(signed)
            given.append((witness, answer, read_answer(answer, signed, witness.key, held)))
            answers[witness.name] = None
        except (AutocontourError, OSError) as error:
            answers[witness.name] = _code(error, "WITNESS_UNREACHABLE")
    stamped, stamp_failure = _stamp(stamper, content)
    head = head_of(signed["document"]["body"])
    anchor = Anchor(now.astimezone(UTC).date(), head, answers, stamped is not None, stamp_failure)
    if again and not given and stamped is None:
        return anchor
    folder = chain.directory / ANCHORS_NAME
    folder.mkdir(exist_ok=True, mode=0o700)
    name = now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    write_whole(folder / (name + HEAD_SUFFIX), content)
    for witness, answer, _ in given:
        write_whole(folder / f"{name}.{witness.key.id}{COUNTERSIGNATURE_SUFFIX}", canonical(answer.countersignature))
        write_whole(folder / f"{name}.{witness.key.id}{PEER_SUFFIX}", canonical(answer.head))
    if stamped is not None:
        write_whole(folder / (name + STAMP_SUFFIX), stamped)
    facts: dict[str, Fact] = {
        "sequence": head.sequence,
        "head": head.digest,
        "anchor": digest_of(signed),
        "countersigned": bool(given),
        "stamped": stamped is not None,
    }
    for witness, answer, own in given:
        held_now: Facts = {
            "sequence": own.sequence,
            "head": own.digest,
            "key": witness.key.id,
            "anchor": digest_of(answer.countersignature),
        }
        chain.append(Event.PEER_HEAD, None, held_now)
        facts["recipient_key"] = witness.key.id
    chain.append(Event.HEAD_ANCHORED, None, facts)
    return anchor


def read_anchors(folder: Path) -> list[tuple[DocumentKind, bytes]]:
    """Read the anchors of a folder, heads and countersignatures, without judging them."""
    kinds = {HEAD_SUFFIX: DocumentKind.HEAD, COUNTERSIGNATURE_SUFFIX: DocumentKind.COUNTERSIGNATURE}
    return [(kind, path.read_bytes()) for suffix, kind in kinds.items() for path in sorted(folder.glob(f"*{suffix}"))]


def anchored_heads(
    anchors: Iterable[tuple[DocumentKind, bytes]], keys: Collection[PublicKey]
) -> tuple[list[Head], int]:
    """Return the heads of the anchors that the given keys signed, and count the other anchors."""
    heads: list[Head] = []
    others = 0
    for kind, content in anchors:
        try:
            heads.append(head_of(open_signed(kind, json.loads(content), keys)))
        except (EvidenceRefused, ValueError):
            others += 1
    return heads, others


def _stamp(stamper: Stamper | None, content: bytes) -> tuple[bytes | None, str | None]:
    if stamper is None:
        return None, None
    try:
        return stamper(content), None
    except (AutocontourError, OSError) as error:
        return None, _code(error, "TIME_STAMP_UNREACHABLE")


def _code(error: AutocontourError | OSError, unreachable: str) -> str:
    return error.code if isinstance(error, AutocontourError) else unreachable
