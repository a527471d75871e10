"""What the commands show on a terminal: a progress bar there and none in a pipe, and warnings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from model.engines.engine import Progress


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Yield a bar on standard error, only when that is a terminal."""
    with tqdm(
        total=1.0, desc=what, disable=not sys.stderr.isatty(), bar_format="{desc} {bar} {percentage:3.0f}%"
    ) as bar:

        def show(fraction: float, words: str) -> None:
            bar.set_description_str(f"{what}: {words}", refresh=False)
            bar.update(max(0.0, min(1.0, fraction) - bar.n))

        yield show


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
