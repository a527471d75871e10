"""Every kind of change at every place of a chain with two rotations and three months: the first bad record is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.evidence.files import HEAD_NAME, Head, month_files
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from plugin.cli import main
from tests.builders.evidence import Clock, open_chain, record_job

FIRST, SECOND, THIRD = SigningKey.new(), SigningKey.new(), SigningKey.new()

Lines = list[tuple[str, bytes]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Lines, Head]:
    """Three months, two rotations: one just before a month is closed, one just after the next has begun."""
    folder = tmp_path_factory.mktemp("chain")
    clock = Clock(datetime(2026, 10, 30, tzinfo=UTC))
    with open_chain(folder, FIRST, clock) as writer:
        record_job(writer)
        writer.rotate_key(SECOND)
        clock.now = datetime(2026, 11, 2, tzinfo=UTC)
        writer.rotate_key(THIRD)
        record_job(writer)
        clock.now = datetime(2026, 12, 2, tzinfo=UTC)
        record_job(writer)
        head = writer.head()
    lines = [(path.name, line) for path in month_files(folder) for line in path.read_bytes().splitlines()]
    return folder, lines, head


def edit(lines: Lines, at: int) -> int:
    name, line = lines[at]
    lines[at] = (name, line.replace(b"Z", b"Y", 1))
    return at + 1


def remove(lines: Lines, at: int) -> int:
    del lines[at]
    return at + 1


def swap(lines: Lines, at: int) -> int | None:
    if at + 1 == len(lines):
        return None
    (one, first), (other, second) = lines[at], lines[at + 1]
    lines[at], lines[at + 1] = (one, second), (other, first)
    return at + 1


def move_to_the_end(lines: Lines, at: int) -> int | None:
    if at + 1 == len(lines):
        return None
    _, line = lines.pop(at)
    lines.append((lines[-1][0], line))
    return at + 1


def insert_the_first_record(lines: Lines, at: int) -> int:
    lines.insert(at, (lines[at][0], lines[0][1]))
    return at + 1 if at else 2  # before the first, it is the first, and the first is the copy


def insert_the_last_record(lines: Lines, at: int) -> int | None:
    lines.insert(at, (lines[at][0], lines[-1][1]))
    return at + 1 if at + 2 < len(lines) else len(lines)


def insert_an_unreadable_line(lines: Lines, at: int) -> int:
    lines.insert(at, (lines[at][0], b"{}"))
    return at + 1


def cut(lines: Lines, at: int) -> int:
    del lines[at:]
    return at + 1


@pytest.mark.parametrize(
    "change",
    [
        edit, remove, swap, move_to_the_end, insert_the_first_record, insert_the_last_record,
        insert_an_unreadable_line, cut,
    ],
)  # fmt: skip
def test_the_first_changed_record_is_named_wherever_it_is(
    whole: tuple[Path, Lines, Head], tmp_path: Path, change: Callable[[Lines, int], int | None]
) -> None:
    _, lines, head = whole
    wrong = {}
    for at in range(len(lines)):
        changed = list(lines)
        expected = change(changed, at)
        if expected is None:
            continue
        folder = tmp_path / str(at)
        write(folder, changed)
        broken = verify(folder, [FIRST.public], [head]).broken
        if broken is None or broken.sequence != expected:
            wrong[at] = (expected, broken)
    assert wrong == {}


def write(folder: Path, lines: Lines) -> None:
    folder.mkdir()
    for name, line in lines:
        with (folder / name).open("ab") as file:
            file.write(line + b"\n")


def test_a_chain_whose_every_record_was_removed_is_cut_off_and_not_merely_empty(
    whole: tuple[Path, Lines, Head], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _, head = whole
    (tmp_path / HEAD_NAME).write_bytes((folder / HEAD_NAME).read_bytes())
    assert main(["evidence", "verify", str(tmp_path), "--key", FIRST.public.raw.hex()]) == 1
    assert "CHANGED: record 1 is cut off" in capsys.readouterr().out
    assert verify(tmp_path / "nothing", [FIRST.public], [head]).broken is not None
