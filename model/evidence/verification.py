"""Verification of a chain from nothing but its files and the public keys: is every record there, and untouched?"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.evidence.anchor import anchored_heads, read_anchors
from model.evidence.anchors import lost_anchor
from model.evidence.event import Event
from model.evidence.files import ANCHORS_NAME, KEYS_NAME, Head, month_files, next_month, read_head, read_lines
from model.evidence.record import START, Record, parse_line
from model.evidence.signing import PublicKey
from model.evidence.walk import Broken, Change, Line, Walk


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
    # In a group of gateways: whose chain it is, and the answers over the others' chains.
    gateway: str | None = None
    chains: tuple[Verification, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the answer as the command line and the REST route do."""
        broken = self.broken
        answer: dict[str, Any] = {
            "Valid": self.valid,
            "Records": self.records,
            "Head": {"Sequence": self.head.sequence, "Digest": self.head.digest},
            "FirstBroken": None
            if broken is None
            else {
                "Sequence": broken.sequence,
                "Change": broken.change.value,
                "File": broken.file,
                "Line": broken.line,
                "Why": broken.why,
                "Gateway": broken.gateway,
            },
            "Keys": list(self.keys),
            "Events": dict(sorted(self.events.items())),
            "Remarks": list(self.remarks),
        }
        if self.gateway is not None:
            answer |= {"Gateway": self.gateway, "Chains": [chain.to_json() for chain in self.chains]}
        return answer


@dataclass(frozen=True, slots=True)
class Examined:
    """A verified chain with what other chains are held against: its good records, and the head they begin behind."""

    verification: Verification
    records: Sequence[Record]
    start: Head


def verify(directory: Path, keys: Collection[PublicKey] = (), heads: Iterable[Head] = ()) -> Verification:
    """Verify all month files of a folder; name the first record that was changed.

    ``keys`` are the public keys that the verifier trusts; a key that a trusted one handed over to in the chain is
    trusted from there. Without any, the key of the first record is taken from the folder, and a remark says so.
    ``heads`` are heads that were anchored elsewhere (the countersignatures of a service, a printed report): records
    cut off at the end are found only against these or against the writer's own note of the head.
    """
    return examine(directory, keys, heads).verification


def examine(directory: Path, keys: Collection[PublicKey] = (), heads: Iterable[Head] = ()) -> Examined:
    """Verify as ``verify`` does; give the good records too."""
    # Witnesses before records: of a chain that is being written, the records may be ahead of them, never behind.
    noted = read_head(directory)
    anchors = read_anchors(directory / ANCHORS_NAME)
    lines = _read(directory)
    remarks = [f"{path.name} is a link to a file elsewhere." for path in _month_links(directory)]
    walk, broken, start = _walk(lines, list(keys) or _keys_of_folder(directory, remarks), remarks)
    stated, unreadable = anchored_heads(anchors, walk.trusted)
    anchored = [*heads, *stated]
    if unreadable:
        remarks.append(
            f"{unreadable} anchors are not signed by a trusted key: name the keys of the service, or later keys."
        )
    if noted is not None:
        anchored.append(noted)
    if broken is None:
        broken = lost_anchor(walk.passed, directory / ANCHORS_NAME, remarks)
    if noted is None:
        remarks.append("The writer's note of the head is missing; only anchored heads can show a cut at the end.")
    return _examined(walk, broken or _missing_head(walk.passed, anchored, lines, start), start, remarks)


def examine_lines(
    lines: Sequence[Line], keys: Collection[PublicKey], heads: Iterable[Head], start: Head | None = None
) -> Examined:
    """Verify a chain whose lines were kept elsewhere than in its own folder, against keys and heads alone.

    ``start`` is the head behind which the lines may begin, where the chain itself cannot say so any more.
    """
    remarks: list[str] = []
    walk, broken, begin = _walk(lines, keys, remarks, start)
    return _examined(walk, broken or _missing_head(walk.passed, heads, lines, begin), begin, remarks)


def lines_of_copy(content: bytes) -> list[Line]:
    """Read a copy of a chain that is one file of lines, as its month files would hold them."""
    lines = [
        Line("", number, raw, parse_line(raw[:-1]) if raw.endswith(b"\n") else None)
        for number, raw in enumerate(content.splitlines(keepends=True), start=1)
    ]
    named: list[Line] = []
    month: str | None = None  # the last that was closed
    waiting: list[Line] = []
    for line in lines:
        waiting.append(line)
        if line.record is not None and line.record.event is Event.MONTH_CLOSED:
            month = str(line.record.facts["month"])
            named += [dataclasses.replace(one, file=f"{month}.jsonl") for one in waiting]
            waiting = []
    first = next((line.record for line in waiting if line.record is not None), None)
    if first is not None:
        present = first.time[:7] if month is None else max(first.time[:7], next_month(month))
        waiting = [dataclasses.replace(one, file=f"{present}.jsonl") for one in waiting]
    return named + waiting


