"""Verification of a chain from nothing but its files and the public keys: is every record there, and untouched?"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from model.errors import AutocontourError
from model.evidence.anchor import anchored_heads, read_anchors
from model.evidence.event import Event
from model.evidence.facts import check_facts
from model.evidence.files import ANCHORS_NAME, KEYS_NAME, Head, month_files, read_head, read_lines
from model.evidence.record import START, Record, parse_line
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
    NOT_CLOSED = "in a month without its closing record"
    FORBIDDEN = "holding what no record may hold"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that is not as it was written: its sequence number, what happened, and where to look."""

    sequence: int
    change: Change
    file: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer: ``records`` counts the good ones before the first broken one; ``remarks`` need no action."""

    valid: bool
    records: int
    head: Head
    broken: Broken | None
    remarks: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    events: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a month file, with the record it holds or None."""

    file: str
    number: int
    raw: bytes
    record: Record | None


def verify(directory: Path, keys: Collection[PublicKey] = (), heads: Iterable[Head] = ()) -> Verification:
    """Verify all month files of a folder; name the first record that was changed.

    ``keys`` are the public keys that the verifier trusts; a key that a trusted one handed over to in the chain is
    trusted from there. Without any, the key of the first record is taken from the folder, and a remark says so.
    ``heads`` are heads that were anchored elsewhere (the countersignatures of a service, a printed report): records
    cut off at the end are found only against these or against the writer's own note of the head.
    """
    # Witnesses before records: of a chain that is being written, the records may be ahead of them, never behind.
    noted = read_head(directory)
    anchors = read_anchors(directory / ANCHORS_NAME)
    lines = _read(directory)
    remarks: list[str] = []
    trusted = list(keys) or _keys_of_folder(directory, remarks)
    walk = _Walk(lines, {key.id: key for key in trusted}, remarks)
    broken = walk.run()
    bad_signature = _first_bad_signature(walk.to_check)
    if bad_signature is not None and (broken is None or bad_signature <= walk.good):
        walk.rewind(bad_signature)
        broken = walk.judge_signature()
    stated, unreadable = anchored_heads(anchors, walk.trusted)
    anchored = [*heads, *stated]
    if unreadable:
        remarks.append(
            f"{unreadable} anchors are not signed by a trusted key: name the keys of the service, or later keys."
        )
    if noted is not None:
        anchored.append(noted)
    if broken is None:
        broken = _missing_head(walk.passed, anchored, lines)
    if noted is None:
        remarks.append("The writer's note of the head is missing; only anchored heads can show a cut at the end.")
    good = walk.passed
    head = Head(good[-1].sequence, good[-1].digest) if good else Head(0, START)
    events = Counter(record.event.value for record in good)
    signers = tuple(dict.fromkeys(record.key for record in good))
    return Verification(broken is None, len(good), head, broken, tuple(remarks), signers, dict(events))


def _read(directory: Path) -> list[Line]:
    if not directory.is_dir():
        return []
    return [
        Line(path.name, number, raw, parse_line(raw[:-1]) if raw.endswith(b"\n") else None)
        for path in month_files(directory)
        for number, raw in enumerate(read_lines(path), start=1)
    ]


def _keys_of_folder(directory: Path, remarks: list[str]) -> list[PublicKey]:
    remarks.append("The public keys were taken from the folder itself: compare them with those the site published.")
    folder = directory / KEYS_NAME
    return [PublicKey.from_pem(path.read_bytes()) for path in sorted(folder.glob("*.pem"))] if folder.is_dir() else []


