"""The chain: an append-only log in which each record names the digest of the one before and is signed.

A record counts once it is on the disk: ``append`` returns after the write has been synced. A process that is killed
in between leaves at most one torn line, which the next ``open`` seals with a CHAIN_REPAIRED record that says how
many bytes it was and what their digest is. Nothing is ever overwritten but the note of the last head.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from model.errors import EvidenceBroken, EvidenceRefused
from model.evidence.canonical_json import Json
from model.evidence.event import SHAPES, Event
from model.evidence.facts import Facts, check_facts, is_own_id
from model.evidence.files import (
    HEAD_NAME,
    KEYS_NAME,
    LOCK_NAME,
    Head,
    head_note,
    month_file,
    month_files,
    next_month,
    read_head,
    read_records,
    read_tail,
)
from model.evidence.record import START, Record, make_record, parse_line
from model.evidence.signed import DocumentKind, sign
from model.evidence.signing import PublicKey, SigningKey
from model.storage.files import sync_directory, write_whole
from model.storage.hold import in_turn


def _now() -> datetime:
    return datetime.now(UTC)


class Chain:
    """One writer's hold on a chain; several processes may hold the same, a file lock takes them in turn."""

    def __init__(self, directory: Path, key: SigningKey, clock: Callable[[], datetime] = _now) -> None:
        self._directory = directory
        self._key = key
        self._clock = clock
        self._labels: frozenset[str] = frozenset()
        self._told: list[Callable[[], None]] = []
        self._mutex = threading.RLock()
        self._lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._note = os.open(directory / HEAD_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file: int | None = None
        self._path: Path | None = None
        self._size = 0
        self._last: Record | None = None

    @classmethod
    def open(
        cls,
        directory: Path,
        key: SigningKey,
        *,
        labels: Collection[str] = (),
        clock: Callable[[], datetime] = _now,
    ) -> Chain:
        """Open a chain, or start one; a torn last line is sealed and recorded.

        ``labels`` are the names that records may hold because the configuration declares them (models, targets,
        profiles); see ``declare``. Raises EvidenceBroken when the end of the chain was cut off or changed, or was
        signed by another key: then nothing may be appended until a person has looked.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)
        chain = cls(directory, key, clock)
        chain.declare(labels)
        try:
            with chain._alone():
                if chain._last is None:
                    chain._publish(key.public)
                    chain._write(Event.CHAIN_STARTED, None, {"new_key": key.public.raw.hex()}, chain._clock())
        except BaseException:
            chain.close()
            raise
        return chain

    def declare(self, labels: Collection[str]) -> None:
        """Add names of models, targets and profiles that the configuration holds and records may name."""
        with self._mutex:
            self._labels = self._labels | frozenset(labels)

    def tell(self, told: Callable[[], None]) -> None:
        """Call this after each record that is written here; it must return at once, and may not fail."""
        self._told.append(told)

    def append(self, event: Event, job: str | None, facts: Facts) -> Record:
        """Write one record and return it once it is on the disk.

        ``job`` is the evidence code of the job (in the service: the transfer's own id), None for what belongs to no
        job. Raises EvidenceRefused, having written nothing, when the facts are not those of the event or hold
        anything but counts, digests, declared words and our own identifiers; EvidenceBroken when the files were
        changed by somebody else.
        """
        shape = SHAPES[event]
        if (job is None and shape.of_a_job) or (job is not None and shape.of_a_job is False):
            raise EvidenceRefused(
                "EVIDENCE_FACT", f"A record of {event} {'needs a' if shape.of_a_job else 'has no'} job."
            )
        if job is not None and not is_own_id(job):
            raise EvidenceRefused("EVIDENCE_FACT", "A record names its job by an evidence code or a random identifier.")
        check_facts(event, facts, self._labels)
        with self._alone():
            return self._write(event, job, facts, self._clock())

    def rotate_key(self, key: SigningKey) -> Record:
        """Hand over to a new key: the old one signs a record with the new public key, and signs nothing after it."""
        with self._alone():
            facts = {"new_key": key.public.raw.hex(), "previous_key": self._key.public.id}
            self._publish(key.public)
            record = self._write(Event.KEY_ROTATED, None, facts, self._clock())
            self._key = key
            return record

    def sign(self, kind: DocumentKind, body: Mapping[str, Json]) -> dict[str, Any]:
        """Sign a document with the chain's present key."""
        return sign(kind, body, self._key)

    def head(self) -> Head:
        """Give the sequence number and the digest of the last record."""
        with self._alone():
            return self._head()

    def records(self, job: str | None = None, *, month: str | None = None, event: Event | None = None) -> list[Record]:
        """Read the records of one job, of one month (YYYY-MM), of one event, or all."""
        return read_records(self._directory, job, month, event)

    @property
    def directory(self) -> Path:
        """The folder of the chain."""
        return self._directory

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what is appended now."""
        return self._key.public

    def close(self) -> None:
        """Let go of the files."""
        with self._mutex:
            for descriptor in (self._file, self._note, self._lock):
                if descriptor is not None and descriptor >= 0:
                    os.close(descriptor)
            self._file, self._note, self._lock = None, -1, -1

    def __enter__(self) -> Chain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the chain against other threads and processes, and know its true end."""
        with self._mutex:
            if self._lock < 0:
                raise EvidenceRefused("EVIDENCE_CLOSED", "The chain was closed; open it again.")
            with in_turn(self._lock):
                try:
                    self._catch_up()
                except EvidenceBroken:
                    self._path = None  # looked at again by whoever comes next, who may not write on either
                    raise
                yield

    def _head(self) -> Head:
        return Head(0, START) if self._last is None else Head(self._last.sequence, self._last.digest)

    def _catch_up(self) -> None:
        """Find the end again where another process, or a first look, requires it."""
        if self._path is not None and self._file is not None and self._last is not None:
            newest = month_files(self._directory)[-1:]
            if newest == [self._path] and os.fstat(self._file).st_size == self._size:
                return
        last, torn = self._find_end()
        if torn and parse_line(torn.rpartition(b"\n")[2]) is not None:
            self._put(b"\n")  # only the end of the line was missing
            last, torn = self._find_end()
        noted = read_head(self._directory)
        found = Head(0, START) if last is None else Head(last.sequence, last.digest)
        if noted is not None and (
            noted.sequence > found.sequence or (noted.sequence == found.sequence and noted != found)
        ):
            raise EvidenceBroken(
                "CHAIN_CUT",
                f"The evidence chain ends at record {found.sequence}, but record {noted.sequence} was written: records "
                "were cut off or replaced. Keep the folder for the auditor, restore it from the backup or move it "
                "aside, then restart.",
            )
        self._last = last
        self._check_signer()
        if torn:
            facts: Facts = {"torn_bytes": len(torn), "torn_digest": hashlib.sha256(torn).hexdigest()}
            self._write(Event.CHAIN_REPAIRED, None, facts, self._clock(), seal=not torn.endswith(b"\n"))

    def _find_end(self) -> tuple[Record | None, bytes]:
        """Find the last whole record and the torn bytes behind it; leave the newest file open for writing."""
        torn = b""
        last: Record | None = None
        paths = month_files(self._directory)
        for path in reversed(paths):
            tail = read_tail(path)
            if path == paths[-1]:
                torn = tail.torn
            if tail.record is not None:
                last = tail.record
                break
        if paths:
            self._use(paths[-1])
        return last, torn

    def _check_signer(self) -> None:
        last = self._last
        if last is None:
            return
        signer = (
            PublicKey.of(bytes.fromhex(str(last.facts["new_key"]))).id if last.event is Event.KEY_ROTATED else last.key
        )
        if signer != self._key.public.id:
            raise EvidenceBroken(
                "CHAIN_KEY",
                f"The evidence chain was last signed by key {signer}, but the key at hand is {self._key.public.id}: "
                "put the right key file back, or move the folder aside to start a new chain.",
            )
        intact = hashlib.sha256(last.body()).hexdigest() == last.digest
        if last.event is not Event.KEY_ROTATED and intact:
            intact = self._key.public.signed(last.signature, last.body())
        if not intact:
            raise EvidenceBroken(
                "CHAIN_CHANGED",
                f"Record {last.sequence}, the last of the evidence chain, was changed. Keep the folder for the "
                "auditor, restore it from the backup or move it aside, then restart.",
            )

    def _write(self, event: Event, job: str | None, facts: Facts, time: datetime, *, seal: bool = False) -> Record:
        self._turn_month(time, event)
        return self._commit(event, job, facts, time, seal)

    def _commit(self, event: Event, job: str | None, facts: Facts, time: datetime, seal: bool = False) -> Record:
        head = self._head()
        record = make_record(head.sequence + 1, time, event, job, facts, head.digest, self._key)
        self._put((b"\n" if seal else b"") + record.line() + b"\n")
        self._last = record
        # Noted after the record is durable: a note can lag behind the chain, never run ahead of it.
        os.pwrite(self._note, head_note(self._head()), 0)
        for told in self._told:
            told()
        return record

    def _turn_month(self, time: datetime, event: Event) -> None:
        """Close the file of a past month and start the next; a clock that went back stays in the newest file."""
        month = time.astimezone(UTC).strftime("%Y-%m")
        if self._path is None:
            self._start_file(month)
            return
        current = self._path.stem
        last = self._last
        closed = last is not None and last.event is Event.MONTH_CLOSED and last.facts["month"] == current
        if closed:
            self._start_file(max(month, next_month(current)))
        elif month > current and event is not Event.CHAIN_REPAIRED:
            past = read_records(self._directory, month=current)
            facts: Facts = {"month": current, "first": past[0].sequence if past else 0, "records": len(past)}
            self._commit(Event.MONTH_CLOSED, None, facts, time)
            self._start_file(month)

    def _start_file(self, month: str) -> None:
        self._use(month_file(self._directory, month))
        sync_directory(self._directory)

    def _use(self, path: Path) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._path = path
        self._size = os.fstat(self._file).st_size

    def _put(self, data: bytes) -> None:
        """Write bytes at the end and wait until the disk has them."""
        assert self._file is not None
        written = 0
        while written < len(data):
            written += os.write(self._file, data[written:])
        os.fdatasync(self._file)
        self._size += len(data)

    def _publish(self, key: PublicKey) -> None:
        """Lay the public key beside the records, for whoever verifies; whom to trust is theirs to say."""
        folder = self._directory / KEYS_NAME
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / f"{key.id}.pem"
        if not path.exists():
            write_whole(path, key.pem())
