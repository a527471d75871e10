"""What other gateways of the group have on record, read from the copies of their chains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from model.errors import EvidenceRefused
from model.evidence.event import Event
from model.evidence.files import Head
from model.evidence.head import read_signed_head
from model.evidence.record import Record, parse_line
from model.evidence.signing import PublicKey
from model.evidence.verification import Examined, examine_lines
from model.evidence.walk import Line
from plugin.state.chain_tables import chain_heads, chain_records

_ROW = chain_records.c


@dataclass(frozen=True)
class Elsewhere:
    """What the chains of the other gateways of a group say: which jobs they closed, and when the first began."""

    closed: frozenset[str]
    began: datetime | None = None


class MirroredChains:
    """The copies of all chains of a group; ``gateway`` is the one that reads."""

    def __init__(self, engine: sa.Engine, gateway: str) -> None:
        self._engine = engine
        self._gateway = gateway

    def peers(self) -> list[str]:
        """Name the other gateways that have, or had, a chain here; those too that are gone for good."""
        with self._engine.connect() as connection:
            named = {
                *connection.execute(sa.select(_ROW.gateway).distinct()).scalars(),
                *connection.execute(sa.select(chain_heads.c.gateway).distinct()).scalars(),
            }
        return sorted(named - {self._gateway})

    def keys(self, gateway: str) -> list[PublicKey]:
        """Return the public keys of a gateway's chain, as far as each is what its name says."""
        column = chain_heads.c
        query = sa.select(column.key, column.public).where(column.gateway == gateway).order_by(column.key)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        keys = [PublicKey.of(bytes.fromhex(row.public)) for row in rows if _is_key(row.public)]
        named = {row.key for row in rows}
        return [key for key in keys if key.id in named]

    def heads(self, gateway: str, keys: Sequence[PublicKey]) -> list[Head]:
        """Return the heads that a gateway signed; raises EvidenceRefused for one that none of the keys signed."""
        column = chain_heads.c
        query = sa.select(column.head).where(column.gateway == gateway, column.head.is_not(None))
        with self._engine.connect() as connection:
            signed = connection.execute(query).scalars().all()
        return [_signed_head(text, keys) for text in signed]

    def newest_head(self, gateway: str) -> dict[str, Any] | None:
        """Return the newest head that a gateway signed, as the signed document; raises EvidenceRefused as ``heads``."""
        column = chain_heads.c
        query = sa.select(column.head).where(column.gateway == gateway, column.head.is_not(None))
        with self._engine.connect() as connection:
            signed = connection.execute(query).scalars().all()
        keys = self.keys(gateway)
        newest = max(signed, key=lambda text: _signed_head(text, keys).sequence, default=None)
        return None if newest is None else dict(json.loads(newest))

    def lines(self, gateway: str, after: int = 0, until: int | None = None) -> list[Line]:
        """Return the lines of a gateway's chain behind a record, as its files would hold them."""
        query = sa.select(_ROW.month, _ROW.event, _ROW.code, _ROW.line).where(
            _ROW.gateway == gateway, _ROW.sequence > after
        )
        if until is not None:
            query = query.where(_ROW.sequence <= until)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_ROW.sequence)).all()
        return [
            Line(f"{month}.jsonl", number, f"{line}\n".encode(), _record(line, event, code))
            for number, (month, event, code, line) in enumerate(rows, start=1)
        ]

    def last(self, gateway: str) -> int:
        """Return the number of a gateway's last record that stands here; 0 without one."""
        query = sa.select(sa.func.max(_ROW.sequence)).where(_ROW.gateway == gateway)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def has_news(self, gateway: str, after: int) -> bool:
        """Whether a gateway has recorded anything behind a record but the heads of its peers."""
        query = sa.select(_ROW.sequence).where(
            _ROW.gateway == gateway, _ROW.sequence > after, _ROW.event != Event.PEER_HEAD.value
        )
        with self._engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def examine(self, gateway: str, start: Head | None = None) -> Examined:
        """Verify a gateway's chain from its copy; seconds for 100,000 records. Raises EvidenceRefused (``heads``)."""
        keys = self.keys(gateway)
        # Heads before records: of a chain that grows, the records may be ahead of them, never behind.
        heads = self.heads(gateway, keys)
        return examine_lines(self.lines(gateway), keys, heads, start)

    def retirements(self, of: str | None = None) -> list[Record]:
        """Return what the other gateways recorded of months that were removed; ``of``: one of its own months."""
        query = sa.select(_ROW.line).where(_ROW.event == Event.MONTH_RETIRED.value, _ROW.gateway != self._gateway)
        if of is not None:
            query = query.where(_ROW.gateway == of)
        with self._engine.connect() as connection:
            records = [parse_line(line.encode()) for line in connection.execute(query).scalars()]
        return [record for record in records if record is not None and not (of and "gateway" in record.facts)]

    def records(self, code: str) -> dict[str, list[Record]]:
        """Return the records of a job in the other gateways' chains, each with its signature verified.

        Raises EvidenceRefused with EVIDENCE_MIRROR where one was changed.
        """
        query = sa.select(_ROW.gateway, _ROW.event, _ROW.code, _ROW.line).where(
            _ROW.code == code, _ROW.gateway != self._gateway
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_ROW.gateway, _ROW.sequence)).all()
        found: dict[str, list[Record]] = {}
        for gateway, event, its, line in rows:
            found.setdefault(gateway, []).append(_genuine(gateway, _record(line, event, its), self.keys(gateway)))
        return found

    def month(self, gateway: str, month: str) -> list[Record]:
        """Return the records of a gateway in a month (YYYY-MM, by file); raises EvidenceRefused as ``records``."""
        query = sa.select(_ROW.event, _ROW.code, _ROW.line).where(_ROW.gateway == gateway, _ROW.month == month)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_ROW.sequence)).all()
        keys = self.keys(gateway)
        return [_genuine(gateway, _record(line, event, code), keys) for event, code, line in rows]

    def months(self, gateway: str) -> list[str]:
        """Return the months of which records stand here, oldest first."""
        query = sa.select(_ROW.month).where(_ROW.gateway == gateway).distinct().order_by(_ROW.month)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def elsewhere(self) -> Elsewhere:
        """Tell which jobs the other gateways closed, as their rows say; whether rows are genuine ``examine`` says."""
        others = _ROW.gateway != self._gateway
        with self._engine.connect() as connection:
            closed = connection.execute(sa.select(_ROW.code).where(_ROW.event == Event.CLOSED.value, others)).scalars()
            codes = frozenset(code for code in closed if code is not None)
            lowest = sa.select(_ROW.gateway, sa.func.min(_ROW.sequence).label("first")).where(others)
            first = lowest.group_by(_ROW.gateway).subquery()
            begins = sa.select(_ROW.line).join(
                first, sa.and_(_ROW.gateway == first.c.gateway, _ROW.sequence == first.c.first)
            )
            records = [parse_line(line.encode()) for line in connection.execute(begins).scalars()]
        times = [datetime.fromisoformat(record.time) for record in records if record is not None]
        return Elsewhere(codes, min(times, default=None))


def _record(line: str, event: str, code: str | None) -> Record | None:
    """Read a line; None where it is no record, or stands under another job or event than its own."""
    record = parse_line(line.encode())
    return record if record is not None and (record.event.value, record.job) == (event, code) else None


def _genuine(gateway: str, record: Record | None, keys: Sequence[PublicKey]) -> Record:
    if record is None or not any(key.id == record.key and key.signed(record.signature, record.body()) for key in keys):
        raise EvidenceRefused(
            "EVIDENCE_MIRROR",
            f"The copy of the chain of gateway {gateway} was changed: verify the evidence, and tell the auditor.",
        )
    return record


def _signed_head(text: str, keys: Sequence[PublicKey]) -> Head:
    try:
        signed = json.loads(text)
    except ValueError:
        raise EvidenceRefused("SIGNATURE_SHAPE", "This is not a signed document.") from None
    return read_signed_head(signed, keys)


def _is_key(text: str) -> bool:
    try:
        PublicKey.of(bytes.fromhex(text))
    except (ValueError, EvidenceRefused):
        return False
    return True
