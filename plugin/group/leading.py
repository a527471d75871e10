"""Loops of which one gateway of a group has to do the work: the others only wait, and go on when they lead."""

from __future__ import annotations

from collections.abc import Callable

# Whether this gateway does what one gateway of the group does, as Membership.leads.
Leads = Callable[[], bool]


def always() -> bool:
    """Whether the only gateway of a database leads."""
    return True
