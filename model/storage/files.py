"""Files that are there whole or not at all, and still there after the power failed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600


def write_whole(path: Path, content: bytes, *, mode: int = PRIVATE, durable: bool = True) -> None:
    """Replace a file in one step: whoever reads finds the old content or the new, never a part.

    Returns once file and name are on the disk; ``durable=False`` is for what may be lost with the power. ``mode`` is
    narrowed by the process's mask. Raises OSError and leaves nothing behind.
    """
    unfinished = _write_beside(path, content, mode, durable=durable)
    try:
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    if durable:
        sync_directory(path.parent)


def create_once(path: Path, content: bytes, *, mode: int = PRIVATE) -> bool:
    """Make a file, by default for its owner only, unless there is one; False when there is, which stays as it is.

    Of several processes that do this at once, one makes the file and all find it whole. ``mode`` is narrowed by the
    process's mask. Raises OSError, also where the file system knows no links.
    """
    unfinished = _write_beside(path, content, mode, durable=True)
    try:
        # A link never replaces what another process made in the meantime.
        os.link(unfinished, path)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    sync_directory(path.parent)
    return True


def open_new(path: str | Path, *, within: int | None = None, mode: int = PRIVATE) -> BinaryIO:
    """Open a file to write that was not there; raises FileExistsError where anything has its name, also a link.

    ``within`` is the descriptor of the folder that a relative path begins at. What is written is neither whole nor
    durable before the caller makes it so.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, mode, dir_fd=within), "wb")


def replace_within(folder: int, name: str, target: str) -> None:
    """Rename a file below a folder that is held by its descriptor, in the place of what has the name; OSError."""
    os.replace(name, target, src_dir_fd=folder, dst_dir_fd=folder)


def replace_durably(path: Path, target: Path) -> None:
    """Rename a file or folder, and wait until the disk knows it by its new name; raises OSError.

    A file takes the place of another, a folder that of an empty one.
    """
    path.replace(target)
    sync_directory(target.parent)


def link_file(path: Path, other: Path) -> None:
    """Give a file a second name on the same disk, without a copy of its content."""
    os.link(path, other)


def make_directory(path: Path) -> None:
    """Make a folder for its owner only, and those above it that are missing, and wait until the disk knows them."""
    missing = [one for one in (path, *path.parents) if not one.is_dir()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in missing:
        sync_directory(one.parent)


def sync(file: BinaryIO) -> None:
    """Wait until the disk has what was written into an open file."""
    file.flush()
    os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_beside(path: Path, content: bytes, mode: int, *, durable: bool) -> Path:
    # An unguessable name that is new: nobody can lay a link where the content will be written.
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    file = open_new(unfinished, mode=mode)
    try:
        with file:
            file.write(content)
            if durable:
                sync(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished
