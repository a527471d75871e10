"""What a worker and the inference process say to each other, and the memory in which both see a tile and its answer.

Messages are JSON, one a packet, and small; arrays lie in anonymous memory (memfd) of which only the open file is sent.
Its size is sealed, so that neither end can take it away under the other.
"""

from __future__ import annotations

import errno
import fcntl
import json
import math
import mmap
import os
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.engines.network.runtime.convertible import Array, Fold
from model.packages.converted import require_named
from model.process.descriptors import receive_with, send_with

MESSAGE_BYTES = 64 * 1024
NAME = re.compile(r"[0-9a-f]{64}\.(xml|bin|npy)")
# Linux 6.3; before, such memory is never executable unless somebody maps it so.
_NOEXEC_SEAL = 0x0008
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL if hasattr(fcntl, "F_SEAL_SHRINK") else 0
_ITEM = np.dtype(np.float32).itemsize


@dataclass(frozen=True)
class Wanted:
    """A network by its content: the names of each fold's files, which are their digests, and the precision."""

    folds: tuple[tuple[str, str, str | None], ...]
    bf16: bool

    @classmethod
    def of(cls, folds: Sequence[Fold], *, bf16: bool) -> Wanted:
        """Return what is wanted where these folds are; their files bear their digests as names."""
        return cls(
            tuple((one.graph.name, one.data.name, None if one.head is None else one.head.name) for one in folds), bf16
        )

    @classmethod
    def read(cls, said: Any) -> Wanted:
        """Read what ``asdict`` makes; raises ValueError."""
        folds = tuple((str(graph), str(data), head) for graph, data, head in said["folds"])
        names = [name for fold in folds for name in fold if name is not None]
        if not folds or not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
            raise ValueError("a network is named by the digests of its files")
        return cls(folds, said["bf16"] is True)

    def verified(self, folder: Path) -> list[Fold]:
        """Return its files in a package's ``converted/``; raises InputRefused when one is not what its name says."""
        return [
            Fold(
                require_named(folder, graph),
                require_named(folder, data),
                None if head is None else require_named(folder, head),
            )
            for graph, data, head in self.folds
        ]


class SharedArray:
    """float32 in memory that two processes see; given back when neither holds it any more."""

    def __init__(self, descriptor: int, shape: tuple[int, ...]) -> None:
        """Map an open file, which is closed; raises ValueError for one of another size, MemoryError."""
        size = _bytes(shape)
        try:
            if os.fstat(descriptor).st_size != size or fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS != _SEALS:
                raise ValueError("shared memory has another size than was said")
            with _memory_errors():
                mapped = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self.array: Array = np.frombuffer(mapped, np.float32, math.prod(shape)).reshape(shape)

    @classmethod
    def made(cls, shape: tuple[int, ...]) -> tuple[SharedArray, int]:
        """Return new memory and its open file, which is sent and then closed; raises MemoryError."""
        with _memory_errors():
            descriptor = _memory_file()
            try:
                os.ftruncate(descriptor, _bytes(shape))
                fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
                return cls(os.dup(descriptor), shape), descriptor
            except BaseException:
                os.close(descriptor)
                raise


def say(to: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message; raises OSError."""
    send_with(to, json.dumps(message).encode(), descriptors)


def hear(whence: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive one message, with at most one open file; raises OSError, EOFError when the other end is gone."""
    message, descriptors = receive_with(whence, MESSAGE_BYTES, 1)
    if not message:
        raise EOFError
    found: dict[str, Any] = json.loads(message)
    return found, descriptors


def shape_of(said: Any) -> tuple[int, ...]:
    """Read the shape of an array; raises ValueError."""
    shape = tuple(int(size) for size in said)
    if not shape or any(size < 0 for size in shape):
        raise ValueError("a shape has sizes")
    return shape


def _bytes(shape: tuple[int, ...]) -> int:
    return max(1, _ITEM * math.prod(shape))  # of nothing, nothing could be mapped


def _memory_file() -> int:
    try:
        return os.memfd_create("tile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING | _NOEXEC_SEAL)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.memfd_create("tile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOMEM, errno.ENOSPC):
            raise MemoryError from None
        raise
