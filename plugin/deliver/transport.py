"""What a type of destination has to do, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from plugin.deliver.delivery import Delivery, Proof
from plugin.deliver.instances import Instances


class NotTaken(Exception):
    """The destination does not have the objects, or nobody knows: ``status`` is the node's own, or one of ours.

    ``unsure``: they may have arrived. ``again``: later it may go. ``everyone``: it is the destination that takes
    nothing now, so that the others behind this delivery wait as well.
    """

    def __init__(self, status: str, *, unsure: bool = False, again: bool = True, everyone: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.unsure = unsure
        self.again = again
        self.everyone = everyone


@dataclass(frozen=True, slots=True)
class Proved:
    """All objects are there."""

    proof: Proof


@dataclass(frozen=True, slots=True)
class NotYet:
    """No proof yet; asked again after some seconds. ``mark`` is kept until then, ``status`` says what is known."""

    seconds: float
    mark: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The destination says that it does not have all of them, though it took them: they are sent again.

    ``ask_first``: it can say which of them it has.
    """

    status: str
    ask_first: bool = False


@dataclass(frozen=True, slots=True)
class Unprovable:
    """The destination cannot be asked; ``status`` says why, None where the site wants no proof."""

    status: str | None = None


Verdict = Proved | NotYet | Lost | Unprovable


class Transport(Protocol):
    """Brings instances to one destination."""

    def is_sending(self, instances: Instances) -> bool:
        """Whether something that an earlier attempt began goes on by itself, so that nothing is to be sent now.

        Raises TargetFailed when that cannot be told.
        """
        ...

    def find(self, instances: Instances) -> frozenset[str] | None:
        """Return the SOP instances that are there; None when the destination cannot be asked.

        Raises NotTaken when it does not answer now.
        """
        ...

    def send(self, instances: Instances, delivery: Delivery, mark: Callable[[str], None]) -> None:
        """Send all objects, of an item with ``content`` that file.

        ``mark`` keeps a word that the next attempt finds in the delivery.

        Raises NotTaken.
        """
        ...

    def prove(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        """Look whether what was sent has arrived; ``now`` in seconds since the epoch.

        Raises NotTaken when the destination does not answer now.
        """
        ...

    def abandon(self, instances: Instances, delivery: Delivery) -> bool:
        """Remove what an attempt that was cut off left at the destination and nobody there has taken yet.

        Returns whether it is certain that nothing of this attempt has arrived. Raises NotTaken.
        """
        ...
