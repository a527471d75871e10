"""The bar fits into one line of any terminal, and is none in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from model.commands.terminal import BESIDE_COLUMNS, within

BAR = """
from model.commands.terminal import progress_bar
with progress_bar("segmenting") as show:
    for number in range(5):
        show(number / 4, "a long sentence on what is being done just now, structure by structure")
"""


@pytest.mark.parametrize("columns", [1, 5, 12, 13, 20, 40, 80, 300])
def test_what_stands_before_the_bar_leaves_room_for_it(columns: int) -> None:
    words = within("segmenting: " + "x" * 100, columns)
    assert len(words) <= max(0, columns - BESIDE_COLUMNS)
    assert words.startswith("segmenting"[: max(0, columns - BESIDE_COLUMNS - 1)])


def drawn(columns: int) -> str:
    theirs, ours = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    done = subprocess.Popen([sys.executable, "-c", BAR], stderr=ours)
    os.close(ours)
    said = b""
    while True:
        try:
            part = os.read(theirs, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(theirs)
    assert done.wait(60) == 0
    return said.decode()


@pytest.mark.parametrize("columns", [10, 24, 40, 80, 200])
def test_no_width_of_a_terminal_breaks_the_bar(columns: int) -> None:
    lines = [line for line in drawn(columns).replace("\x1b[A", "").replace("\n", "\r").split("\r") if line]
    assert lines
    assert max(len(line) for line in lines) <= columns
    assert any("100%" in line for line in lines) or columns < BESIDE_COLUMNS


def test_there_is_none_in_a_pipe() -> None:
    done = subprocess.run([sys.executable, "-c", BAR], capture_output=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"", b"")
