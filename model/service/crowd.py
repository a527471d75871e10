"""Who may be connected while many want to be: those without a token never keep those with one out.

A connection counts from the moment the kernel hands it over, before TLS has begun. Until it has shown a token or a
certificate of a site it is a stranger's, and where there are too many strangers, of one address or in all, the oldest
of the largest group is cut off. So a newcomer always gets the moment that it takes to prove itself.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)

# Beyond it somebody goes, while there are still file descriptors for those who are in.
MAXIMUM_CONNECTIONS = 500
# What one site may hold open: its gateways' uploads, polls and what waits to be used again.
SITE_CONNECTIONS = 200
_SAY_SECONDS = 60.0
# A close that sends a reset and waits for nothing: there is nothing left to be said.
_RESET = struct.pack("ii", 1, 0)

Peer = tuple[Any, ...]


def group_of(peer: Peer) -> str:
    """Tell whom an address stands for: itself, and of IPv6 its network, as everybody has 2**64 addresses there."""
    text = str(peer[0]).partition("%")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return text


@dataclass
class Crowd:
    """All connections of one service; used by its event loop alone."""

    per_address: int
    total: int = MAXIMUM_CONNECTIONS
    per_site: int = SITE_CONNECTIONS
    cut: Callable[[], None] = lambda: None
    _strangers: dict[str, dict[Peer, socket.socket]] = field(default_factory=dict)
    _sites: dict[Peer, str] = field(default_factory=dict)
    _said: float | None = None

    def door(self, listener: socket.socket) -> Door:
        """Take a listening socket's place."""
        return Door(self, listener)

    def count(self) -> int:
        """Count the connections that are open."""
        return len(self._sites) + sum(len(group) for group in self._strangers.values())

    def enter(self, peer: Peer, connection: socket.socket) -> bool:
        """Let somebody in, and whoever has to go for that out; False when nobody can, because all are known."""
        group = self._strangers.setdefault(group_of(peer), {})
        if len(group) >= self.per_address:
            self._cut(group)
        elif self.count() >= self.total:
            largest = max(self._strangers.values(), key=len)
            if not largest:
                self._forget_empty(peer)
                return False
            self._cut(largest)
        group[peer] = connection
        return True

    def prove(self, peer: Peer, site: str) -> bool:
        """Note that a connection has shown that it is a site's; returns False when the site has too many already."""
        if self._sites.get(peer) == site:
            return True
        if Counter(self._sites.values())[site] >= self.per_site:
            return False
        self._strangers.get(group_of(peer), {}).pop(peer, None)
        self._forget_empty(peer)
        self._sites[peer] = site
        return True

    def is_known(self, peer: Peer) -> bool:
        """Tell whether a connection has shown whose it is."""
        return peer in self._sites

    def leave(self, peer: Peer, connection: socket.socket) -> None:
        """Note that a connection is closed."""
        group = self._strangers.get(group_of(peer), {})
        if group.get(peer) is connection:
            del group[peer]
        elif peer in self._sites:
            del self._sites[peer]
        self._forget_empty(peer)

    def _cut(self, group: dict[Peer, socket.socket]) -> None:
        peer = next(iter(group))
        connection = group.pop(peer)
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # Whatever reads from it, TLS or HTTP, finds its end and closes it.
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            logger.debug("a connection that was to be cut had ended")
        self.cut()
        now = time.monotonic()
        if self._said is None or now - self._said > _SAY_SECONDS:
            self._said = now
            logger.warning("too many connections that show no token: the oldest are cut off")

    def _forget_empty(self, peer: Peer) -> None:
        group = group_of(peer)
        if not self._strangers.get(group, True):
            del self._strangers[group]


class Door(socket.socket):
    """A listening socket that lets a crowd in one by one."""

    def __init__(self, crowd: Crowd, listener: socket.socket) -> None:
        super().__init__(listener.family, listener.type, listener.proto, fileno=listener.detach())
        self._crowd = crowd

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept as any socket does; who cannot be let in is never seen."""
        while True:
            accepted, peer = super().accept()
            guest = Guest(self._crowd, peer, accepted)
            if self._crowd.enter(peer, guest):
                return guest, peer
            guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            guest.close()


class Guest(socket.socket):
    """An accepted connection that says when it is over."""

    def __init__(self, crowd: Crowd, peer: Peer, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._crowd, self._peer = crowd, peer

    def close(self) -> None:
        """Close as any socket does."""
        super().close()
        self._crowd.leave(self._peer, self)
