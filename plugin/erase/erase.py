"""Deletes what a job left on the disk, and refuses to say so while anything is still there."""

from __future__ import annotations

from pathlib import Path

from model.errors import AutocontourError
from model.storage.erase import Deletion, delete


class EraseFailed(AutocontourError):
    """Something is still there; the sweep at the next start tries again."""


def erase_folder(folder: Path) -> Deletion:
    """Delete a spool folder and list it again; one that does not exist is a deletion of nothing.

    Raises EraseFailed when anything is left.
    """
    deletion = delete(folder)
    if deletion.left:
        raise EraseFailed(
            "ERASE_FAILED",
            f"{deletion.left} pseudonymised files could not be deleted from the spool; check the rights of the state "
            "directory.",
            retry=True,
        )
    return deletion
