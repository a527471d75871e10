"""A real process is killed before each write, sync, rename and removal that it makes; then it is started again."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from model.evidence.anchor import anchor_head
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import KEYS_NAME, read_records
from model.evidence.peer import Witness, countersign
from model.evidence.retention import retire_months
from model.evidence.rotation import load_chain_key, rotate_key_file
from model.evidence.signing import PublicKey, SigningKey
from model.evidence.verification import verify
from tests.builders.evidence import Clock, digest

SERVICE = SigningKey.new()
CALLS = ("write", "pwrite", "fdatasync", "fsync", "open", "link", "replace", "rename", "unlink", "mkdir", "chmod")


def live(folder: Path, acknowledge: Callable[[str], None]) -> None:
    """All that a gateway does to its evidence: key, chain, records, a month, an anchor, a new key, a retired month."""
    clock = Clock(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    key_file, directory = folder / "signing.key", folder / "chain"

    def append(chain: Chain) -> None:
        facts: Facts = {"instances": 3, "modality": "CT", "origin": "STORED"}
        acknowledge(chain.append(Event.RECEIVED, new_code(), facts).digest)

    with Chain.open(directory, load_chain_key(key_file, directory), clock=clock) as chain:
        append(chain)
        clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        append(chain)
        with Chain.open(folder / "service", SERVICE, clock=clock) as service:
            own = chain.public_key
            witness = Witness("cloud", SERVICE.public, lambda signed: countersign(signed, own, service, clock.now))
            anchor_head(chain, time=clock.now, witnesses=[witness])
        append(chain)
        rotate_key_file(chain, key_file)
        append(chain)
        clock.now = datetime(2027, 1, 1, tzinfo=UTC)
        append(chain)
        retire_months(chain, "2026-12")
        append(chain)


def child(folder: Path, kill_at: int, told: int) -> None:
    """In the forked process: be killed before the given call, half of it done where it is a write."""
    made = 0

    def dying(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal made
            made += 1
            if made == kill_at:
                if name == "write" and isinstance(arguments[1], bytes):
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return call

    tell = os.write
    for name in CALLS:
        setattr(os, name, dying(name, getattr(os, name)))

    def acknowledge(digest_of_record: str) -> None:
        tell(told, digest_of_record.encode() + b"\n")

    live(folder, acknowledge)


def killed_at(folder: Path, number: int) -> tuple[bool, list[str]]:
    """Fork, live, and die before the call of this number; whether it came to that, and what was acknowledged."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        with contextlib.suppress(BaseException):
            child(folder, number, writing)
            status = 0
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        acknowledged = pipe.read().split()
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"the writer failed at call {number} by itself"
    return os.WIFSIGNALED(status), acknowledged


def rounds(tmp_path: Path) -> Iterator[tuple[int, Path, list[str]]]:
    number = 0
    while True:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        killed, acknowledged = killed_at(folder, number)
        if not killed:
            return
        yield number, folder, acknowledged


def test_a_kill_at_any_write_loses_nothing_acknowledged_and_leaves_a_chain_that_goes_on(tmp_path: Path) -> None:
    count = 0
    for number, folder, acknowledged in rounds(tmp_path):
        count = number
        directory = folder / "chain"
        retired = {record.digest for record in read_records(directory)} if directory.exists() else set()
        clock = Clock(datetime(2027, 1, 1, tzinfo=UTC))
        with Chain.open(directory, load_chain_key(folder / "signing.key", directory), clock=clock) as chain:
            facts: Facts = {"sequence": 1, "head": digest("head"), "key": SERVICE.public.id}
            chain.append(Event.PEER_HEAD, None, facts)
            retire_months(chain, "2026-12")
        keys = [PublicKey.from_pem(path.read_bytes()) for path in (directory / KEYS_NAME).glob("*.pem")]
        answer = verify(directory, [*keys, SERVICE.public])
        assert answer.valid, (number, answer.broken)
        kept = {record.digest for record in read_records(directory)} | retired
        lost = [one for one in acknowledged[1:] if one not in kept]  # the first may be of the month that was retired
        assert lost == [], number
        assert not [remark for remark in answer.remarks if "not signed by a trusted key" in remark], number
    assert count > 60, "the calls were counted"
