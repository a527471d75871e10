"""A network that the inference process computes, as a worker sees it: called like one of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from model.engines.network.head import Head, read_head
from model.engines.network.runtime.convertible import Array, Fold
from model.engines.network.runtime.exchange import SharedArray, Wanted, hear, say, shape_of
from model.engines.network.runtime.openvino import left_apart
from model.errors import EngineFailed, InputRefused
from model.worker.inference import Connect, died


class Elsewhere:
    """As OpenVino is called: tiles (1, 1, z, y, x) to (1, channels, z, y, x) float32, C-contiguous.

    What a call returns is overwritten by the next one. It is connected from the first tile until ``rest``: then nothing
    of the image is left in the other process, nor in what both see.
    """

    def __init__(self, connect: Connect, folds: Sequence[Fold], *, bf16: bool = False) -> None:
        """Have the files read, verified before.

        Raises InputRefused when they are not what their names say, not harmless, or OpenVINO cannot; EngineFailed
        when the other process died.
        """
        self.head: Head | None = left_apart([None if one.head is None else read_head(one.head) for one in folds])
        self._connect = connect
        self._folder = folds[0].graph.parent
        self._wanted = Wanted.of(folds, bf16=bf16)
        self._socket: socket.socket | None = None
        self._tile: SharedArray | None = None
        self._answer: SharedArray | None = None
        try:
            self._connected()
        finally:
            self.rest()

    def __call__(self, tile: Array) -> Array:
        """Have a tile computed; raises what OpenVino does, and EngineFailed when the other process died."""
        connection, sent = self._connected(), list[int]()
        if self._tile is None or self._tile.array.shape != tile.shape:
            self._tile, descriptor = SharedArray.made(tile.shape)
            sent.append(descriptor)
        try:
            self._tile.array[...] = tile
            reply, received = self._asked(connection, {"tile": tile.shape}, sent)
        finally:
            for one in sent:
                os.close(one)
        if received:
            self._answer = SharedArray(received[0], shape_of(reply["answer"]))
        if self._answer is None:
            raise died()
        return self._answer.array

    def rest(self) -> None:
        """Leave, so that the other process keeps nothing but the network."""
        if self._socket is not None:
            self._socket.close()
        self._socket = self._tile = self._answer = None

    def _connected(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        try:
            return self._opened()
        except EngineFailed:
            # Killed while idle, it looked alive until the kernel had ended it; nothing is lost yet.
            return self._opened()

    def _opened(self) -> socket.socket:
        connection = self._socket = self._connect()
        self._asked(connection, {"network": asdict(self._wanted), "folder": str(self._folder)})
        return connection

    def _asked(
        self, connection: socket.socket, message: dict[str, Any], sent: Sequence[int] = ()
    ) -> tuple[dict[str, Any], list[int]]:
        """Say one thing and hear the answer; raises what the answer says was raised."""
        try:
            say(connection, message, sent)
            reply, received = hear(connection)
        except (OSError, EOFError):
            self.rest()
            raise died() from None
        if "refused" in reply:
            raise InputRefused(*reply["refused"])
        if "memory" in reply:
            self._answer = None
            raise MemoryError
        if "raised" in reply:
            kind = ValueError if reply["raised"] == "ValueError" else RuntimeError
            raise kind(reply.get("text", f"OpenVINO: {reply['raised']}"))
        return reply, received
