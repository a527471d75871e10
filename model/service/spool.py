"""Where images live while a transfer is open: memory, or an encrypted disk; the service's own folder, held open."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from model.errors import ConfigurationRefused
from model.service.journal import Journals
from model.service.transfer_folder import TransferFolder
from model.storage.hold import InUse, hold_open

MEMORY = ("tmpfs", "ramfs")
MOUNTS = Path("/proc/self/mountinfo")
_FOLDER = re.compile(r"[0-9a-f]{32}")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class Spool:
    """The folder of all transfers; ``bytes`` is what they may hold together.

    ``held`` is its descriptor, locked: another service that is given the same folder would delete what lies in it,
    and a folder that somebody puts in its place is not it.
    """

    path: Path
    bytes: int
    held: int
    # It was not there at start: on a memory file system, what it held before is gone with the memory.
    fresh: bool = False

    def new(self, journals: Journals) -> TransferFolder:
        """Make a folder with an unguessable name; raises FileNotFoundError once the spool was exchanged."""
        if self.exchanged():
            raise FileNotFoundError("the spool is not the folder that was opened")
        name = secrets.token_hex(16)
        os.mkdir(name, 0o700, dir_fd=self.held)
        return TransferFolder.open(self.path / name, self.held, journals.of(name))

    def folders(self) -> list[Path]:
        """Return the folders that are there."""
        return sorted(self.path / name for name in _names(self.held) if _FOLDER.fullmatch(name))

    def exchanged(self) -> bool:
        """Tell whether its path leads to something else than the folder that was opened at start."""
        try:
            return not os.path.samestat(self.path.lstat(), os.fstat(self.held))
        except OSError:
            return True


def open_spool(path: Path, limit: int | None, *, encrypted: bool, mounts: Path = MOUNTS) -> Spool:
    """Make the spool, or take the one that is there.

    Raises ConfigurationRefused where images would lie on a disk that nobody calls encrypted, and for a folder that is
    reached over a link, that another user owns or can write, or that holds what is not the service's.
    """
    path = path.absolute()
    _require_no_link(path)
    fresh = not path.exists()
    held = _held(path)
    try:
        _require_own(path, held)
        if any(not _FOLDER.fullmatch(name) for name in _names(held)):
            raise ConfigurationRefused(
                "Spool", "the folder holds what this service did not put there; name one that it has for itself"
            )
        kind = filesystem_of(path, mounts)
        if kind not in MEMORY and not encrypted:
            raise ConfigurationRefused(
                "Spool",
                f"lies on {kind or 'an unknown file system'}, so images would be written to a disk; name a folder on "
                "tmpfs, or set SpoolIsEncrypted to true if that disk is encrypted",
            )
        hold_open(held)
        free = shutil.disk_usage(held).free
    except InUse:
        os.close(held)
        raise ConfigurationRefused("Spool", "the folder is in use by another service") from None
    except OSError as error:
        os.close(held)
        raise _unusable(error) from None
    except BaseException:
        os.close(held)
        raise
    return Spool(path, limit if limit is not None else free * 4 // 5, held, fresh)


def filesystem_of(path: Path, mounts: Path = MOUNTS) -> str:
    """Return the type of the file system that a path lies on, from the kernel's table of mounts (proc(5))."""
    target = str(path.resolve())
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        mounted = before.split()[4].replace("\\040", " ")
        inside = target == mounted or target.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(best):
            best, kind = mounted, after.split()[0]
    return kind


def _names(held: int) -> list[str]:
    return os.listdir(held)


def _require_no_link(path: Path) -> None:
    """Refuse a path over links: whoever owns one decides where images lie."""
    if any(one.is_symlink() for one in (path, *path.parents)):
        raise ConfigurationRefused(
            "Spool", f"is reached over a symbolic link; name the folder itself ({path.resolve()})"
        )


def _held(path: Path) -> int:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _unusable(error) from None


def _unusable(error: OSError) -> ConfigurationRefused:
    return ConfigurationRefused("Spool", f"the folder cannot be used ({error.strerror})")


def _require_own(path: Path, held: int) -> None:
    status = os.fstat(held)
    if status.st_uid != os.geteuid():
        raise ConfigurationRefused(
            "Spool", "the folder belongs to another user; name one that the service's user owns, or leave it to be made"
        )
    if status.st_mode & _OTHERS_WRITE:
        raise ConfigurationRefused(
            "Spool", "others can write into the folder; look what they put there, then set its mode to 0700"
        )
    for parent in path.parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise ConfigurationRefused(
                "Spool", f"everybody can write into {parent} and so exchange the folder; name one elsewhere"
            )
    os.fchmod(held, 0o700)
