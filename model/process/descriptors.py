"""Open files from process to process over a UNIX socket (unix(7), SCM_RIGHTS).

Python's own ``socket.recv_fds`` leaves out its flags, and what it receives would be inherited by later processes.
"""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Sequence

_SIZE = array.array("i").itemsize


def send_with(to: socket.socket, message: bytes, descriptors: Sequence[int] = ()) -> None:
    """Send one message, and with it open files, which stay open here as well; raises OSError."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    to.sendmsg([message], rights)


def receive_with(whence: socket.socket, size: int, most: int = 0) -> tuple[bytes, list[int]]:
    """Receive one message of at most ``size`` bytes, with up to ``most`` open files; empty when the other end is gone.

    Raises OSError; ConnectionError when more was sent.
    """
    space = socket.CMSG_SPACE(most * _SIZE) if most else 0
    message, rights, flags, _ = whence.recvmsg(size, space, socket.MSG_CMSG_CLOEXEC)
    found = array.array("i")
    for level, kind, content in rights:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(content[: len(content) - len(content) % _SIZE])
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(found) > most:
        for one in found:
            os.close(one)
        raise ConnectionError("more was sent than was asked for")
    return message, list(found)
