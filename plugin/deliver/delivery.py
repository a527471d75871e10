"""One delivery: an attempt of a job to one destination, as its row of the table has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plugin.jobs.job import iso

# Statuses that are no node's: what happened before a node could answer, or instead of it.
HELD = "DELIVERY_HELD"
SUPERSEDED = "DELIVERY_SUPERSEDED"
GONE = "DELIVERY_GONE"
OBJECTION = "DELIVERY_OBJECTION"
DEADLINE = "DELIVERY_DEADLINE"
UNREACHABLE = "DELIVERY_UNREACHABLE"
UNKNOWN = "DELIVERY_UNKNOWN"
NOT_FOUND = "DELIVERY_NOT_FOUND"
NO_CONTEXT = "DELIVERY_NO_CONTEXT"
NO_PROOF = "DELIVERY_NO_PROOF"
NO_REPORT = "DELIVERY_NO_REPORT"
NO_ANSWER = "DELIVERY_NO_ANSWER"
FOLDER = "DELIVERY_FOLDER"
STOW = "DELIVERY_STOW"
DENIED = "DELIVERY_DENIED"
NO_PLUGIN = "DELIVERY_NO_PLUGIN"
SENDING = "DELIVERY_SENDING"


class DeliveryState(StrEnum):
    """What is known of the arrival."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    """Proved."""
    SENT = "sent"
    """The destination took it, and nothing proves that it is there."""
    REFUSED = "refused"
    """Not there, and not tried any more; the status says why."""


class Proof(StrEnum):
    """How arrival was proved."""

    COMMITMENT = "commitment"
    FIND = "find"
    ANSWER = "answer"


class Step(StrEnum):
    """What is to be done next."""

    SEND = "send"
    UNSURE = "unsure"
    """Sending was begun, and nobody knows how it ended: the destination is asked first."""
    PROVE = "prove"
    HELD = "held"
    """Until somebody asks for it."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row; times in seconds since the epoch.

    ``serial`` counts how often it was asked for, ``tries`` how often it was sent, ``looks`` how often its proof was
    looked for since; ``mark`` is what the destination's type keeps between two steps.
    """

    job: str
    attempt: int
    destination: str
    serial: int
    rank: int
    state: DeliveryState
    step: Step
    proof: Proof | None
    status: str | None
    mark: str | None
    tries: int
    looks: int
    noted: float
    sent: float | None
    at: float
    next_try: float
    deadline: float

    def to_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "Destination": self.destination,
            "State": str(self.state),
            "Proof": None if self.proof is None else str(self.proof),
            "Status": self.status,
            "At": iso(self.at),
            "Tries": self.tries,
        }
