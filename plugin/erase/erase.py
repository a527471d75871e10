"""Deletes what a job left on the disk, and refuses to say so while anything is still there."""

from __future__ import annotations

import logging
from pathlib import Path

from model.errors import AutocontourError
from model.gate.manifest import MANIFEST_NAME, Manifest
from model.pipeline.draw import IMAGES
from model.storage.erase import NOTHING, Deletion, delete

logger = logging.getLogger(__name__)


class EraseFailed(AutocontourError):
    """Something is still there; the sweep at the next start tries again."""


def erase_folder(folder: Path) -> Deletion:
    """Delete a spool folder and list it again; one that does not exist is a deletion of nothing.

    Every slice that its manifest names has to be there to be deleted. Raises EraseFailed when anything is left.
    """
    written, manifest = _written(folder)
    deletion = manifest + delete(folder, written)
    if deletion.missing:
        logger.error("%d pseudonymised file(s) were not in the spool to be deleted", deletion.missing)
    if deletion.left:
        raise EraseFailed(
            "ERASE_FAILED",
            f"{deletion.left} pseudonymised files could not be deleted from the spool; check the rights of the state "
            "directory.",
            retry=True,
        )
    return deletion


def _written(folder: Path) -> tuple[dict[str, int], Deletion]:
    """Return what was written into the folder, by its manifest, which goes first.

    Where it is killed half-way, the rest is not missed.
    """
    path = folder / IMAGES / MANIFEST_NAME
    try:
        content = path.read_bytes()
        manifest = Manifest.from_json(content)
        path.unlink()
    except (OSError, AutocontourError):
        return {}, NOTHING
    return {f"{IMAGES}/{file.name}": file.size for file in manifest.files}, Deletion(1, len(content))
