"""The chain is durable: whatever kills its writer, what was acknowledged is there, and it goes on."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from model.errors import EvidenceBroken, EvidenceRefused
from model.evidence import files
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.files import month_files, read_head
from model.evidence.rotation import load_chain_key, rotate_key_file
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from tests.builders.evidence import LIFE, Clock, open_chain, record_job

KEY = SigningKey.new()
RECEIVED = LIFE[0]


def append(chain: Chain) -> int:
    return chain.append(RECEIVED[0], new_code(), RECEIVED[1]).sequence


def test_records_are_numbered_without_gaps_and_name_the_one_before(tmp_path: Path) -> None:
    with open_chain(tmp_path / "chain", KEY) as chain:
        record_job(chain)
        records = chain.records()
    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    assert all(later.previous == earlier.digest for earlier, later in pairwise(records))
    assert all(hashlib.sha256(record.body()).hexdigest() == record.digest for record in records)


def test_a_chain_that_was_cut_while_it_is_open_takes_no_record_however_often_it_is_tried(tmp_path: Path) -> None:
    with open_chain(tmp_path / "chain", KEY) as chain:
        record_job(chain)
        (path,) = month_files(tmp_path / "chain")
        path.write_bytes(path.read_bytes()[:-40])
        cut = path.read_bytes()
        for _ in range(3):
            with pytest.raises(EvidenceBroken) as broken:
                append(chain)
            assert broken.value.code == "CHAIN_CUT"
    assert path.read_bytes() == cut


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    with open_chain(tmp_path / "chain", KEY) as chain:
        append(chain)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "chain").rglob("*")}
    assert all(mode == (0o700 if path.is_dir() else 0o600) for path, mode in modes.items())
    assert stat.S_IMODE((tmp_path / "chain").stat().st_mode) == 0o700


def test_a_chain_goes_on_where_it_ended(tmp_path: Path) -> None:
    for expected in (2, 3, 4):
        with open_chain(tmp_path, KEY) as chain:
            assert append(chain) == expected
    assert verify(tmp_path, [KEY.public]).records == 4


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.99, 1.0])
def test_a_torn_last_line_is_sealed_recorded_and_accepted(tmp_path: Path, kept: float) -> None:
    with open_chain(tmp_path, KEY) as chain:
        append(chain)
        end = month_files(tmp_path)[0].stat().st_size
        noted = (tmp_path / files.HEAD_NAME).read_bytes()
        append(chain)
    path = month_files(tmp_path)[0]
    data = path.read_bytes()
    # 1.0 keeps the whole record but its end of line; the head was not noted yet.
    path.write_bytes(data[: end + int((len(data) - 1 - end) * kept)])
    (tmp_path / files.HEAD_NAME).write_bytes(noted)
    before = verify(tmp_path, [KEY.public])
    assert before.valid
    assert before.records == 2
    with open_chain(tmp_path, KEY) as chain:
        sequence = append(chain)
        repairs = [record for record in chain.records() if record.event is Event.CHAIN_REPAIRED]
    after = verify(tmp_path, [KEY.public])
    assert after.valid
    assert sequence == (3 if kept == 0.0 else 4)
    sealed = 0.0 < kept < 1.0  # where only the end of the line was missing, the record itself is kept
    assert [record.sequence for record in repairs] == ([3] if sealed else [])
    assert any("interrupted" in remark for remark in after.remarks) == sealed


def test_a_repair_that_is_itself_torn_is_sealed_too(tmp_path: Path) -> None:
    with open_chain(tmp_path, KEY) as chain:
        append(chain)
    path = month_files(tmp_path)[0]
    with path.open("ab") as file:
        file.write(b'{"record":{"event":"REC')
    with open_chain(tmp_path, KEY):
        noted = read_head(tmp_path)
    assert noted is not None
    data = path.read_bytes()
    path.write_bytes(data[:-40])
    (tmp_path / files.HEAD_NAME).write_bytes(files.head_note(files.Head(2, verify(tmp_path, [KEY.public]).head.digest)))
    with open_chain(tmp_path, KEY) as chain:
        assert append(chain) == 4
    assert verify(tmp_path, [KEY.public]).valid


def test_a_torn_first_line_of_a_month_is_sealed(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 30, 12, tzinfo=UTC))
    with open_chain(tmp_path, KEY, clock) as chain:
        append(chain)
        clock.now = datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)
        append(chain)
    december = month_files(tmp_path)[-1]
    december.write_bytes(december.read_bytes()[:50])
    (tmp_path / files.HEAD_NAME).unlink()
    with open_chain(tmp_path, KEY, clock) as chain:
        append(chain)
    answer = verify(tmp_path, [KEY.public])
    assert answer.valid
    assert answer.events == {"CHAIN_STARTED": 1, "RECEIVED": 2, "MONTH_CLOSED": 1, "CHAIN_REPAIRED": 1}


def test_every_month_has_its_file_with_a_closing_record(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 30, 12, tzinfo=UTC))
    with open_chain(tmp_path, KEY, clock) as chain:
        append(chain)
        clock.now = datetime(2027, 1, 2, tzinfo=UTC)
        append(chain)
        closing = chain.records(month="2026-11")[-1]
        assert [record.event for record in chain.records(month="2027-01")] == [Event.RECEIVED]
    assert [path.name for path in month_files(tmp_path)] == ["2026-11.jsonl", "2027-01.jsonl"]
    assert closing.event is Event.MONTH_CLOSED
    assert closing.facts == {"month": "2026-11", "first": 1, "records": 2}
    assert verify(tmp_path, [KEY.public]).valid


def test_a_kill_between_the_closing_record_and_the_new_file_is_survived(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 11, 30, 12, tzinfo=UTC))
    with open_chain(tmp_path, KEY, clock) as chain:
        append(chain)
        clock.now = datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)
        append(chain)
    (tmp_path / "2026-12.jsonl").unlink()
    (tmp_path / files.HEAD_NAME).unlink()
    with open_chain(tmp_path, KEY, clock) as chain:
        append(chain)
    assert [path.name for path in month_files(tmp_path)] == ["2026-11.jsonl", "2026-12.jsonl"]
    assert verify(tmp_path, [KEY.public]).valid


def test_a_clock_that_goes_back_never_reopens_a_closed_month(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 12, 1, tzinfo=UTC))
    with open_chain(tmp_path, KEY, clock) as chain:
        append(chain)
        clock.now = datetime(2026, 11, 1, tzinfo=UTC)
        append(chain)
    assert [path.name for path in month_files(tmp_path)] == ["2026-12.jsonl"]
    assert verify(tmp_path, [KEY.public]).valid


def test_threads_share_one_chain_without_a_gap(tmp_path: Path) -> None:
    with open_chain(tmp_path, KEY) as chain:
        threads = [threading.Thread(target=lambda: [append(chain) for _ in range(25)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    answer = verify(tmp_path, [KEY.public])
    assert answer.valid
    assert answer.records == 201


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from model.evidence.chain import Chain
    from model.evidence.code import new_code
    from model.evidence.event import Event
    from model.evidence.signing import SigningKey
    folder, key, count = Path(sys.argv[1]), SigningKey.load_or_create(Path(sys.argv[2])), int(sys.argv[3])
    with Chain.open(folder, key) as chain:
        for _ in range(count):
            facts = {"instances": 3, "modality": "CT", "origin": "STORED"}
            print(chain.append(Event.RECEIVED, new_code(), facts).digest, flush=True)
    """
)


