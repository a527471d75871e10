"""What lies in each transfer's folder, written beside the ledger: after a crash it says what has to be deleted.

Counts, sizes and the names that the manifest gives (0001.dcm …). It is not synced: what it is read for is the end of
the process. When the power fails, the memory that images lie in is empty too.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from model.service.answers import NotRecorded

BOOT = Path("/proc/sys/kernel/random/boot_id")
FIRST_PROCESS = Path("/proc/1/stat")
_DELETED = "-"


@dataclass(frozen=True)
class Journal:
    """The journal of one transfer; each line a size and a name, or what is deleted from here on."""

    path: Path

    def wrote(self, name: str, size: int) -> None:
        """Record that a file lies under its name for good; raises NotRecorded."""
        self._append(f"{size} {name}\n")

    def deletes(self, folder: str) -> None:
        """Record that what lies in a folder, or with an empty name in all, is about to be deleted.

        Raises NotRecorded.
        """
        self._append(f"{_DELETED} {folder}\n")

    def written(self) -> dict[str, int]:
        """Return the files that have to be there, with their sizes; none where no journal was kept."""
        try:
            lines = self.path.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return {}
        found: dict[str, int] = {}
        for line in lines:
            size, _, name = line.partition(" ")
            if size == _DELETED:
                found = {kept: one for kept, one in found.items() if not kept.startswith(name)}
            elif size.isdigit():
                found[name] = int(size)
        return found

    def remove(self) -> None:
        """Record that the transfer is over and signed for."""
        self.path.unlink(missing_ok=True)

    def _append(self, line: str) -> None:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, line.encode("ascii"))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise NotRecorded from error


@dataclass(frozen=True)
class Journals:
    """All journals of a service, one per folder of its spool."""

    directory: Path

    def of(self, folder: str) -> Journal:
        """Return the journal of a folder by its name."""
        return Journal(self.directory / folder)

    def names(self) -> list[str]:
        """Return the folders that have one."""
        return sorted(path.name for path in self.directory.iterdir())


def open_journals(directory: Path) -> Journals:
    """Make the folder; raises OSError."""
    directory.mkdir(mode=0o700, exist_ok=True)
    return Journals(directory)


def lifetime(boot: Path = BOOT, first: Path = FIRST_PROCESS) -> str:
    """Name what memory file systems live as long as: this start of the machine and, in a container, of the container.

    The kernel's boot id (random(4)) and the start time of process 1 (proc(5), field 22).
    """
    return f"{boot.read_text().strip()}-{_started(first)}"


def _started(first: Path) -> str:
    try:
        return first.read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "unseen"  # hidden from us (proc(5), hidepid): then it is the host's, and its boot id says enough
