"""Heads of the peers on record: what another gateway has written is verified up to its head, and the head recorded.

From then on that gateway cannot cut its chain, or write it again, without contradicting this one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import Head
from model.evidence.group import HeldHead, held_heads
from model.evidence.record import stamp
from model.evidence.signing import PublicKey
from plugin.evidence.group.mirrored import MirroredChains
from plugin.evidence.group.retired import retired_heads

# What is wrong with the copy of a peer's chain.
PEER_CHANGED, PEER_CUT = "PEER_CHANGED", "PEER_CUT"


@dataclass(frozen=True, slots=True)
class _End:
    """Where a verified chain ends, and which key signs what follows."""

    head: Head
    key: str


class CrossHeads:
    """Records the peers' heads in this gateway's chain, each once there is news in the peer's own."""

    def __init__(self, chain: Chain, mirrored: MirroredChains) -> None:
        self._chain = chain
        self._mirrored = mirrored
        self._held: dict[str, HeldHead] | None = None
        self._findings: dict[str, tuple[str, str]] = {}

    @property
    def findings(self) -> dict[str, tuple[str, str]]:
        """What is wrong, by gateway: a code, and since when."""
        return dict(self._findings)

    def turn(self) -> int:
        """Record the head of each peer that has news and holds together; returns how many."""
        recorded = 0
        for peer in self._mirrored.peers():
            held = self._known().get(peer)
            try:
                end = self._verified(peer, held)
            except EvidenceRefused as error:
                known = self._findings.get(peer)
                if known is None or known[0] != error.code:
                    self._findings[peer] = (error.code, stamp(datetime.now(UTC)))
                continue
            self._findings.pop(peer, None)
            if end is not None:
                self._record(peer, end)
                recorded += 1
        return recorded

    def _known(self) -> dict[str, HeldHead]:
        if self._held is None:
            heads = held_heads("", self._chain.records(event=Event.PEER_HEAD))
            self._held = {held.gateway: held for held in heads}
        return self._held

    def _record(self, peer: str, end: _End) -> None:
        facts: Facts = {"gateway": peer, "sequence": end.head.sequence, "head": end.head.digest, "key": end.key}
        written = self._chain.append(Event.PEER_HEAD, None, facts)
        self._known()[peer] = HeldHead("", written.sequence, peer, end.key, end.head)

    def _verified(self, peer: str, held: HeldHead | None) -> _End | None:
        """Verify what follows the head that is held; None without news. Raises EvidenceRefused with what is wrong."""
        if held is not None and not self._holds(peer, held) and self._is_retired(held):
            if not self._mirrored.last(peer):
                return None  # all that was copied of a gateway that is gone has reached its end
            held = None
        after = 0 if held is None else held.head.sequence
        if self._mirrored.last(peer) < after or (held is not None and not self._holds(peer, held)):
            raise EvidenceRefused(PEER_CUT, f"The copy of gateway {peer}'s chain lacks a record whose head is held.")
        if not self._mirrored.has_news(peer, after):
            return None
        keys = {key.id: key for key in self._mirrored.keys(peer)}
        # The newest head first: what is appended meanwhile waits for the next look.
        try:
            signed = max(self._mirrored.heads(peer, list(keys.values())), key=lambda head: head.sequence)
        except (EvidenceRefused, ValueError) as error:
            raise EvidenceRefused(PEER_CHANGED, f"The head of gateway {peer} is not signed by its key.") from error
        end = self._walk(peer, held, keys, signed.sequence)
        if end is None or end.head != signed:
            raise EvidenceRefused(PEER_CHANGED, f"The head of gateway {peer} is not the end of its chain.")
        return end

    def _is_retired(self, held: HeldHead) -> bool:
        """Whether the record whose head is held was retired since: by its gateway, or for one that is gone."""
        told = [*self._chain.records(event=Event.MONTH_RETIRED), *self._mirrored.retirements()]
        head = retired_heads(told).get(held.gateway)
        own = self._mirrored.retirements(held.gateway)
        last = max(
            [int(str(one.facts["sequence"])) for one in own] + ([] if head is None else [head.sequence]), default=0
        )
        return last >= held.head.sequence

    def _holds(self, peer: str, held: HeldHead) -> bool:
        """Whether the record whose head is held is still the one that it was."""
        sequence = held.head.sequence
        lines = self._mirrored.lines(peer, sequence - 1, sequence)
        return bool(lines) and lines[0].record is not None and lines[0].record.digest == held.head.digest

    def _walk(self, peer: str, held: HeldHead | None, keys: dict[str, PublicKey], until: int) -> _End | None:
        end = None if held is None else _End(held.head, held.key)
        for line in self._mirrored.lines(peer, 0 if end is None else end.head.sequence, until):
            record = line.record
            if record is None:
                raise EvidenceRefused(PEER_CHANGED, f"A record of gateway {peer} cannot be read.")
            before = end or _End(Head(record.sequence - 1, record.previous), record.key)
            key = keys.get(record.key)
            if (
                key is None
                or record.key != before.key
                or (record.sequence - 1, record.previous) != (before.head.sequence, before.head.digest)
                or hashlib.sha256(line.body).hexdigest() != record.digest
                or not key.signed(record.signature, line.body)
            ):
                raise EvidenceRefused(
                    PEER_CHANGED,
                    f"Record {before.head.sequence + 1} of gateway {peer} is not what its chain goes on with.",
                )
            signer = record.key
            if record.event is Event.KEY_ROTATED:
                handed = PublicKey.of(bytes.fromhex(str(record.facts["new_key"])))
                keys[handed.id] = handed
                signer = handed.id
            end = _End(Head(record.sequence, record.digest), signer)
        return end
