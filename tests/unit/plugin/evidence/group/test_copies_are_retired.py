"""Copies of records go with the records, and those of a gateway that is gone when they would have gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.evidence.event import Event
from model.evidence.retention import retire_months
from plugin.state.chain_tables import chain_records
from plugin.state.database import open_database
from tests.builders.evidence import record_job
from tests.builders.group_evidence import FIRST, SECOND, Member, member
from tests.builders.postgresql_databases import new_database

LATER = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = open_database(new_database())
    yield made
    made.dispose()


@pytest.fixture
def pair(tmp_path: Path, engine: sa.Engine) -> tuple[Member, Member]:
    """Two gateways with a job each in November; the first goes on in December, the second is gone."""
    both = member(tmp_path, engine, FIRST), member(tmp_path, engine, SECOND)
    for one in both:
        record_job(one.chain)
        one.copy()
    for one in both:
        one.cross()
        one.copy()
    both[0].clock.now += timedelta(days=30)
    record_job(both[0].chain)
    both[0].copy()
    return both


def months(engine: sa.Engine, gateway: str) -> list[str]:
    row = chain_records.c
    with engine.connect() as connection:
        query = sa.select(row.month).where(row.gateway == gateway).distinct().order_by(row.month)
        return list(connection.execute(query).scalars())


def test_rows_of_months_that_a_chain_retired_go_and_all_still_verifies(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    first, second = pair
    assert months(engine, FIRST) == ["2026-11", "2026-12"]
    assert retire_months(first.chain, "2026-12") == ["2026-11"]
    first.group.retire("2026-01", first.clock.now)
    assert months(engine, FIRST) == ["2026-12"]
    for one in pair:
        answer = one.verify()
        assert answer.valid, answer.broken
    assert second.cross() == 1


def test_months_of_a_gateway_that_is_gone_go_and_who_removed_them_says_so(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    first, _ = pair
    first.group.retire("2026-12", LATER)
    assert months(engine, SECOND) == []
    (told,) = first.chain.records(event=Event.MONTH_RETIRED)
    assert told.facts["gateway"] == SECOND
    answer = first.verify()
    assert answer.valid, answer.broken
    first.cross()
    assert first.group.findings() == []


def test_a_gateway_that_still_works_retires_its_own_months(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, _ = pair
    first.group.retire("2026-12", datetime(2026, 12, 2, tzinfo=UTC))
    assert months(engine, SECOND) == ["2026-11"]
    assert months(engine, FIRST) == ["2026-11", "2026-12"]
