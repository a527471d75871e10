"""The inference process: tiles of all workers, computed one after the other, each on all cores, in turn.

One thread. While it computes it looks after who has left: the tile of a worker that was killed is broken off at the
next layer, and its memory is let go of at once. Workers get no sight of each other's: each has arrays of its own.
"""

from __future__ import annotations

import os
import select
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.engines.network.runtime.convertible import Array
from model.engines.network.runtime.exchange import SharedArray, Wanted, hear, say, shape_of
from model.engines.network.runtime.held import UNUSED_SECONDS, HeldNetworks
from model.errors import InputRefused
from model.process.descriptors import receive_with


@dataclass(eq=False)
class _Client:
    """A worker that draws one image: its socket, what is closed when it was let go of, and its two arrays."""

    socket: socket.socket
    held: int
    folder: Path | None = None
    wanted: Wanted | None = None
    tile: SharedArray | None = None
    answer: SharedArray | None = None
    left: bool = False


def compute_for_workers(control: socket.socket) -> None:
    """Compute for the workers whose connections come over ``control``, until that ends."""
    Inference(control).run()


class Inference:
    """All connections, in the order of their turns, and the networks."""

    def __init__(self, control: socket.socket) -> None:
        """Nobody is connected."""
        self._control = control
        self._clients: list[_Client] = []
        self._networks = HeldNetworks()
        self._computes: _Client | None = None
        self._ended = False

    def run(self) -> None:
        """Take whose turn it is; return when the parent has gone."""
        while not self._ended:
            said = self._look(UNUSED_SECONDS)
            self._networks.drop_unused()
            client = next((one for one in self._clients if one.socket.fileno() in said), None)
            if client is not None:
                self._clients.remove(client)
                self._clients.append(client)  # its next turn is after the others'
                self._answer(client)

    def _look(self, seconds: float) -> set[int]:
        """Welcome who comes and let go of who left; return the sockets on which something was said."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        for one in self._clients:
            poll.register(one.socket, select.POLLIN)
        said = dict(poll.poll(1000 * seconds))
        left = select.POLLHUP | select.POLLERR
        for one in [one for one in self._clients if said.get(one.socket.fileno(), 0) & left]:
            one.left = True
            if one is not self._computes:  # whose arrays are written until its tile is broken off
                self._let_go(one)
        if said.pop(self._control.fileno(), 0):
            self._welcome()
        return {number for number, events in said.items() if not events & left}

    def _welcome(self) -> None:
        message, descriptors = receive_with(self._control, 16, 2)
        if not message:
            self._ended = True
            return
        connection, held = descriptors
        self._clients.append(_Client(socket.socket(fileno=connection), held))

    def _let_go(self, client: _Client) -> None:
        self._clients.remove(client)
        client.tile = client.answer = None
        client.socket.close()
        if not self._clients:
            self._networks.rest()
        os.close(client.held)

    def _answer(self, client: _Client) -> None:
        """Do what a worker asks, and say so or why not; let go of one that left meanwhile."""
        sent: list[int] = []
        self._computes = client
        try:
            message, descriptors = hear(client.socket)
            say(client.socket, self._reply(client, message, descriptors, sent), sent)
        except (OSError, EOFError):
            client.left = True
        finally:
            self._computes = None
            for one in sent:
                os.close(one)
        if client.left:
            self._let_go(client)

    def _reply(
        self, client: _Client, message: dict[str, Any], descriptors: list[int], sent: list[int]
    ) -> dict[str, Any]:
        """Return what came of it; the open file of a new array for answers is added to ``sent``."""
        try:
            if "network" in message:
                return self._open(client, message)
            return self._compute(client, shape_of(message["tile"]), descriptors, sent)
        except InputRefused as refused:
            return {"refused": [refused.code, refused.message]}
        except MemoryError:
            client.answer = None
            return {"memory": True}
        except (ValueError, RuntimeError) as error:  # ours, without a foreign text
            client.answer = None
            return {"raised": type(error).__name__, "text": str(error)}
        except Exception as error:  # noqa: BLE001 - it ends one job with a reason, and not everybody's
            client.answer = None
            return {"raised": type(error).__name__}

    def _open(self, client: _Client, message: dict[str, Any]) -> dict[str, Any]:
        client.folder, client.wanted = Path(message["folder"]), Wanted.read(message["network"])
        self._networks.network(client.wanted, client.folder)
        return {}

    def _compute(
        self, client: _Client, shape: tuple[int, ...], descriptors: list[int], sent: list[int]
    ) -> dict[str, Any]:
        if descriptors:
            client.tile = SharedArray(descriptors[0], shape)
        if client.tile is None or client.tile.array.shape != shape or client.wanted is None or client.folder is None:
            raise ValueError("a tile lies in memory that was sent, and a network was named")
        network = self._networks.network(client.wanted, client.folder)
        self._networks.wake(network)
        answer_shape = network.answer_shape(shape)
        if answer_shape is None:
            found = network(client.tile.array)
            answer = self._room(client, found.shape, sent)
            answer[...] = found
            network.rest()  # it would hold the worker's tile
        else:
            answer = self._room(client, answer_shape, sent)
            network.compute(client.tile.array, answer, lambda: self._is_wanted(client))
        return {"answer": answer.shape}

    def _room(self, client: _Client, shape: tuple[int, ...], sent: list[int]) -> Array:
        """Return a worker's array for an answer; the open file of a new one is added to ``sent``."""
        if client.answer is None or client.answer.array.shape != shape:
            client.answer = None  # before the next one is made
            client.answer, descriptor = SharedArray.made(shape)
            sent.append(descriptor)
        return client.answer.array

    def _is_wanted(self, client: _Client) -> bool:
        self._look(0)
        return not client.left and not self._ended
