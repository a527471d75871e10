"""The folder of files that are made and not searched yet, under a name that no later stage reads.

``<job>/images.unchecked`` becomes ``<job>/images`` in one step. What is cut off in between is erased with the job.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model.gate.manifest import MANIFEST_NAME, Manifest
from model.storage.files import open_new, replace_within

SUFFIX = ".unchecked"
# Of a file that is about to take another's place.
REPLACING = ".new"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class UncheckedFolder:
    """Takes files, and gives them back to be searched; ``seal`` gives the folder its name.

    Both folders are held by their descriptors. A stage that was given up and still runs then writes into a folder that
    was deleted meanwhile, which fails, and never into that of the next attempt.
    """

    def __init__(self, place: Path, above: int, own: int) -> None:
        self._place = place
        self._above = above
        self._own = own

    def write(self, name: str, data: bytes) -> None:
        """Write one file (0600) under a name that is new; raises OSError."""
        with open_new(name, within=self._own) as file:
            file.write(data)

    def read(self, name: str) -> bytes:
        """Read one file again; raises OSError."""
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._own)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            return file.readall()

    def replace(self, name: str, data: bytes) -> None:
        """Put a file (0600) in the place of one, whole or not at all; raises OSError."""
        self.write(name + REPLACING, data)
        replace_within(self._own, name + REPLACING, name)

    def seal(self, manifest: Manifest) -> Path:
        """Write the manifest and give the folder the name that later stages read; returns its path."""
        self.write(MANIFEST_NAME, manifest.to_json())
        replace_within(self._above, self._place.name + SUFFIX, self._place.name)
        return self._place


@contextmanager
def unchecked_folder(place: Path) -> Iterator[UncheckedFolder]:
    """Make the folder (0700) beside ``place``, where nothing may be yet; what is not sealed stays to be erased."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened: list[int] = []
    try:
        opened.append(os.open(place.parent, _FOLDER))
        os.mkdir(place.name + SUFFIX, 0o700, dir_fd=opened[0])
        opened.append(os.open(place.name + SUFFIX, _FOLDER, dir_fd=opened[0]))
        yield UncheckedFolder(place, opened[0], opened[1])
    finally:
        for descriptor in opened:
            os.close(descriptor)
