"""Deletes what a job left on the disk, and looks that it is gone."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from model.errors import AutocontourError


@dataclass(frozen=True)
class Erasure:
    """What was deleted: ``files`` and ``bytes`` as listed before, ``left`` as listed after (0, or it was refused)."""

    files: int
    bytes: int
    left: int


class EraseFailed(AutocontourError):
    """Something is still there; the sweep at the next start tries again."""


def erase_folder(folder: Path) -> Erasure:
    """Delete a spool folder and list it again; one that does not exist is an erasure of nothing.

    Raises EraseFailed when anything is left.
    """
    files, size = 0, 0
    if folder.exists():
        for path in folder.rglob("*"):
            if path.is_file():
                files += 1
                size += path.stat().st_size
        shutil.rmtree(folder, ignore_errors=True)
    left = sum(1 for _ in folder.rglob("*")) + 1 if folder.exists() else 0
    if left:
        raise EraseFailed(
            "ERASE_FAILED",
            f"{left} pseudonymised files could not be deleted from the spool; check the rights of the state directory.",
            retry=True,
        )
    return Erasure(files, size, left)
