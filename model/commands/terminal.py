"""What the commands show on a terminal: a progress bar there and none in a pipe, and warnings."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from model.engines.engine import Progress
from model.errors import InputRefused


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A bar on standard error, only when that is a terminal."""
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


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all; raises InputRefused when it cannot be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            # Files made by mkstemp are for their owner alone; others get what the user's mask allows.
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputRefused("OUTPUT", f"The output cannot be written: {error.strerror}.") from None
