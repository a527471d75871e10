"""The chain's files: one folder, one file of lines per month, the last head, a lock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model.evidence.canonical_json import canonical
from model.evidence.event import Event
from model.evidence.record import Record, parse_line

HEAD_NAME = "head.json"
LOCK_NAME = "lock"
ANCHORS_NAME = "anchors"
KEYS_NAME = "keys"
HEAD_BYTES = 128  # one small write that a kill cannot split

_MONTH = re.compile(r"\d{4}-\d{2}\.jsonl")
_TAIL_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of a chain: its sequence number and its digest; sequence 0 before the first."""

    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of one month's file: its last whole record, and the bytes behind that are none."""

    record: Record | None
    torn: bytes


def month_files(directory: Path) -> list[Path]:
    """List the month files, oldest first."""
    return sorted(path for path in directory.iterdir() if _MONTH.fullmatch(path.name) and path.is_file())


def month_file(directory: Path, month: str) -> Path:
    """Name the file of a month given as YYYY-MM."""
    return directory / f"{month}.jsonl"


def next_month(month: str) -> str:
    """Give the month after one, both as YYYY-MM."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def read_tail(path: Path) -> Tail:
    """Find the last whole record of a file and what stands behind it, reading only the end when that is enough."""
    size = path.stat().st_size
    for length in (_TAIL_BYTES, size):
        start = max(0, size - length)
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
        if start:
            data = data[data.find(b"\n") + 1 :] if b"\n" in data else b""
        end = len(data)
        while end > 0:
            begin = data.rfind(b"\n", 0, end - 1) + 1
            line = data[begin:end]
            record = parse_line(line[:-1]) if line.endswith(b"\n") else None
            if record is not None:
                return Tail(record, data[end:])
            end = begin
        if not start:
            return Tail(None, data)
    return Tail(None, b"")


def read_lines(path: Path) -> Iterator[bytes]:
    """Give the lines of a file with their ends; only the last can lack one."""
    with path.open("rb") as file:
        yield from file


def read_records(
    directory: Path, job: str | None = None, month: str | None = None, event: Event | None = None
) -> list[Record]:
    """Read the records of one job, of one month (YYYY-MM, by file), of one event, or all, in order.

    This trusts the files, and passes over lines that are not records: verification is a separate act
    (``model.evidence.verification``).
    """
    mark = f'"job":"{job}"' if job is not None else f'"event":"{event}"' if event is not None else ""
    paths = month_files(directory) if month is None else [month_file(directory, month)]
    found = (parse_line(line) for path in paths if path.exists() for line in _lines_with(path, mark.encode()))
    return [
        record
        for record in found
        if record is not None and (job is None or record.job == job) and (event is None or record.event is event)
    ]


def _lines_with(path: Path, mark: bytes) -> Iterator[bytes]:
    """Give the lines that hold a mark, without their ends; of a big file, only those are looked at."""
    data = path.read_bytes()
    if not mark:
        yield from data.split(b"\n")
        return
    place = data.find(mark)
    while place >= 0:
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        yield data[data.rfind(b"\n", 0, place) + 1 : end]
        place = data.find(mark, end)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a follower of the chain has come: the last sequence number, and where its line ended in which file."""

    sequence: int = 0
    file: str = ""
    offset: int = 0


def follow(directory: Path, start: Position) -> Iterator[tuple[Record, Position]]:
    """Give the records behind a position, each with its own position; stops before a line that is still written."""
    for path in month_files(directory):
        if path.name < start.file:
            continue
        offset = start.offset if path.name == start.file else 0
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                record = parse_line(line[:-1])
                if record is not None:
                    yield record, Position(record.sequence, path.name, offset)


def read_head(directory: Path) -> Head | None:
    """Read the head that the writer noted last; None when there is no readable note."""
    try:
        document = json.loads((directory / HEAD_NAME).read_bytes())
        sequence, digest = document["sequence"], document["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(sequence, int) or not isinstance(digest, str):
        return None
    return Head(sequence, digest)


def head_note(head: Head) -> bytes:
    """Write a head in a fixed number of bytes, so that each note covers the one before in a single write."""
    text = canonical({"sequence": head.sequence, "sha256": head.digest})
    return text.ljust(HEAD_BYTES - 1) + b"\n"
