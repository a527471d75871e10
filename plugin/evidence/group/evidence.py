"""What a gateway of a group knows of its peers' evidence: copies that are kept, verified and read."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.files import Head
from model.evidence.group import held_heads, verify_group
from model.evidence.printed_head import printed_head
from model.evidence.record import START, Record, stamp
from model.evidence.verification import Examined, Verification
from model.evidence.walk import Broken, Change, Line
from plugin.evidence.group.cross_heads import CrossHeads
from plugin.evidence.group.mirror import CHANGED, Mirror, join_group
from plugin.evidence.group.mirrored import MirroredChains
from plugin.evidence.group.retired import forget_retired, retire_gone, retired_heads

logger = logging.getLogger(__name__)

# News of the peers is recorded this often, and whenever the own head is anchored.
CROSS_PAUSE = timedelta(minutes=5)
COPY = "the copy of this chain in the group's database"


class GroupEvidence:
    """The chains of a group from one gateway's view; ``gateway`` is its identity."""

    def __init__(self, chain: Chain, engine: sa.Engine, gateway: str) -> None:
        self.gateway = gateway
        self._chain = chain
        self._engine = engine
        join_group(chain, gateway)
        self.mirror = Mirror(chain, engine, gateway)
        self.mirrored = MirroredChains(engine, gateway)
        self._cross = CrossHeads(chain, self.mirrored)
        self._crossed: datetime | None = None
        self._broken_since: dict[str, str] = {}

    def cross(self, now: datetime, *, at_once: bool = False) -> int:
        """Record the heads of peers with news, as far as it is time to; returns how many."""
        if not at_once and self._crossed is not None and timedelta(0) <= now - self._crossed < CROSS_PAUSE:
            return 0
        self._crossed = now
        return self._cross.turn()

    def retire(self, before: str, now: datetime) -> None:
        """Remove the copies of months that were retired here, and of those before one of gateways that are gone."""
        self.mirror.turn()
        forget_retired(self._engine, self._chain, self.gateway)
        retire_gone(self._engine, self._chain, self.mirrored, before, now)

    def records(self, code: str) -> dict[str, list[Record]]:
        """Return the records of a job in all chains, by gateway; raises EvidenceRefused with EVIDENCE_MIRROR."""
        own = self._chain.records(code)
        return ({self.gateway: own} if own else {}) | self.mirrored.records(code)

    def printed_heads(self) -> dict[str | None, str]:
        """Return the newest signed head of each other gateway, as paper keeps it; what cannot be read has none."""
        found: dict[str | None, str] = {}
        for peer in self.mirrored.peers():
            try:
                signed = self.mirrored.newest_head(peer)
            except EvidenceRefused:
                continue  # the verification says what is wrong with it
            if signed is not None:
                found[peer] = printed_head(signed)
        return found

    def findings(self) -> list[tuple[str, str]]:
        """Say what is wrong with copies of chains, as codes and since when."""
        found = [*self._cross.findings.values(), *self._broken_since.items()]
        return found if self.mirror.finding is None else [self.mirror.finding, *found]

    def ends(self) -> dict[str, int]:
        """Return where the chain of each other gateway ends now; to be asked before this one's own is verified."""
        return {peer: self.mirrored.last(peer) for peer in self.mirrored.peers()}

    def verify(self, own: Examined, ends: Mapping[str, int]) -> Verification:
        """Hold this gateway's verified chain against its copy and all other chains, and those against each other.

        ``ends`` is from before this gateway's chain was read: what a peer recorded later may be of records behind it.
        """
        chains = {self.gateway: own}
        failed: dict[str, Verification] = {}
        begins = retired_heads([*own.records, *self.mirrored.retirements()])
        wanted = set(self.mirrored.peers())
        # Of a gateway whose head is held nothing may be left here: then all that was copied of it is gone.
        while wanted := (wanted | _held_in(chains)) - chains.keys():
            chains |= {peer: self._examine(peer, begins.get(peer), failed) for peer in sorted(wanted)}
        answers = verify_group(chains, {**ends, self.gateway: own.verification.head.sequence}) | failed
        copy = self._copy(own)
        others = tuple(_named(answers[name], name) for name in chains if name != self.gateway)
        parts = (*([copy] if copy is not None else []), *others)
        self._note(parts)
        answer = answers[self.gateway]
        broken = answer.broken or next((one.broken for one in parts if one.broken is not None), None)
        return dataclasses.replace(answer, valid=broken is None, broken=broken, gateway=self.gateway, chains=parts)

    def _examine(self, peer: str, begin: Head | None, failed: dict[str, Verification]) -> Examined:
        try:
            return self.mirrored.examine(peer, begin)
        except EvidenceRefused as error:
            broken = Broken(0, Change.REWRITTEN, "", 0, f"its head is not what its gateway signed: {error.message}")
            failed[peer] = Verification(False, 0, Head(0, START), broken)
            return Examined(failed[peer], (), Head(0, START))

    def _copy(self, own: Examined) -> Verification | None:
        """Compare the copy of this very chain, record by record; None where it is one, as far as it has come."""
        if not own.verification.valid:
            return None  # of what is not as it was written there is nothing to compare
        known, last = self.mirror.copied, self.mirrored.last(self.gateway)
        end = self._chain.head().sequence
        rows = self.mirrored.lines(self.gateway, own.start.sequence, own.verification.head.sequence)
        broken = _difference(own.records, rows, own.start.sequence, known)
        if broken is None and last > end:
            why = f"{COPY} has record {last}: this chain was cut off"
            broken = Broken(end + 1, Change.CUT_OFF, "", 0, why)
        if broken is None:
            self.mirror.settle()
            return None
        broken = dataclasses.replace(broken, gateway=self.gateway)
        head = Head(broken.sequence - 1, START)
        return Verification(False, len(rows), head, broken, gateway=self.gateway)

    def _note(self, chains: Sequence[Verification]) -> None:
        now = stamp(datetime.now(UTC))
        codes = {CHANGED} if any(not chain.valid for chain in chains) else set()
        self._broken_since = {code: self._broken_since.get(code, now) for code in codes}
        for chain in chains:
            if chain.broken is not None:
                logger.error(
                    "evidence of gateway %s: record %d is %s: %s",
                    *(chain.gateway, chain.broken.sequence, chain.broken.change.value, chain.broken.why),
                )


def _held_in(chains: Mapping[str, Examined]) -> set[str]:
    return {held.gateway for name, one in chains.items() for held in held_heads(name, one.records)}


def _difference(records: Sequence[Record], rows: Sequence[Line], before: int, known: int) -> Broken | None:
    """Find the first row that is not the record of its number; ``known`` is the last that was copied."""
    for number, (record, row) in enumerate(zip(records, rows, strict=False), before + 1):
        if row.record is not None and row.record.sequence > number:
            return Broken(number, Change.REMOVED, row.file, row.number, f"{COPY} lacks it")
        if row.record is None or row.raw[:-1] != record.line():
            return Broken(number, Change.EDITED, row.file, row.number, f"{COPY} has it otherwise")
    if len(rows) < min(len(records), known - before):
        return Broken(before + len(rows) + 1, Change.CUT_OFF, "", 0, f"{COPY} ends there, and had record {known}")
    return None


def _named(answer: Verification, gateway: str) -> Verification:
    broken = answer.broken
    if broken is not None:
        broken = dataclasses.replace(broken, gateway=gateway, why=f"in the chain of gateway {gateway}: {broken.why}")
    return dataclasses.replace(answer, gateway=gateway, broken=broken)
