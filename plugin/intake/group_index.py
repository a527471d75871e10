"""Gateways that share a database follow one change log: that of the index on which all of their Orthancs are.

One whose Orthanc has another index would decide on series that the others do not see, and the place up to which the
log was read would be of two logs. So it does not belong to the group, and ends until that is mended.
"""

from __future__ import annotations

import logging
import os
import threading

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from model.errors import AutocontourError, TargetFailed
from plugin.intake.arrivals import Arrivals
from plugin.intake.changes import is_another_log
from plugin.pacs.client import Orthanc
from plugin.state.group_tables import gateways
from plugin.state.postgresql import trouble_of

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
# A restart of Orthanc is waited out; and its log and our position are not read at one moment.
LOOKS = 6
# Heard of within so many seconds, a gateway is there.
THERE_SECONDS = 15.0
EX_TEMPFAIL = 75
# As operations.gateways writes it.
NO_REASONS = "[]"
NOW: sa.ColumnElement[float] = sa.literal_column("extract(epoch FROM clock_timestamp())")


class OutsideGroup(AutocontourError):
    """A gateway that cannot do what the others of its database can: its Orthanc is away, or on another index."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, retry=True)


class AnotherIndex(OutsideGroup):
    """The Orthanc of this gateway is not on the index of the others."""

    def __init__(self) -> None:
        super().__init__(
            "ANOTHER_INDEX",
            "The change log of this gateway's Orthanc is not the one that the other gateways on its Database follow, "
            "so nothing is worked on here: give this gateway an Orthanc on their index, or a Database of its own.",
        )


class GroupIndex:
    """Compares Orthanc's change log with what the group knows of it, as long as somebody else is there who follows it.

    With nobody there, another log is a renewed one, as for a gateway alone, and an Orthanc that is away is waited for.
    """

    def __init__(self, engine: sa.Engine, gateway: str, orthanc: Orthanc, arrivals: Arrivals) -> None:
        self._engine = engine
        self._gateway = gateway
        self._orthanc = orthanc
        self._arrivals = arrivals
        self.unavailable_reason: str | None = None

    def require(self) -> None:
        """Raise what keeps this gateway out of the group, before it belongs to it.

        Raises OutsideGroup where Orthanc is on another index, or away and another gateway's is not; DatabaseTrouble.
        """
        try:
            if self._others():
                self._compare()
        except TargetFailed as error:
            if self._others(working=True):
                raise OutsideGroup(error.code, error.message) from None
        except SQLAlchemyError as error:
            raise trouble_of(error) or error from None

    def watch(self) -> None:
        """Look again and again, as long as the process lives.

        Ends it where the index has become another one, or where Orthanc stays away and another gateway's does not:
        the others lead then, and go on with its jobs. It starts anew, and waits.
        """
        failing = 0
        pause = threading.Event()
        while self._engine.dialect.name != "sqlite" and not pause.wait(LOOK_SECONDS):
            try:
                reason = self._look()
                failing = 0 if reason is None else failing + 1
                if failing >= LOOKS and self._others(working=True):
                    logger.error("%s", reason)
                    os._exit(EX_TEMPFAIL)
            except SQLAlchemyError:  # which the heartbeat sees too
                continue

    def _look(self) -> str | None:
        """Say what is wrong; what disagrees once is no news yet."""
        try:
            self._compare()
        except AutocontourError as error:
            self.unavailable_reason = None if isinstance(error, AnotherIndex) else error.message
            return error.message
        self.unavailable_reason = None
        return None

    def _compare(self) -> None:
        position = self._arrivals.position()
        if position is None or not position.marks:
            self._orthanc.last_change()  # nothing to compare; it answers, or raises
        elif is_another_log(self._orthanc, position):
            raise AnotherIndex

    def _others(self, *, working: bool = False) -> bool:
        """Whether another gateway is there, and says that nothing keeps it from working; on SQLite there is none."""
        if self._engine.dialect.name == "sqlite":
            return False
        conditions = [gateways.c.id != self._gateway, sa.not_(gateways.c.fenced), gateways.c.seen > NOW - THERE_SECONDS]
        conditions += [gateways.c.reasons == NO_REASONS] if working else []
        with self._engine.connect() as connection:
            return connection.execute(sa.select(gateways.c.id).where(*conditions).limit(1)).first() is not None
