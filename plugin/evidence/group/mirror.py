"""The mirror: copies each record of this gateway's chain into the group's database, after it is on the disk.

No job waits for it: while the database is away the chain grows, and what is missing follows later from the chain
itself, in order and without a gap.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path

import sqlalchemy as sa

from model.errors import EvidenceBroken
from model.evidence.canonical_json import Json, canonical
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import Position, follow, month_files, read_tail
from model.evidence.record import Record, stamp
from model.evidence.signed import DocumentKind
from model.evidence.signing import PublicKey
from model.evidence.verification import keys_beside
from plugin.state.chain_tables import chain_heads, chain_records

logger = logging.getLogger(__name__)

BATCH = 500
# Without news the chain is looked at this often: another process may have written to it.
IDLE_SECONDS, AWAY_SECONDS = 5.0, 5.0
# How often one turn looks again for the place at which to go on, which another process may have moved.
_TRIES = 3
# What stands in the database is not what this chain holds, or more than it holds, or less than was copied.
CHANGED, CUT, MISSING = "MIRROR_CHANGED", "MIRROR_CHAIN_CUT", "MIRROR_MISSING"
# The alert of all three, as records name it.
ALERT = "MIRROR_DIFFERS"


class Mirror:
    """Copies one chain; ``turn`` copies what is missing, ``run`` does so in a thread as records are written."""

    def __init__(self, chain: Chain, engine: sa.Engine, gateway: str) -> None:
        self._chain = chain
        self._engine = engine
        self._gateway = gateway
        self._news = threading.Event()
        self._stopping = False
        # The last record that is known to stand in the database; None where nobody looked yet.
        self._position: Position | None = None
        self._finding: tuple[str, str] | None = None
        self._away_since: str | None = None
        chain.tell(self._news.set)

    @property
    def finding(self) -> tuple[str, str] | None:
        """What is wrong with the copy, as code and since when; None where it is a copy, perhaps one that lags."""
        return self._finding

    @property
    def copied(self) -> int:
        """The number of the last record that is known to stand in the database; 0 where nobody looked yet."""
        position = self._position
        return 0 if position is None else position.sequence

    @property
    def away_since(self) -> str | None:
        """Since when the database takes no records."""
        return self._away_since

    def run(self) -> None:
        """Copy until stopped; a database that is away is waited for."""
        while not self._stopping:
            try:
                self.turn()
                wait = IDLE_SECONDS
            except EvidenceBroken:
                self._differs(CUT)
                wait = AWAY_SECONDS
            except (sa.exc.SQLAlchemyError, OSError) as error:
                if self._away_since is None:
                    logger.warning("records are not copied to the group's database: %s", type(error).__name__)
                self._away_since = self._away_since or stamp(datetime.now(UTC))
                wait = AWAY_SECONDS
            except Exception as error:  # noqa: BLE001 - the mirror must outlive any surprise
                logger.error("the mirror of the chain met an unexpected %s", type(error).__name__)
                wait = AWAY_SECONDS
            self._news.wait(wait)
            self._news.clear()

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping = True
        self._news.set()

    def turn(self) -> int:
        """Copy all records that are missing and return how many; raises SQLAlchemyError while the database is away."""
        copied, tries = 0, 0
        # No further: what is written behind it may not be on the disk yet.
        end = self._chain.head().sequence
        while tries < _TRIES:
            if self._position is None:
                tries += 1
                if not self._find_place():
                    return copied
            assert self._position is not None
            following = follow(self._chain.directory, self._position)
            batch = list(islice(takewhile(lambda one: one[0].sequence <= end, following), BATCH))
            if not batch:
                break
            if self._copy(batch):
                copied += len(batch)
                self._position = batch[-1][1]
            else:
                self._position = None  # somebody else changed what stands there: look again
        self._away_since = None
        return copied

    def _find_place(self) -> bool:
        """Find the last record that is copied already; says whether the copy is one of this very chain."""
        row = chain_records.c
        query = sa.select(row.sequence, row.line).where(row.gateway == self._gateway)
        with self._engine.connect() as connection:
            last = connection.execute(query.order_by(row.sequence.desc()).limit(1)).first()
        if last is None:
            self._position = Position()
            return self._agrees()
        found = _find(self._chain.directory, int(last.sequence))
        if found is None:
            return self._differs(CUT)
        record, position = found
        if record.line().decode() != last.line:
            return self._differs(CHANGED)
        self._position = position
        return self._agrees()

    def _copy(self, batch: Sequence[tuple[Record, Position]]) -> bool:
        """Write records and the signed head over the last of them; says whether they follow what stands there."""
        assert self._position is not None
        record = batch[-1][0]
        rows = [
            {
                "gateway": self._gateway,
                "sequence": one.sequence,
                "month": Path(position.file).stem,
                "event": one.event.value,
                "code": one.job,
                "line": one.line().decode(),
            }
            for one, position in batch
        ]
        try:
            with self._engine.begin() as connection:
                row = chain_records.c
                before = connection.execute(
                    sa.select(sa.func.max(row.sequence)).where(row.gateway == self._gateway)
                ).scalar()
                if int(before or 0) != self._position.sequence:
                    if int(before or 0) < self._position.sequence:
                        self._differs(MISSING)
                    return False
                connection.execute(sa.insert(chain_records), rows)
                self._write_keys(connection, record)
        except sa.exc.IntegrityError:
            return False
        return True

    def _write_keys(self, connection: sa.Connection, record: Record) -> None:
        body: dict[str, Json] = {"sequence": record.sequence, "sha256": record.digest, "time": stamp(datetime.now(UTC))}
        present = self._chain.public_key
        heads = {present.id: canonical(self._chain.sign(DocumentKind.HEAD, body)).decode()}
        column = chain_heads.c
        known = set(connection.execute(sa.select(column.key).where(column.gateway == self._gateway)).scalars().all())
        keys: dict[str, PublicKey] = {key.id: key for key in [*keys_beside(self._chain.directory), present]}
        for key in keys.values():
            head = heads.get(key.id)
            if key.id not in known:
                values = {"gateway": self._gateway, "key": key.id, "public": key.raw.hex(), "head": head}
                connection.execute(sa.insert(chain_heads).values(values))
            elif head is not None:
                of_key = sa.and_(column.gateway == self._gateway, column.key == key.id)
                connection.execute(sa.update(chain_heads).where(of_key).values(head=head))

    def settle(self) -> None:
        """Note that the whole copy was compared with the chain, and is one: what was missing has followed."""
        self._finding = None

    def _agrees(self) -> bool:
        # What was missing once is told until somebody has compared the whole copy.
        if self._finding is not None and self._finding[0] != MISSING:
            self._finding = None
        return True

    def _differs(self, code: str) -> bool:
        if self._finding is None or self._finding[0] != code:
            self._finding = (code, stamp(datetime.now(UTC)))
            if code == MISSING:
                # On record before the copy is whole again, which leaves no trace of it: a kill must not hide it.
                self._chain.append(Event.ALERT_RAISED, None, {"alert": ALERT, "code": code})
            logger.error("the group's copy of the chain is not this chain (%s): see docs/auditor.md", code)
        return False


def _find(directory: Path, sequence: int) -> tuple[Record, Position] | None:
    """Find a record by its number, reading only the file in which it stands."""
    for path in month_files(directory):
        last = read_tail(path).record
        if last is None or last.sequence < sequence:
            continue
        for record, position in follow(directory, Position(0, path.name, 0)):
            if record.sequence == sequence:
                return record, position
            if record.sequence > sequence:
                return None
    return None


def join_group(chain: Chain, gateway: str) -> None:
    """Record once whose chain this is, so that it can be told from its peers' wherever it is read."""
    joined = chain.records(event=Event.GROUP_JOINED)
    if not joined or joined[-1].facts["gateway"] != gateway:
        chain.append(Event.GROUP_JOINED, None, {"gateway": gateway})
