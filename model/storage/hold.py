"""Holding a file or folder against other processes: the kernel lets go of it when the holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

_LOOK_SECONDS = 0.1
_PROCESS_ID_BYTES = 32


class InUse(Exception):
    """Another process holds it; ``holder`` is its process id, None where that is not known."""

    def __init__(self, holder: int | None = None) -> None:
        super().__init__("in use by another process")
        self.holder = holder

    @property
    def by(self) -> str:
        """Say which process it is, for the end of a name: ``" (process 4711)"``; empty where that is not known."""
        return "" if self.holder is None else f" (process {self.holder})"


class Hold:
    """A file that is held until ``release`` or the end of this process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of it; done twice, it is let go once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Hold:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def hold(path: Path, *, wait: float | None = 0.0) -> Hold:
    """Hold a file, made where it is missing, against every other process that holds it.

    ``wait`` is for how long another holder is waited for, in seconds; None is for ever. The holder's process id is
    written into the file, for the one that finds it held. Raises InUse, OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        hold_open(descriptor, wait=wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    except InUse:
        holder = _holder(descriptor)
        os.close(descriptor)
        raise InUse(holder) from None
    except BaseException:
        os.close(descriptor)
        raise
    return Hold(descriptor)


def hold_open(descriptor: int, *, wait: float | None = 0.0) -> None:
    """Hold an open file or folder until its descriptor is closed; raises InUse without a process id, OSError."""
    if wait is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise InUse from None
            time.sleep(_LOOK_SECONDS)
        else:
            return


@contextmanager
def in_turn(descriptor: int, *, shared: bool = False) -> Iterator[None]:
    """Hold an open file while the block runs, after whoever holds it now; ``shared`` lets others share it too."""
    fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _holder(descriptor: int) -> int | None:
    """Read the process id that the holder wrote; it may not have come to that yet."""
    text = os.pread(descriptor, _PROCESS_ID_BYTES, 0).strip()
    return int(text) if text.isdigit() else None
