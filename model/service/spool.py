"""Where images live while a transfer is open: memory, or an encrypted disk; deleted, and looked at again."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from model.errors import ConfigurationRefused

MEMORY = ("tmpfs", "ramfs")
MOUNTS = Path("/proc/self/mountinfo")
_FOLDER = re.compile(r"[0-9a-f]{32}")
# A worker that was just killed, or an upload under way, may still make a file while its folder goes.
_ATTEMPTS = 5


@dataclass(frozen=True)
class Deletion:
    """What was deleted: files and bytes as listed before, ``left`` as listed after."""

    files: int
    bytes: int
    left: int


@dataclass(frozen=True)
class Spool:
    """The folder of all transfers; ``bytes`` is what they may hold together."""

    path: Path
    bytes: int
    # Held open: another service that is given the same folder would delete what lies in it.
    lock: int | None = None

    def new(self) -> Path:
        """A fresh folder with an unguessable name."""
        folder = self.path / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    def folders(self) -> list[Path]:
        """The folders that are there."""
        return sorted(path for path in self.path.iterdir() if _FOLDER.fullmatch(path.name))

    @property
    def in_memory(self) -> bool:
        """Whether the spool is a memory file system."""
        return filesystem_of(self.path) in MEMORY


def open_spool(path: Path, limit: int | None, *, encrypted: bool, mounts: Path = MOUNTS) -> Spool:
    """Make the spool; raises ConfigurationRefused where images would lie on a disk that nobody calls encrypted."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        strangers = [one for one in path.iterdir() if not _FOLDER.fullmatch(one.name)]
    except OSError as error:
        raise ConfigurationRefused("Spool", f"the folder cannot be used ({error.strerror})") from None
    if strangers:
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
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise ConfigurationRefused("Spool", "the folder is in use by another service") from None
    free = shutil.disk_usage(path).free
    return Spool(path, limit if limit is not None else free * 4 // 5, lock)


def filesystem_of(path: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that a path lies on, from the kernel's table of mounts (proc(5))."""
    target = str(path.resolve())
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        mounted = before.split()[4].replace("\\040", " ")
        inside = target == mounted or target.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(best):
            best, kind = mounted, after.split()[0]
    return kind


def delete(folder: Path) -> Deletion:
    """Delete a folder and list it again; one that is not there is a deletion of nothing."""
    files, size = 0, 0
    for path in files_in(folder):
        files += 1
        try:
            size += path.stat().st_size
        except FileNotFoundError:
            continue
    for _ in range(_ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
    left = len(files_in(folder)) + 1 if folder.exists() else 0
    return Deletion(files, size, left)


def files_in(folder: Path) -> list[Path]:
    """Every file below a folder, without following links."""
    return [Path(root) / name for root, _, names in os.walk(folder) for name in names]