class _Walk:
    """One pass over the lines that checks everything but the signatures, which it collects."""

    def __init__(self, lines: Sequence[Line], trusted: Mapping[str, PublicKey], remarks: list[str]) -> None:
        self._lines = lines
        self._trusted = dict(trusted)
        self._remarks = remarks
        self.passed: list[Record] = []
        self._places: list[int] = []
        self.to_check: list[tuple[Record, PublicKey]] = []

    @property
    def trusted(self) -> list[PublicKey]:
        return list(self._trusted.values())

    @property
    def good(self) -> int:
        return len(self.passed)

    def run(self) -> Broken | None:
        torn = b""
        signer: str | None = None
        for index, line in enumerate(self._lines):
            if line.record is None:
                torn += line.raw
                continue
            broken = self._seal(torn, index) if torn else None
            torn = b""
            broken = broken or self._month(index) or self._place(index, line.record)
            if broken is not None:
                forged = None if broken.change is Change.EDITED else self._of_a_forger(index, line.record)
                return forged or broken
            key = self._trusted.get(line.record.key)
            if key is None or (signer is not None and line.record.key != signer):
                return self._broken(index, Change.UNKNOWN_KEY, "its key is not among the trusted ones at this place")
            signer = line.record.key
            self.passed.append(line.record)
            self._places.append(index)
            self.to_check.append((line.record, key))
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
        expected = self.good + 1
        previous = self.passed[-1].digest if self.passed else START
        if hashlib.sha256(record.body()).hexdigest() != record.digest:
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
        if key is None or key.verifies(_bytes(record.signature), record.body()):
            return None
        return self._judge(index, "its signature does not verify")

    def _following(self, index: int) -> Record | None:
        return next((line.record for line in self._lines[index + 1 :] if line.record is not None), None)

    def _judge(self, index: int, why: str) -> Broken:
        """Tell an inserted record from an edited one: after an insertion the true record follows."""
        expected = self.good + 1
        previous = self.passed[-1].digest if self.passed else START
        following = self._following(index)
        true_one_follows = following is not None and following.sequence == expected and following.previous == previous
        return self._broken(index, Change.INSERTED if true_one_follows else Change.EDITED, why)

    def _seal(self, torn: bytes, index: int) -> Broken | None:
        """Accept bytes that are no record only where the writer sealed and described them."""
        record = self._lines[index].record
        facts = record.facts if record is not None and record.event is Event.CHAIN_REPAIRED else {}
        for candidate in (torn, torn.removesuffix(b"\n")):
            if (
                facts.get("torn_bytes") == len(candidate)
                and facts.get("torn_digest") == hashlib.sha256(candidate).hexdigest()
            ):
                self._remarks.append(
                    f"Record {self.good + 1} seals {len(candidate)} bytes of a write that was interrupted."
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
        """A file begins only after the one before it was closed, and ends with its closing record."""
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

    def _broken(self, index: int, change: Change, why: str) -> Broken:
        line = self._lines[index]
        return Broken(self.good + 1, change, line.file, line.number, why)


def _first_bad_signature(pairs: Sequence[tuple[Record, PublicKey]]) -> int | None:
    """Find the first record that its key did not sign; threads help, as OpenSSL lets go of the interpreter."""

    def first_bad(start: int) -> int | None:
        for offset, (record, key) in enumerate(pairs[start : start + _CHUNK]):
            if not key.verifies(_bytes(record.signature), record.body()):
                return start + offset
        return None

    with ThreadPoolExecutor() as pool:
        found = [index for index in pool.map(first_bad, range(0, len(pairs), _CHUNK)) if index is not None]
    return min(found, default=None)


_CHUNK = 2000


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _missing_head(passed: Sequence[Record], heads: Iterable[Head], lines: Sequence[Line]) -> Broken | None:
    """Compare the chain with the heads that are known from elsewhere."""
    file, number = (lines[-1].file, lines[-1].number) if lines else ("", 0)
    for head in sorted(heads, key=lambda known: known.sequence):
        if head.sequence == 0:
            continue
        if head.sequence > len(passed):
            why = f"the chain ends there, but record {head.sequence} was written and its head was noted or anchored"
            return Broken(len(passed) + 1, Change.CUT_OFF, file, number, why)
        if passed[head.sequence - 1].digest != head.digest:
            why = (
                "its digest is not the one that was noted or anchored: the chain was written again from here or before"
            )
            return Broken(head.sequence, Change.REWRITTEN, file, number, why)
    return None
