"""Where commands write: never over what they read, and over another file only when they are told to."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from model.errors import InputRefused
from model.series.folder import folders_in
from model.storage.files import create_once, write_whole


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add ``--force``."""
    parser.add_argument("--force", action="store_true", help="overwrite outputs that exist; never an input")


def require_writable(outputs: Sequence[Path | None], inputs: Iterable[Path], *, force: bool) -> None:
    """Raise InputRefused unless each output may be written: ``inputs`` are the files and folders that are read.

    An output that is one of them, under whatever name (links, hard links, other letters' case, a relative path), is
    always refused; one that exists needs ``force``; None is not an output.
    """
    wanted = [path for path in outputs if path is not None]
    if any(path.is_dir() for path in wanted):
        raise InputRefused("OUTPUT", "The output is a folder; name the file in it that is to be written.")
    if not all(path.parent.is_dir() for path in wanted):
        raise InputRefused("OUTPUT", "The folder that is to hold the output does not exist; make it, or name another.")
    identities, names = _known(inputs)
    for path in wanted:
        if _identity(path) in identities or _place(path) in names:
            raise InputRefused(
                "OUTPUT_IS_INPUT", "An output is one of the files that are read; it is never overwritten. Name another."
            )
    if len({_place(path) for path in wanted}) < len(wanted):
        raise InputRefused("OUTPUT", "Two outputs are one file; give each its own name.")
    if not force and any(os.path.lexists(path) for path in wanted):
        raise InputRefused("OUTPUT_EXISTS", "An output exists already; name another, or overwrite it with --force.")


def require_other_folder(output: Path, inputs: Iterable[Path]) -> None:
    """Raise InputRefused when a folder to write into is one that is read, or lies in one."""
    place = output.resolve()
    for folder in (one.resolve() for one in inputs if one.is_dir()):
        parts = [part.casefold() for part in place.parts[: len(folder.parts)]]
        if parts == [part.casefold() for part in folder.parts] or _within(place, folder):
            raise InputRefused(
                "OUTPUT_IS_INPUT", "The folder of the output is one that is read, or lies in it; name another."
            )


def write_output(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file that is there whole or not at all; raises InputRefused when it cannot be written.

    Without ``force`` a file that came into being since ``require_writable`` looked is not overwritten either.
    """
    try:
        if force or not _created(path, content):
            write_whole(path, content, mode=0o666)
    except FileExistsError:
        raise InputRefused(
            "OUTPUT_EXISTS", "An output exists already; name another, or overwrite it with --force."
        ) from None
    except OSError as error:
        raise InputRefused("OUTPUT", f"The output cannot be written: {error.strerror}.") from None


def _created(path: Path, content: bytes) -> bool:
    """Make the file; False where the file system knows no links. Raises FileExistsError when its name is taken."""
    try:
        made = create_once(path, content, mode=0o666)
    except OSError:
        if os.path.lexists(path):
            raise FileExistsError from None
        return False
    if not made:
        raise FileExistsError
    return True


def _known(inputs: Iterable[Path]) -> tuple[set[tuple[int, int]], set[str]]:
    identities, names = set(), set()
    for path in _files(inputs):
        identity = _identity(path)
        if identity is not None:
            identities.add(identity)
        names.add(_place(path))
    return identities, names


def _files(inputs: Iterable[Path]) -> Iterator[Path]:
    for path in inputs:
        if path.is_dir():
            for folder, names in folders_in(path):
                yield from (Path(folder, name) for name in names)
        else:
            yield path


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file itself, links followed; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _place(path: Path) -> str:
    """Return the path without links and without regard to case, as some file systems have it."""
    return str(path.resolve()).casefold()


def _within(place: Path, folder: Path) -> bool:
    own = _identity(folder)
    return any(_identity(one) == own for one in (place, *place.parents) if own is not None)
