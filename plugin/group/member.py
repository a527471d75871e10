"""A gateway of a group: says every two seconds that it is there, and goes on without those that are not.

No clock of a machine decides anything: the database's tells the time, and how long something took is measured with
CLOCK_BOOTTIME, which goes on while a process or its machine is frozen.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from plugin.group.identity import gateway_id
from plugin.group.membership import Alone, GatewayFenced, Membership
from plugin.group.session import JOINING, LEADER, LOCKS, Session, connections_of
from plugin.version import VERSION

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
# Without a beat for so long this gateway neither writes for the group nor leads it; the others wait longer.
FENCED_SECONDS, NOT_LEADING_SECONDS = 10.0, 4.0
# Looks, one with each beat, at which nothing was heard of a gateway: until it is taken for dead.
LOOKS_SILENT = 8
# Whose lock is free has ended, or lost its connection; it stopped to write two seconds ago.
LOOKS_GONE = 7
EX_TEMPFAIL = 75

NOW = "extract(epoch FROM clock_timestamp())"


@dataclass(frozen=True)
class Peer:
    """Another gateway, as its row has it."""

    gateway: str
    number: int
    epoch: int
    seen: float
    backend: int | None


def boot_seconds() -> float:
    """Tell the seconds since the machine was started, those in which it or this process stood still included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def leave() -> None:
    """End the process at once; whoever started it starts another."""
    os._exit(EX_TEMPFAIL)