def writer(folder: Path, key: Path, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(key), str(count)], stdout=subprocess.PIPE, text=True
    )


def test_processes_take_turns_on_one_chain(tmp_path: Path) -> None:
    writers = [writer(tmp_path / "chain", tmp_path / "key.pem", 40) for _ in range(3)]
    written = [process.communicate(timeout=60)[0].split() for process in writers]
    answer = verify(tmp_path / "chain", [SigningKey.load(tmp_path / "key.pem").public])
    assert answer.valid
    assert answer.records == 1 + sum(len(digests) for digests in written) == 121


def test_what_was_acknowledged_before_a_kill_is_on_record(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for round_ in range(6):
        process = writer(tmp_path / "chain", tmp_path / "key.pem", 100_000)
        assert process.stdout is not None
        for _ in range(5 + 7 * round_):
            acknowledged.append(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().split()
        process.wait(timeout=30)
        process.stdout.close()
    key = SigningKey.load(tmp_path / "key.pem")
    with Chain.open(tmp_path / "chain", key) as chain:
        on_record = {record.digest for record in chain.records()}
    answer = verify(tmp_path / "chain", [key.public])
    assert answer.valid
    assert {digest for digest in acknowledged if len(digest) == 64} <= on_record


def write_over_the_turn_of_the_month(chain: Chain, clock: Clock) -> None:
    for step in range(6):
        if step == 2:
            clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        append(chain)


def test_a_kill_between_any_two_system_calls_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the writer at its first, second, third … write or sync, and split that write in the middle."""

    class Killed(BaseException):
        pass

    for name in ("write", "fdatasync", "pwrite"):
        for turn in range(1, 5):
            folder = tmp_path / f"{name}{turn}"
            clock = Clock(datetime(2026, 11, 30, 23, 59, 50, tzinfo=UTC))
            calls = 0
            real = getattr(os, name)

            def dying(
                descriptor: int, *rest: object, name: str = name, turn: int = turn, real: object = real
            ) -> object:
                nonlocal calls
                calls += 1
                assert callable(real)
                if calls < turn:
                    return real(descriptor, *rest)
                if name == "write" and isinstance(rest[0], bytes):
                    real(descriptor, rest[0][: len(rest[0]) // 2])
                raise Killed

            with open_chain(folder, KEY, clock) as chain:
                monkeypatch.setattr(os, name, dying)
                with pytest.raises(Killed):
                    write_over_the_turn_of_the_month(chain, clock)
                monkeypatch.setattr(os, name, real)
            with open_chain(folder, KEY, clock) as chain:
                append(chain)
            answer = verify(folder, [KEY.public])
            assert answer.valid, (name, turn, answer.broken)


def test_a_full_disk_leaves_a_chain_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, room = os.write, 100

    def full(descriptor: int, data: bytes) -> int:
        nonlocal room
        if room == 0:
            raise OSError(28, "No space left on device")
        room, taken = 0, room
        return real(descriptor, data[:taken])

    with open_chain(tmp_path, KEY) as chain:
        append(chain)
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            with pytest.raises(OSError, match="No space"):
                append(chain)
        append(chain)
    answer = verify(tmp_path, [KEY.public])
    assert answer.valid
    assert answer.events["CHAIN_REPAIRED"] == 1


def test_a_chain_whose_end_was_cut_off_takes_no_more_records(tmp_path: Path) -> None:
    with open_chain(tmp_path, KEY) as chain:
        append(chain)
        append(chain)
    path = month_files(tmp_path)[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(EvidenceBroken) as broken:
        open_chain(tmp_path, KEY)
    assert broken.value.code == "CHAIN_CUT"


def test_a_chain_whose_last_record_was_edited_takes_no_more_records(tmp_path: Path) -> None:
    with open_chain(tmp_path, KEY) as chain:
        append(chain)
    path = month_files(tmp_path)[0]
    path.write_bytes(path.read_bytes().replace(b'"instances":120', b'"instances":121'))
    with pytest.raises(EvidenceBroken) as broken:
        open_chain(tmp_path, KEY)
    assert broken.value.code == "CHAIN_CHANGED"


def test_another_key_cannot_go_on_with_the_chain(tmp_path: Path) -> None:
    with open_chain(tmp_path, KEY) as chain:
        append(chain)
    with pytest.raises(EvidenceBroken) as broken:
        open_chain(tmp_path, SigningKey.new())
    assert broken.value.code == "CHAIN_KEY"


def test_a_closed_chain_says_so(tmp_path: Path) -> None:
    chain = open_chain(tmp_path, KEY)
    chain.close()
    with pytest.raises(EvidenceRefused, match="closed"):
        chain.head()


@pytest.mark.parametrize("killed_before", ["the hand-over", "the new key took the place of the old", None])
def test_a_key_is_handed_over_even_when_the_writer_is_killed(
    tmp_path: Path, killed_before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file, folder = tmp_path / "key.pem", tmp_path / "chain"
    first = load_chain_key(key_file, folder)
    with open_chain(folder, first) as chain:
        append(chain)
        if killed_before is None:
            rotate_key_file(chain, key_file)
        else:
            where, method = (Chain, "rotate_key") if killed_before == "the hand-over" else (Path, "replace")
            real = Path.replace

            def killed(first: object, *rest: object) -> object:
                if isinstance(first, Path) and first.suffix != ".next":
                    return real(first, *rest)  # type: ignore[arg-type]  # the public key, laid beside the records
                raise KeyboardInterrupt

            with monkeypatch.context() as patched:
                patched.setattr(where, method, killed)
                with pytest.raises(KeyboardInterrupt):
                    rotate_key_file(chain, key_file)
    now = load_chain_key(key_file, folder)
    assert (now.public.id == first.public.id) == (killed_before == "the hand-over")
    with open_chain(folder, now) as chain:
        append(chain)
    assert verify(folder, [first.public]).valid


def test_a_signing_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    SigningKey.load_or_create(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(EvidenceRefused, match="chmod 600"):
        SigningKey.load(tmp_path / "key.pem")
