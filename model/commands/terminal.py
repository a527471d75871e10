"""What the commands show on a terminal: a progress bar there and none in a pipe, and warnings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from model.engines.engine import Progress

# Of a line, for the bar itself, the per cent and the blanks between.
BESIDE_COLUMNS = 12
DEFAULT_COLUMNS = 80


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Yield a bar on standard error, only when that is a terminal."""
    with tqdm(
        total=1.0,
        desc=what,
        disable=not sys.stderr.isatty(),
        bar_format="{desc} {bar} {percentage:3.0f}%",
        dynamic_ncols=True,
    ) as bar:

        def show(fraction: float, words: str) -> None:
            bar.set_description_str(within(f"{what}: {words}", _columns()), refresh=False)
            bar.update(max(0.0, min(1.0, fraction) - bar.n))

        yield show


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or DEFAULT_COLUMNS
    except (OSError, ValueError):
        return DEFAULT_COLUMNS


def within(words: str, columns: int) -> str:
    """Cut what stands before a bar, so that it and its per cent fit in one line of a terminal."""
    room = max(0, columns - BESIDE_COLUMNS)
    return words if len(words) <= room else words[: max(0, room - 1)] + "…" * (room > 0)


def warn(words: str) -> None:
    """Say something that does not end the command."""
    print(f"autocontour: warning: {words}", file=sys.stderr)


class Warnings:
    """What a command has to say beside its result: on standard error at once, and kept for ``--json``."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, words: str) -> None:
        """Say it, and keep it."""
        self.said.append(words)
        warn(words)