class Member:
    """See ``Membership``; its heart beats in a thread of its own from ``join`` on."""

    def __init__(
        self,
        engine: sa.Engine,
        gateway: str,
        *,
        host: str,
        version: str,
        fenced: Callable[[], None] = leave,
        ticks: Callable[[], float] = boot_seconds,
    ) -> None:
        self.gateway = gateway
        # Told of each gateway that the group goes on without, once it is fenced.
        self.lost: Callable[[str], None] = lambda _gateway: None
        self._session = Session(engine)
        self._host = host
        self._version = version
        self._fenced = fenced
        self._ticks = ticks
        self._number = self._epoch = 0
        self._beaten: float | None = None
        self._leading_since: float | None = None
        # What the database's time of day is beyond the ticks.
        self._offset: float | None = None
        # When each peer was heard of last, and how many looks ago.
        self._silent: dict[str, tuple[float, int]] = {}
        self._stopping = threading.Event()

    @property
    def leads(self) -> bool:
        """Whether this gateway does what one of the group does; a new leader waits until the last one has stopped."""
        since = self._leading_since
        return since is not None and self._heard_within(NOT_LEADING_SECONDS) and self._ticks() >= since

    def now(self) -> float:
        """Tell the database's time of day; before it was ever heard, that of this machine."""
        return time.time() if self._offset is None else self._ticks() + self._offset

    def require(self) -> None:
        """Raise GatewayFenced where the group may have gone on without this gateway."""
        if not self._heard_within(FENCED_SECONDS):
            raise GatewayFenced

    def join(self) -> None:
        """Enter the group and stay in it; raises SQLAlchemyError while the database cannot be reached."""
        self.enter()
        threading.Thread(target=self._run, name="member", daemon=True).start()

    def enter(self) -> None:
        """Note this gateway, under a new epoch, and take its locks."""
        run = self._session.run
        run("SELECT pg_advisory_lock(:locks, :joining)", locks=LOCKS, joining=JOINING)
        try:
            run(
                "INSERT INTO gateways (id, number, host, version, epoch, started, seen, backend, leads, fenced) "
                "SELECT :id, 1 + coalesce(max(number), 0), :host, :version, 0, 0, 0, NULL, false, false FROM gateways "
                "ON CONFLICT (id) DO NOTHING",
                id=self.gateway, host=self._host, version=self._version,
            )  # fmt: skip
        finally:
            self._session.unlock(JOINING)
        asked = self._ticks()
        ((self._number, self._epoch, backend, seen),) = run(
            f"UPDATE gateways SET epoch = epoch + 1, started = {NOW}, seen = {NOW}, host = :host, version = :version, "
            "leads = false, fenced = false, backend = pg_backend_pid() WHERE id = :id "
            "RETURNING number, epoch, backend, seen",
            id=self.gateway, host=self._host, version=self._version,
        )  # fmt: skip
        self._beaten, self._offset = asked, seen - self._ticks()
        holders = self._session.holders()
        self._hold(backend, holders)
        self._seek_lead(backend, holders)

    def stop(self) -> None:
        """Leave the loop; the connection, and the locks with it, go."""
        self._stopping.set()

    def close(self) -> None:
        """Let the connection and its locks go, as when the process ends."""
        self._session.close()

    def _run(self) -> None:
        while not self._stopping.wait(BEAT_SECONDS):
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 - the heart must outlive any surprise
                # Without a connection no lock is held: somebody else may lead at any moment.
                self._leading_since = None
                logger.warning("the group's database does not answer (%s); tried again", type(error).__name__)
        self.close()

    def beat(self) -> None:
        """Say that this gateway is there, look who else is, and go on without those that are not."""
        asked = self._ticks()
        heard = self._session.run(
            f"UPDATE gateways SET seen = {NOW}, backend = pg_backend_pid(), leads = :leads "
            "WHERE id = :id AND epoch = :epoch RETURNING backend, seen",
            id=self.gateway, epoch=self._epoch, leads=self.leads,
        )  # fmt: skip
        if not heard:
            self._beaten = self._leading_since = None
            logger.error("the other gateways went on without this one; it starts anew")
            self._fenced()
            return
        backend, seen = heard[0]
        self._beaten, self._offset = asked, seen - self._ticks()
        holders = self._session.holders()
        self._hold(backend, holders)
        self._seek_lead(backend, holders)
        self._look(holders)

    def _heard_within(self, seconds: float) -> bool:
        beaten = self._beaten
        return beaten is not None and self._ticks() - beaten <= seconds

    def _hold(self, backend: int, holders: dict[int, int]) -> None:
        """Take this gateway's own lock; one that an earlier connection of it still has is taken from it."""
        holder = holders.get(self._number)
        if holder == backend:
            return
        if holder is not None:
            self._session.terminate(holder)
        self._session.lock(self._number)

    def _seek_lead(self, backend: int, holders: dict[int, int]) -> None:
        leading = holders.get(LEADER) == backend
        if not leading:
            self._leading_since = None
            leading = LEADER not in holders and self._session.lock(LEADER)
            if leading:
                logger.info("this gateway leads the group")
        if leading and self._leading_since is None:
            self._leading_since = self._ticks() + self._pause()

    def _pause(self) -> float:
        """How long the leader before may still think that it leads (seconds); nobody was one where nobody else is."""
        (others,) = self._session.run(
            f"SELECT count(*) FROM gateways WHERE id <> :id AND NOT fenced AND seen > {NOW} - 60", id=self.gateway
        )[0]
        return NOT_LEADING_SECONDS if others else 0.0

    def _look(self, holders: dict[int, int]) -> None:
        rows = self._session.run(
            "SELECT id, number, epoch, seen, backend FROM gateways WHERE id <> :id AND NOT fenced", id=self.gateway
        )
        silent: dict[str, tuple[float, int]] = {}
        for row in rows:
            peer = Peer(*row)
            seen, looks = self._silent.get(peer.gateway, (peer.seen, 0))
            looks = looks + 1 if seen == peer.seen else 1
            silent[peer.gateway] = (peer.seen, looks)
            if looks >= (LOOKS_SILENT if peer.number in holders else LOOKS_GONE):
                self._go_on_without(peer, holders)
        self._silent = silent

    def _go_on_without(self, peer: Peer, holders: dict[int, int]) -> None:
        fenced = self._session.run(
            "UPDATE gateways SET epoch = epoch + 1, fenced = true, leads = false "
            "WHERE id = :id AND epoch = :epoch AND seen = :seen",
            id=peer.gateway, epoch=peer.epoch, seen=peer.seen,
        )  # fmt: skip
        if not fenced:
            return  # it was heard of just now, or another gateway saw it first
        if peer.number in holders:
            self._session.terminate(holders[peer.number])
        self._session.terminate_all(connections_of(peer.gateway))
        logger.warning("nothing is heard of the gateway %s; the others go on without it", peer.gateway)
        self.lost(peer.gateway)


def membership_of(engine: sa.Engine, state_directory: Path) -> Membership:
    """Return the membership of the gateway of a state directory; on SQLite it is alone."""
    if engine.dialect.name == "sqlite":
        return Alone()
    return Member(engine, gateway_id(state_directory), host=socket.gethostname(), version=VERSION)
