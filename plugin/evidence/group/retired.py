"""Copies go when the records of which they are copies reach their end, those of a gateway that is gone for good too.

Who is gone cannot say in its own chain which months were removed: whoever removes them says so in its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import Head
from model.evidence.record import Record
from plugin.evidence.group.mirrored import MirroredChains
from plugin.state.chain_tables import chain_records

# A gateway that works records something each day; one that has not for so long will not retire its months itself.
GONE = timedelta(days=60)


def retired_heads(records: list[Record]) -> dict[str, Head]:
    """Find behind which head the copy of each gone gateway's chain begins, as these records say."""
    heads: dict[str, Head] = {}
    for record in records:
        if record.event is not Event.MONTH_RETIRED or "gateway" not in record.facts:
            continue
        gateway, head = (
            str(record.facts["gateway"]),
            Head(int(str(record.facts["sequence"])), str(record.facts["head"])),
        )
        if gateway not in heads or heads[gateway].sequence < head.sequence:
            heads[gateway] = head
    return heads


def forget_retired(engine: sa.Engine, chain: Chain, gateway: str) -> int:
    """Delete the rows of this gateway's months that its chain has retired; that it did is copied before."""
    months = [record for record in chain.records(event=Event.MONTH_RETIRED) if "gateway" not in record.facts]
    if not months:
        return 0
    last = max(int(str(record.facts["sequence"])) for record in months)
    row = chain_records.c
    with engine.begin() as connection:
        return connection.execute(sa.delete(chain_records).where(row.gateway == gateway, row.sequence <= last)).rowcount


def retire_gone(engine: sa.Engine, chain: Chain, mirrored: MirroredChains, before: str, now: datetime) -> list[str]:
    """Remove the months before one (YYYY-MM) of gateways that are gone; recorded here first. Returns them as told."""
    retired: list[str] = []
    row = chain_records.c
    for peer in mirrored.peers():
        months = mirrored.months(peer)
        if not months or months[-1] >= f"{now - GONE:%Y-%m}":
            continue
        for month in (one for one in months if one < before):
            last = mirrored.month(peer, month)[-1]
            facts: Facts = {"month": month, "sequence": last.sequence, "head": last.digest, "gateway": peer}
            chain.append(Event.MONTH_RETIRED, None, facts)
            with engine.begin() as connection:
                connection.execute(sa.delete(chain_records).where(row.gateway == peer, row.sequence <= last.sequence))
            retired.append(f"{peer} {month}")
    return retired