def _walk(
    lines: Sequence[Line], trusted: Collection[PublicKey], remarks: list[str], begin: Head | None = None
) -> tuple[Walk, Broken | None, Head]:
    start, retired = _start(lines)
    if begin is not None and start.sequence == 0:
        start = begin
    if start.sequence:
        remarks.append(f"The chain begins at record {start.sequence + 1}: the months before were retired, on record.")
    walk = Walk(lines, {key.id: key for key in trusted}, remarks, start, retired)
    broken = walk.run()
    bad_signature = _first_bad_signature(walk.to_check)
    if bad_signature is not None and (broken is None or bad_signature <= walk.good):
        walk.rewind(bad_signature)
        broken = walk.judge_signature()
    return walk, broken, start


def _examined(walk: Walk, broken: Broken | None, start: Head, remarks: Sequence[str]) -> Examined:
    good = list(walk.passed)
    head = Head(good[-1].sequence, good[-1].digest) if good else start
    events = Counter(record.event.value for record in good)
    signers = tuple(dict.fromkeys(record.key for record in good))
    answer = Verification(broken is None, len(good), head, broken, tuple(remarks), signers, dict(events))
    return Examined(answer, good, start)


def _read(directory: Path) -> list[Line]:
    if not directory.is_dir():
        return []
    return [
        Line(path.name, number, raw, parse_line(raw[:-1]) if raw.endswith(b"\n") else None)
        for path in month_files(directory)
        for number, raw in enumerate(read_lines(path), start=1)
    ]


def _month_links(directory: Path) -> list[Path]:
    return [path for path in month_files(directory) if path.is_symlink()] if directory.is_dir() else []


def keys_beside(directory: Path) -> list[PublicKey]:
    """Read the public keys that a chain laid beside itself: the folder's own word on whom to trust."""
    folder = directory / KEYS_NAME
    return [PublicKey.from_pem(path.read_bytes()) for path in sorted(folder.glob("*.pem"))] if folder.is_dir() else []


def _keys_of_folder(directory: Path, remarks: list[str]) -> list[PublicKey]:
    remarks.append("The public keys were taken from the folder itself: compare them with those the site published.")
    return keys_beside(directory)


def _first_bad_signature(pairs: Sequence[tuple[Line, PublicKey]]) -> int | None:
    """Find the first record that its key did not sign; threads help, as OpenSSL lets go of the interpreter."""

    def first_bad(start: int) -> int | None:
        for offset, (line, key) in enumerate(pairs[start : start + _CHUNK]):
            if line.record is None or not key.signed(line.record.signature, line.body):
                return start + offset
        return None

    with ThreadPoolExecutor() as pool:
        found = [index for index in pool.map(first_bad, range(0, len(pairs), _CHUNK)) if index is not None]
    return min(found, default=None)


_CHUNK = 2000


def _start(lines: Sequence[Line]) -> tuple[Head, str | None]:
    """Find where the chain begins: at its first record, or behind a month whose removal is on record in it."""
    first = next((line.record for line in lines if line.record is not None), None)
    if first is None or first.sequence == 1:
        return Head(0, START), None
    before = Head(first.sequence - 1, first.previous)
    for line in lines:
        record = line.record
        if record is None or record.event is not Event.MONTH_RETIRED:
            continue
        if (record.facts.get("sequence"), record.facts.get("head")) == (before.sequence, before.digest):
            return before, str(record.facts.get("month"))  # the record itself is verified with all others
    return Head(0, START), None


def _missing_head(passed: Sequence[Record], heads: Iterable[Head], lines: Sequence[Line], start: Head) -> Broken | None:
    """Compare the chain with the heads that are known from elsewhere; those of retired months say nothing."""
    file, number = (lines[-1].file, lines[-1].number) if lines else ("", 0)
    end = start.sequence + len(passed)
    for head in sorted(heads, key=lambda known: known.sequence):
        if head.sequence <= start.sequence:
            continue
        if head.sequence > end:
            why = f"the chain ends there, but record {head.sequence} was written and its head was noted or anchored"
            return Broken(end + 1, Change.CUT_OFF, file, number, why)
        if passed[head.sequence - 1 - start.sequence].digest != head.digest:
            why = "its digest is not the one that was noted or anchored: the chain was written again"
            return Broken(head.sequence, Change.REWRITTEN, file, number, why)
    return None
