"""One transfer's folder in the spool: held by descriptor, and it knows what was written into it."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from model.pipeline.draw import IMAGES
from model.service.answers import NotRecorded
from model.service.journal import Journal
from model.storage.erase import NOTHING, Deletion, delete, has
from model.storage.files import open_new, replace_within

ARRIVING = "arriving"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass
class TransferFolder:
    """Names are paths below the folder. Every write is noted, so that each file is asked for when all is deleted.

    Once it is closed, everything but ``close`` raises FileNotFoundError.
    """

    path: Path
    _descriptor: int
    _journal: Journal
    _written: dict[str, int] = field(default_factory=dict)
    _gone: Deletion = NOTHING
    # Held around every use of the descriptor too: its number may be another file's once it is closed.
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def open(cls, path: Path, within: int, journal: Journal) -> TransferFolder:
        """Hold a folder that was made in the directory ``within``, and make the two that it has; raises OSError."""
        made = cls(path, os.open(path.name, _FOLDER, dir_fd=within), journal)
        try:
            for name in (IMAGES, ARRIVING):
                os.mkdir(name, 0o700, dir_fd=made._held)
        except OSError:
            made.delete()
            made.close()
            raise
        return made

    def create(self, name: str) -> BinaryIO:
        """Open a new file to write into; ``arrived`` or ``wrote`` says that it is whole. Raises OSError."""
        with self._lock:
            return open_new(name, within=self._held)

    def arrived(self, name: str, size: int) -> None:
        """Note that the file has to be there from here on, until it is moved or deleted."""
        with self._lock:
            self._written[name] = size

    def wrote(self, name: str, size: int) -> None:
        """Note, also for after a crash, that the file has to be there until it is deleted; raises NotRecorded."""
        with self._lock:
            self._written[name] = size
            self._journal.wrote(name, size)

    def write(self, name: str, content: bytes) -> None:
        """Write a whole new file, in the place of one that has its name; raises OSError, NotRecorded."""
        self.discard(name)
        with self.create(name) as file:
            file.write(content)
        self.wrote(name, len(content))

    def read(self, name: str) -> bytes:
        """Return the content of a file; raises FileNotFoundError."""
        with self._lock:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._held)
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def move(self, name: str, target: str) -> None:
        """Give a file that arrived the name that it keeps; raises FileNotFoundError, NotRecorded."""
        with self._lock:
            replace_within(self._held, name, target)
            self.wrote(target, self._written.pop(name))

    def discard(self, name: str) -> None:
        """Delete one file, and count it; one that is not there is left to ``delete`` to miss."""
        with self._lock:
            try:
                size = os.stat(name, dir_fd=self._held, follow_symlinks=False).st_size
                os.unlink(name, dir_fd=self._held)
            except OSError:
                return
            self._written.pop(name, None)
            self._gone += Deletion(1, size)

    def delete_images(self) -> None:
        """Delete the images alone; what became of them counts in what ``delete`` returns. Raises NotRecorded."""
        with self._lock:
            self._journal.deletes(f"{IMAGES}/")
            try:
                images = os.open(IMAGES, _FOLDER, dir_fd=self._held)
            except OSError:
                return  # they stay noted as written, and will be missing
            try:
                self._account(f"{IMAGES}/", images)
            finally:
                os.close(images)

    def delete(self) -> Deletion:
        """Delete everything and look again; returns what became of all that was ever written into it.

        What is left can be deleted later: then, and only then, it counts as gone.
        """
        with self._lock, suppress(NotRecorded):
            # Records that find no room keep no image: killed in the middle, the next start would look for them in vain.
            self._journal.deletes("")
        with self._lock:
            deletion = self._account("", self._held)
            return self._gone + Deletion(left=deletion.left)

    def close(self) -> None:
        """Let go of it, once its deletion is signed for."""
        with self._lock:
            self._journal.remove()
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    @property
    def _held(self) -> int:
        if self._descriptor < 0:
            raise FileNotFoundError("the transfer is over")
        return self._descriptor

    def _account(self, prefix: str, held: int) -> Deletion:
        written = {name.removeprefix(prefix): size for name, size in self._written.items() if name.startswith(prefix)}
        deletion = delete(self.path / prefix, written, held)
        self._gone += Deletion(deletion.files, deletion.bytes, 0, deletion.missing)
        for name in written:
            if not deletion.left or not has(held, name):
                del self._written[prefix + name]
        return deletion
