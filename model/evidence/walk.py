"""One pass over the lines of a chain: is each record readable, whole, in its place, and in its month?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from model.errors import AutocontourError
from model.evidence.event import Event
from model.evidence.facts import check_facts
from model.evidence.files import Head, next_month
from model.evidence.record import Record, body_of
from model.evidence.signing import PublicKey


class Change(StrEnum):
    """What somebody did to the chain, as far as the files show it."""

    EDITED = "edited"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    CUT_OFF = "cut off"
    REWRITTEN = "rewritten"
    UNKNOWN_KEY = "signed by an unknown key"
    MISNAMED = "in a file of another month"
    ANCHOR_LOST = "without the anchor that it names"
    FORBIDDEN = "holding what no record may hold"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that is not as it was written: its sequence number, what happened, and where to look."""

    sequence: int
    change: Change
    file: str
    line: int
    why: str
    # In a group of gateways: whose chain, or copy of a chain, it is where that is not the verified one's own file.
    gateway: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a month file, with the record it holds or None."""

    file: str
    number: int
    raw: bytes
    record: Record | None

    @property
    def body(self) -> bytes:
        """The bytes that were hashed and signed; empty where there is no record."""
        return b"" if self.record is None else body_of(self.raw[:-1], self.record)


class Walk:
    """One pass over the lines that checks everything but the signatures, which it collects."""

    def __init__(
        self,
        lines: Sequence[Line],
        trusted: Mapping[str, PublicKey],
        remarks: list[str],
        start: Head,
        start_month: str | None = None,
    ) -> None:
        self._lines = lines
        self._start = start
        # The last month that was retired, on record.
        self._start_month = start_month
        self._trusted = dict(trusted)
        self._remarks = remarks
        self.passed: list[Record] = []
        self._places: list[int] = []
        self.to_check: list[tuple[Line, PublicKey]] = []

    @property
    def trusted(self) -> list[PublicKey]:
        """The keys that may sign, in the order in which they were handed over."""
        return list(self._trusted.values())

    @property
    def good(self) -> int:
        """How many records hold so far."""
        return len(self.passed)

    @property
    def _expected(self) -> int:
        return self._start.sequence + self.good + 1

    def run(self) -> Broken | None:
        """Walk over all lines; returns the first that breaks the chain, or None."""
        torn = b""
        signer: str | None = None
        for index, line in enumerate(self._lines):
            if line.record is None:
                torn += line.raw
                continue
            broken = self._seal(torn, index) if torn else None
            torn = b""
            broken = broken or self._month(index) or self._place(index, line.record) or self._name(index, line.record)
            if broken is not None:
                forged = None if broken.change is Change.EDITED else self._of_a_forger(index, line.record)
                return forged or broken
            key = self._trusted.get(line.record.key)
            if key is None or (signer is not None and line.record.key != signer):
                return self._broken(index, Change.UNKNOWN_KEY, "its key is not among the trusted ones at this place")
            signer = line.record.key
            self.passed.append(line.record)
            self._places.append(index)
            self.to_check.append((line, key))
            if line.record.event is Event.KEY_ROTATED:
                handed = PublicKey.of(bytes.fromhex(str(line.record.facts["new_key"])))
                self._trusted[handed.id] = handed
                signer = handed.id
        return self._torn_tail(torn)

    def rewind(self, count: int) -> None:
        """Forget what passed after the first ``count`` records."""
        del self.passed[count:], self.to_check[count:]

    def judge_signature(self) -> Broken:
        """Say what happened at the first record whose signature does not verify."""
        index = self._places[self.good]
        return self._judge(index, "its signature does not verify")

    def _place(self, index: int, record: Record) -> Broken | None:
        expected = self._expected
        previous = self.passed[-1].digest if self.passed else self._start.digest
        if hashlib.sha256(self._lines[index].body).hexdigest() != record.digest:
            return self._judge(index, "its content does not have the digest that it was given")
        if record.sequence > expected:
            later = any(
                line.record is not None and line.record.sequence == expected for line in self._lines[index + 1 :]
            )
            change = Change.REORDERED if later else Change.REMOVED
            return self._broken(index, change, f"record {record.sequence} stands where record {expected} belongs")
        if record.sequence < expected:
            if self._is_sibling(index, record):
                self.rewind(self.good - 1)
                return self._broken(self._places[self.good], Change.INSERTED, "the chain goes on from its double")
            return self._broken(index, Change.INSERTED, f"record {record.sequence} stands there a second time")
        if record.previous != previous:
            return self._judge(index, "it does not continue the record before it")
        try:
            check_facts(record.event, record.facts, None)
        except AutocontourError as error:
            return self._broken(index, Change.FORBIDDEN, error.message)
        return None

    def _is_sibling(self, index: int, record: Record) -> bool:
        """Say whether this record, not the one that passed before it, is the one that the chain goes on from."""
        last = self.passed[-1] if self.passed else None
        if last is None or record.previous != last.previous or record.digest == last.digest:
            return False
        following = self._following(index)
        return following is not None and following.previous == record.digest

    def _of_a_forger(self, index: int, record: Record) -> Broken | None:
        """Prefer the plain finding where a record out of place was not signed by its key at all."""
        key = self._trusted.get(record.key)
        if key is None or key.signed(record.signature, record.body()):
            return None
        return self._judge(index, "its signature does not verify")

    def _following(self, index: int) -> Record | None:
        return next((line.record for line in self._lines[index + 1 :] if line.record is not None), None)

    def _judge(self, index: int, why: str) -> Broken:
        """Tell an inserted record from an edited one: after an insertion the true record follows."""
        expected = self._expected
        previous = self.passed[-1].digest if self.passed else self._start.digest
        following = self._following(index)
        true_one_follows = following is not None and following.sequence == expected and following.previous == previous
        return self._broken(index, Change.INSERTED if true_one_follows else Change.EDITED, why)

    def _seal(self, torn: bytes, index: int) -> Broken | None:
        """Accept bytes that are not a record only where the writer sealed and described them."""
        record = self._lines[index].record
        facts = record.facts if record is not None and record.event is Event.CHAIN_REPAIRED else {}
        for candidate in (torn, torn.removesuffix(b"\n")):
            if (
                facts.get("torn_bytes") == len(candidate)
                and facts.get("torn_digest") == hashlib.sha256(candidate).hexdigest()
            ):
                self._remarks.append(
                    f"Record {self._expected} seals {len(candidate)} bytes of a write that was interrupted."
                )
                return None
        return self._judge(index - 1, "it cannot be read")

    def _torn_tail(self, torn: bytes) -> Broken | None:
        if not torn:
            return None
        if torn.endswith(b"\n"):
            return self._broken(len(self._lines) - 1, Change.EDITED, "it cannot be read")
        self._remarks.append(
            f"The last {len(torn)} bytes are of a write that was interrupted; the next start seals them."
        )
        return None

    def _month(self, index: int) -> Broken | None:
        """Require that a file begins only after the one before it was closed, and ends with its closing record."""
        last = self.passed[-1] if self.passed else None
        if last is None:
            return None
        file, before = self._lines[index].file, self._lines[self._places[-1]].file
        closed = last.event is Event.MONTH_CLOSED
        if file != before and not closed:
            return self._broken(index, Change.REMOVED, f"{before} does not end with its closing record")
        if file == before and closed:
            return self._broken(index, Change.INSERTED, f"it stands behind the closing record of {before}")
        return None

    def _name(self, index: int, record: Record) -> Broken | None:
        """Require that a file has its first record's month, or follows the one before where the clock had gone back."""
        file = self._lines[index].file
        before = self._lines[self._places[-1]].file if self._places else None
        if file == before:
            return None
        earlier = before.partition(".")[0] if before is not None else self._start_month
        written = record.time[:7]
        expected = written if earlier is None else max(written, next_month(earlier))
        named = file.partition(".")[0]
        if named == expected:
            return None
        # Killed right after the file was made: what it was made for is missing, and it is repaired or closed later.
        closes = record.event is Event.MONTH_CLOSED and record.facts.get("month") == named
        if named < expected and (closes or record.event is Event.CHAIN_REPAIRED):
            return None
        return self._broken(index, Change.MISNAMED, f"it was written into the file {expected}.jsonl")

    def _broken(self, index: int, change: Change, why: str) -> Broken:
        line = self._lines[index]
        return Broken(self._expected, change, line.file, line.number, why)
