"""Whoever changes the files is found, and the first record that was touched is named; also between key rotations."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.evidence import files
from model.evidence.anchor import anchor_head
from model.evidence.canonical_json import canonical
from model.evidence.chain import Chain
from model.evidence.files import ANCHORS_NAME, Head, month_files
from model.evidence.record import Record, parse_line
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from model.evidence.walk import Change
from tests.builders.evidence import Clock, open_chain, record_job

FIRST, SECOND, THIRD = SigningKey.new(), SigningKey.new(), SigningKey.new()
PLACES = ("head", "middle", "tail")


@dataclass
class Files:
    """The chain's lines, as somebody with write access to the disk has them."""

    folder: Path
    lines: list[tuple[str, bytes]]

    def place(self, name: str) -> int:
        return {"head": 0, "middle": len(self.lines) // 2, "tail": len(self.lines) - 1}[name]

    def save(self) -> None:
        for path in month_files(self.folder):
            path.unlink()
        for name, line in self.lines:
            with (self.folder / name).open("ab") as file:
                file.write(line + b"\n")


@pytest.fixture
def chain(tmp_path: Path) -> Files:
    """Three months of jobs, with the key handed over in the first and in the second."""
    clock = Clock(datetime(2026, 10, 30, tzinfo=UTC))
    with open_chain(tmp_path, FIRST, clock) as writer:
        record_job(writer)
        writer.rotate_key(SECOND)
        record_job(writer)
        clock.now = datetime(2026, 11, 2, tzinfo=UTC)
        record_job(writer)
        writer.rotate_key(THIRD)
        clock.now = datetime(2026, 12, 2, tzinfo=UTC)
        record_job(writer)
        record_job(writer)
    lines = [(path.name, line) for path in month_files(tmp_path) for line in path.read_bytes().splitlines()]
    return Files(tmp_path, lines)


def record_at(chain: Files, index: int) -> Record:
    record = parse_line(chain.lines[index][1])
    assert record is not None
    return record


def rewritten(record: Record, *, digest: bool = False, key: SigningKey | None = None, **changes: object) -> bytes:
    """Write a record with other content, at will with a fitting digest, or signed by a key."""
    body = json.loads(record.body()) | changes
    content = canonical(body)
    told = hashlib.sha256(content).hexdigest() if digest else record.digest
    signature = key.sign(content).hex() if key is not None else record.signature
    return canonical({"record": body, "sha256": told, "signature": signature})


def test_an_untouched_chain_verifies_from_its_first_key_alone(chain: Files) -> None:
    chain.save()
    answer = verify(chain.folder, [FIRST.public])
    assert answer.valid
    assert answer.records == len(chain.lines)
    assert answer.keys == (FIRST.public.id, SECOND.public.id, THIRD.public.id)
    assert answer.head == Head(len(chain.lines), record_at(chain, -1).digest)


EDITS: dict[str, Callable[[Record], bytes]] = {
    "a fact": lambda record: rewritten(record, facts={**record.facts, "instances": 1}),
    "the time": lambda record: rewritten(record, time="2026-11-02T00:00:00.000Z"),
    "a fact and the digest": lambda record: rewritten(record, digest=True, facts={**record.facts, "instances": 1}),
    "the signature": lambda record: record.line()[:-4] + bytes([record.line()[-4] ^ 1]) + record.line()[-3:],
    "the digest": lambda record: record.line().replace(record.digest.encode(), record.digest[::-1].encode()),
    "one bit": lambda record: record.line()[:30] + bytes([record.line()[30] ^ 1]) + record.line()[31:],
    "white space": lambda record: record.line().replace(b'":', b'": ', 1),
    "its readability": lambda record: b"\x00" * len(record.line()),
    "its existence, to an empty line": lambda record: b"",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", EDITS)
def test_an_edited_record_is_named(chain: Files, place: str, what: str) -> None:
    index = chain.place(place)
    record = record_at(chain, index)
    chain.lines[index] = (chain.lines[index][0], EDITS[what](record))
    chain.save()
    broken = verify(chain.folder, [FIRST.public]).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (record.sequence, Change.EDITED)


@pytest.mark.parametrize("place", PLACES)
def test_a_removed_record_is_named(chain: Files, place: str) -> None:
    index = chain.place(place)
    del chain.lines[index]
    chain.save()
    broken = verify(chain.folder, [FIRST.public]).broken
    assert broken is not None
    assert broken.sequence == index + 1
    assert broken.change is (Change.CUT_OFF if place == "tail" else Change.REMOVED)


@pytest.mark.parametrize("place", PLACES)
def test_reordered_records_are_named(chain: Files, place: str) -> None:
    index = min(chain.place(place), len(chain.lines) - 2)
    (name, one), (_, other) = chain.lines[index : index + 2]
    chain.lines[index : index + 2] = [(name, other), (name, one)]
    chain.save()
    broken = verify(chain.folder, [FIRST.public]).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (index + 1, Change.REORDERED)


@pytest.mark.parametrize("place", PLACES)
def test_a_record_that_was_copied_in_is_named(chain: Files, place: str) -> None:
    index = chain.place(place)
    chain.lines.insert(index + 1, chain.lines[index])
    chain.save()
    broken = verify(chain.folder, [FIRST.public]).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (index + 2, Change.INSERTED)


@pytest.mark.parametrize("signed_by", ["nobody", "an unknown key", "a key that was handed over"])
@pytest.mark.parametrize("place", PLACES)
def test_a_made_up_record_is_named(chain: Files, place: str, signed_by: str) -> None:
    index = chain.place(place)
    record = record_at(chain, index)
    key = {"nobody": None, "an unknown key": SigningKey.new(), "a key that was handed over": FIRST}[signed_by]
    identity = key.public.id if key is not None else record.key
    line = _made_up(record, key, identity)
    chain.lines.insert(index + 1, (chain.lines[index][0], line))
    chain.save()
    broken = verify(chain.folder, [FIRST.public]).broken
    assert broken is not None
    assert broken.sequence == index + 2


def _made_up(record: Record, key: SigningKey | None, identity: str) -> bytes:
    body = json.loads(record.body()) | {
        "sequence": record.sequence + 1,
        "previous": record.digest,
        "event": "SUBJECT_ASKED",
        "facts": {"jobs": 1},
        "job": None,
        "key": identity,
    }
    content = canonical(body)
    signature = key.sign(content).hex() if key is not None else record.signature
    return canonical({"record": body, "sha256": hashlib.sha256(content).hexdigest(), "signature": signature})


@pytest.mark.parametrize("place", ["middle", "tail"])
@pytest.mark.parametrize("witness", ["the note of the head", "an anchor in the folder", "an anchor from elsewhere"])
def test_a_cut_off_end_is_found_by_any_witness(tmp_path: Path, chain: Files, place: str, witness: str) -> None:
    with Chain.open(chain.folder, THIRD, clock=Clock(datetime(2026, 12, 3, tzinfo=UTC))) as writer:
        elsewhere = writer.head()
        if witness == "an anchor in the folder":
            anchor_head(writer, time=datetime(2026, 12, 3, tzinfo=UTC))
    if witness != "the note of the head":
        (chain.folder / files.HEAD_NAME).unlink()
    del chain.lines[chain.place(place) :]
    chain.save()
    heads = [elsewhere] if witness == "an anchor from elsewhere" else []
    broken = verify(chain.folder, [FIRST.public, SECOND.public, THIRD.public], heads).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (len(chain.lines) + 1, Change.CUT_OFF)


def test_an_anchor_of_an_unknown_key_is_remarked(chain: Files) -> None:
    with Chain.open(chain.folder, THIRD, clock=Clock(datetime(2026, 12, 3, tzinfo=UTC))) as writer:
        anchor_head(writer, time=datetime(2026, 12, 3, tzinfo=UTC))
    (chain.folder / files.HEAD_NAME).unlink()
    chain.lines = chain.lines[:10]
    chain.save()
    answer = verify(chain.folder, [FIRST.public])
    assert any("1 anchors are not signed by a trusted key" in remark for remark in answer.remarks)


def test_a_cut_without_any_witness_is_not_found_and_the_answer_says_what_was_missing(chain: Files) -> None:
    (chain.folder / files.HEAD_NAME).unlink()
    del chain.lines[-1]
    chain.save()
    answer = verify(chain.folder, [FIRST.public])
    assert answer.valid
    assert any("only anchored heads" in remark for remark in answer.remarks)


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_a_missing_month_is_named(chain: Files, removed: int) -> None:
    names = list(dict.fromkeys(name for name, _ in chain.lines))
    first = next(index for index, (name, _) in enumerate(chain.lines) if name == names[removed])
    chain.lines = [(name, line) for name, line in chain.lines if name != names[removed]]
    chain.save()
    broken = verify(chain.folder, [FIRST.public]).broken
    assert broken is not None
    assert broken.sequence == first + 1


def test_a_chain_written_again_by_whoever_holds_the_key_is_found_by_an_anchor(tmp_path: Path) -> None:
    clock = Clock()
    with open_chain(tmp_path / "true", FIRST, clock) as writer:
        record_job(writer)
        anchored = writer.head()
        record_job(writer)
    with open_chain(tmp_path / "false", FIRST, clock) as forger:
        for _ in range(3):
            record_job(forger)
    assert verify(tmp_path / "false", [FIRST.public]).valid
    broken = verify(tmp_path / "false", [FIRST.public], [anchored]).broken
    assert broken is not None
    assert broken.change is Change.REWRITTEN


def test_a_record_with_what_no_record_may_hold_is_found_even_when_it_is_signed(chain: Files) -> None:
    last = record_at(chain, -1)
    body = json.loads(last.body()) | {"facts": {"outcome": "done", "duration_ms": 1, "code": "Testperson^Ada"}}
    content = canonical(body)
    line = canonical(
        {"record": body, "sha256": hashlib.sha256(content).hexdigest(), "signature": THIRD.sign(content).hex()}
    )
    chain.lines[-1] = (chain.lines[-1][0], line)
    chain.save()
    (chain.folder / files.HEAD_NAME).unlink()
    broken = verify(chain.folder, [FIRST.public]).broken
    assert broken is not None
    assert broken.change is Change.FORBIDDEN
    assert "Testperson" not in broken.why


def test_a_false_repair_hides_nothing(chain: Files) -> None:
    """Garbage in the place of the last record, sealed at the next start, is found against the note of the head."""
    chain.lines[-1] = (chain.lines[-1][0], b"garbage")
    chain.save()
    (chain.folder / files.HEAD_NAME).write_bytes(b"")
    with Chain.open(chain.folder, THIRD, clock=Clock(datetime(2026, 12, 3, tzinfo=UTC))):
        pass
    assert verify(chain.folder, [FIRST.public]).valid
    anchored = Head(len(chain.lines), "ab" * 32)
    broken = verify(chain.folder, [FIRST.public], [anchored]).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (len(chain.lines), Change.REWRITTEN)


def test_keys_from_the_folder_are_used_only_with_a_remark(chain: Files) -> None:
    chain.save()
    answer = verify(chain.folder)
    assert answer.valid
    assert any("taken from the folder itself" in remark for remark in answer.remarks)
    assert (chain.folder / files.KEYS_NAME / f"{FIRST.public.id}.pem").exists()
    assert not (chain.folder / ANCHORS_NAME).exists()


def test_a_chain_of_somebody_else_is_not_accepted(chain: Files) -> None:
    chain.save()
    broken = verify(chain.folder, [SigningKey.new().public]).broken
    assert broken is not None
    assert (broken.sequence, broken.change) == (1, Change.UNKNOWN_KEY)


def test_an_empty_folder_is_a_valid_chain_of_no_records(tmp_path: Path) -> None:
    answer = verify(tmp_path, [FIRST.public])
    assert (answer.valid, answer.records) == (True, 0)


def test_a_chain_that_is_being_written_verifies_at_every_moment(tmp_path: Path) -> None:
    with open_chain(tmp_path, FIRST) as writer:
        done = threading.Event()

        def write() -> None:
            while not done.is_set():
                record_job(writer)

        thread = threading.Thread(target=write)
        thread.start()
        answers = [verify(tmp_path, [FIRST.public]) for _ in range(12)]
        done.set()
        thread.join()
    assert [answer.broken for answer in answers if not answer.valid] == []
