"""What every part of a gateway may ask about the group: who this is, whether it leads, whether it may still write."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from model.errors import AutocontourError

# Of the one gateway that a database of SQLite has.
ONLY = "gateway"
LOOK_SECONDS = 0.5


class GatewayFenced(AutocontourError):
    """The group went on without this gateway, which did not answer for too long: nothing of it may be written."""

    def __init__(self) -> None:
        super().__init__(
            "FENCED",
            "The other gateways did not hear of this one for too long and go on with its jobs; it starts anew.",
            # Where the database was only away, it is let in again.
            retry=True,
        )


class Membership(Protocol):
    """This gateway among those that share its database."""

    @property
    def gateway(self) -> str:
        """By what this gateway is known: it stands in the rows of the jobs that it works on."""

    @property
    def leads(self) -> bool:
        """Whether this gateway does what one gateway of the group does: intake, deliveries, notifications, labels."""

    def join(self) -> None:
        """Enter the group, before any work is taken; raises SQLAlchemyError while the database cannot be reached."""

    def now(self) -> float:
        """Tell the time of day (seconds since the epoch) on which all gateways of the group agree."""

    def require(self) -> None:
        """Raise GatewayFenced unless this process may still write for the group."""


@dataclass(frozen=True)
class Alone:
    """The one gateway of its database."""

    gateway: str = ONLY
    leads: bool = True

    def join(self) -> None:
        """Nobody else is there."""

    def now(self) -> float:
        """Tell the time of day, which is that of the only machine there is."""
        return time.time()

    def require(self) -> None:
        """Nobody else goes on with what this one does."""


def await_membership(membership: Membership) -> None:
    """Wait while the database is away; a process that the group went on without ends meanwhile."""
    while True:
        try:
            membership.require()
        except GatewayFenced:
            time.sleep(LOOK_SECONDS)
        else:
            return
