"""Deleting a folder so that it can be signed for: what was written is held against what went, and what is left is seen.

Both ends prove "nothing is left" with the function below. It follows no link, and where the folder is held open since
it was made, it is that folder which is emptied, whatever bears its name meanwhile.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# A worker that was just killed, or an upload under way, may still make a file while its folder goes.
_ATTEMPTS = 5
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Deletion:
    """What became of a folder's files.

    ``files`` and ``bytes`` went, with no other name anywhere; ``left`` files are still there, as listed afterwards (1
    where only the folder is); ``missing`` files had been written and could not be deleted: they were not there, not
    whole, or have another name elsewhere.
    """

    files: int = 0
    bytes: int = 0
    left: int = 0
    missing: int = 0

    def __add__(self, other: Deletion) -> Deletion:
        return Deletion(
            self.files + other.files, self.bytes + other.bytes, self.left + other.left, self.missing + other.missing
        )

    @property
    def clean(self) -> bool:
        """Whether all that was written is gone."""
        return not self.left and not self.missing


NOTHING = Deletion()


def delete(folder: Path, written: Mapping[str, int] | None = None, held: int | None = None) -> Deletion:
    """Delete a folder and look again; one that is not there is a deletion of nothing.

    ``written`` are the files that must be in it, by their path below the folder, with their least size in bytes;
    ``held`` is a descriptor of the folder that was opened when it was made. Never raises OSError: what cannot be
    deleted is counted as left.
    """
    gone: dict[str, int] = {}
    expected = written or {}
    absent: list[str] = []
    own = held if held is not None else _open(folder)
    exchanged = held is not None and not _is(folder, held)
    left = 0
    try:
        for _ in range(_ATTEMPTS):
            if own is not None:
                _empty(own, "", gone)
                left = _count(own)
            _remove(folder, own)
            if not left and not os.path.lexists(folder):
                break
        # What is still there is left, not missing.
        absent = [name for name, size in expected.items() if gone.get(name, -1) < size and not has(own, name)]
    finally:
        if own is not None and held is None:
            os.close(own)
    if os.path.lexists(folder):
        left = max(left, len(files_in(folder)), 1)
    # An exchanged folder is emptied all the same, but somebody had it elsewhere: nobody can say that there is no copy.
    missing = max(len(expected), 1) if exchanged else len(absent)
    return Deletion(len(gone), sum(gone.values()), left, missing)


def files_in(folder: Path) -> list[Path]:
    """List every file below a folder, links among them, without following any."""
    return [
        Path(root) / name
        for root, folders, names in os.walk(folder)
        for name in (*names, *(one for one in folders if (Path(root) / one).is_symlink()))
    ]


def _open(folder: Path) -> int | None:
    try:
        return os.open(folder, _FOLDER)
    except OSError:
        return None  # not there, a link, or no folder; what bears the name is dealt with by it


def _is(folder: Path, held: int) -> bool:
    try:
        return os.path.samestat(folder.lstat(), os.fstat(held))
    except OSError:
        return False


def has(directory: int | None, name: str) -> bool:
    """Tell whether a name, or a path below it, is in a directory; links count, and are not followed."""
    try:
        return directory is not None and os.stat(name, dir_fd=directory, follow_symlinks=False) is not None
    except OSError:
        return False


def _empty(directory: int, prefix: str, gone: dict[str, int]) -> None:
    """Unlink everything in a directory; ``gone`` takes the size of each file that has no other name."""
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                below = os.open(name, _FOLDER, dir_fd=directory)
                try:
                    _empty(below, f"{prefix}{name}/", gone)
                finally:
                    os.close(below)
                os.rmdir(name, dir_fd=directory)
                continue
            os.unlink(name, dir_fd=directory)
        except OSError:
            continue  # looked at again, and counted as left when it stays
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            gone[prefix + name] = status.st_size


def _count(directory: int) -> int:
    """Count the files below a directory; 1 where only folders are."""
    try:
        return sum(len(names) for _, _, names, _ in os.fwalk(dir_fd=directory)) or min(1, len(os.listdir(directory)))
    except OSError:
        return 0


def _remove(folder: Path, own: int | None) -> None:
    """Take away what bears the name: the emptied folder, a link to elsewhere, or what was put in its place."""
    try:
        if folder.is_symlink() or not folder.is_dir():
            folder.unlink(missing_ok=True)
            return
        stranger = None if own is not None and _is(folder, own) else _open(folder)
        if stranger is not None:
            try:
                _empty(stranger, "", {})
            finally:
                os.close(stranger)
        folder.rmdir()
    except OSError:
        return  # looked at again, and counted as left when it stays
