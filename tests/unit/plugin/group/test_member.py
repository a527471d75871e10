"""Gateways of one PostgreSQL: who leads, who is taken for dead, and who may still write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from plugin.group.member import FENCED_SECONDS, LOOKS_GONE, LOOKS_SILENT, NOT_LEADING_SECONDS, Member
from plugin.group.membership import Alone, GatewayFenced
from plugin.group.session import LOCKS, connections_of
from plugin.state.database import open_database
from plugin.state.group_tables import gateways
from tests.builders.orthanc_process import until
from tests.builders.postgresql_databases import new_database


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    opened = open_database(new_database())
    yield opened
    opened.dispose()


class Clock:
    """CLOCK_BOOTTIME of a test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Group:
    """Members whose hearts beat when the test says so."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.clock = Clock()
        self.fenced: list[str] = []
        self.lost: list[tuple[str, str]] = []
        self.members: list[Member] = []

    def enter(self, name: str) -> Member:
        gateway = name * 16
        member = Member(
            self.engine, gateway, host="host", version="1",
            fenced=lambda: self.fenced.append(gateway), ticks=self.clock,
        )  # fmt: skip
        member.lost = lambda lost: self.lost.append((gateway, lost))
        member.enter()
        self.members.append(member)
        return member

    def beat(self, *members: Member, times: int = 1) -> None:
        for _ in range(times):
            self.clock.now += 2.0
            for member in members:
                member.beat()

    def end(self, member: Member) -> None:
        """End a member as a kill does, and wait until the database has seen that its connection is gone."""
        member.close()
        number = self.row(member)["number"]
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = :ours AND objid = :its"
        with self.engine.connect() as connection:
            until(
                lambda: connection.execute(sa.text(locks), {"ours": LOCKS, "its": number}).scalar() == 0,
                "its locks are free",
            )

    def row(self, member: Member) -> sa.RowMapping:
        with self.engine.connect() as connection:
            query = sa.select(gateways).where(gateways.c.id == member.gateway)
            return connection.execute(query).mappings().one()


@pytest.fixture
def group(engine: sa.Engine) -> Iterator[Group]:
    with _group(engine) as made:
        yield made


@contextmanager
def _group(engine: sa.Engine) -> Iterator[Group]:
    made = Group(engine)
    yield made
    for member in made.members:
        member.close()


def test_the_first_gateway_leads_at_once_and_the_second_does_not(group: Group) -> None:
    first, second = group.enter("a"), group.enter("b")
    group.beat(first, second)
    assert (first.leads, second.leads) == (True, False)
    assert [group.row(one)["number"] for one in (first, second)] == [1, 2]
    group.beat(first, second)
    assert (group.row(first)["leads"], group.row(second)["leads"]) == (True, False)


def test_a_killed_leader_is_followed_once_it_has_surely_stopped(group: Group) -> None:
    first, second = group.enter("a"), group.enter("b")
    group.beat(first, second)
    group.end(first)
    group.beat(second)
    assert not second.leads, "the last leader may not know yet that it leads no more"
    group.clock.now += NOT_LEADING_SECONDS
    assert not first.leads
    group.beat(second)
    assert second.leads


def test_a_killed_gateway_is_lost_after_it_has_fenced_itself(group: Group) -> None:
    first, second = group.enter("a"), group.enter("b")
    group.beat(first, second)
    silent_since = group.clock.now
    group.end(first)
    while not group.lost:
        group.beat(second)
        assert group.clock.now < silent_since + 30, "it is never taken for lost"
    assert group.lost == [(second.gateway, first.gateway)]
    assert group.clock.now - silent_since >= FENCED_SECONDS
    with pytest.raises(GatewayFenced):
        first.require()
    assert group.row(first)["fenced"]


def test_a_frozen_gateway_is_lost_deposed_and_fenced_when_it_thaws(group: Group) -> None:
    first, second = group.enter("a"), group.enter("b")
    group.beat(first, second)
    group.beat(second, times=LOOKS_GONE - 1)
    assert group.lost == [], "its lock says that its process is there"
    group.beat(second, times=LOOKS_SILENT)
    assert group.lost == [(second.gateway, first.gateway)]
    assert second.leads
    with pytest.raises(GatewayFenced):
        first.require()
    with pytest.raises(sa.exc.SQLAlchemyError):
        first.beat()  # its connection was ended
    first.beat()
    assert group.fenced == [first.gateway]
    with pytest.raises(GatewayFenced):
        first.require()


def test_what_a_lost_gateway_had_begun_holds_no_row_any_more(group: Group, engine: sa.Engine) -> None:
    """Behind a cut cable its transactions would stay open, and whoever takes its jobs would wait for them."""
    first, second = group.enter("a"), group.enter("b")
    group.beat(first, second)
    own = open_database(engine.url.render_as_string(hide_password=False), connections_of(first.gateway))
    note = sa.text("INSERT INTO cursor (name, value) VALUES ('begun', 1)")
    begun = own.connect()
    begun.execute(note)
    group.beat(second, times=LOOKS_SILENT + 1)
    assert group.lost == [(second.gateway, first.gateway)]
    with engine.begin() as taker:
        taker.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
        taker.execute(note)
    with pytest.raises(sa.exc.OperationalError):
        begun.execute(sa.text("SELECT 1"))
    begun.invalidate()
    own.dispose()


def test_a_gateway_that_comes_back_is_a_fresh_member(group: Group) -> None:
    first, second = group.enter("a"), group.enter("b")
    group.beat(first, second)
    before = group.row(first)["epoch"]
    group.end(first)
    group.beat(second, times=LOOKS_SILENT + 1)
    again = group.enter("a")
    group.beat(again, second)
    again.require()
    row = group.row(again)
    assert (row["fenced"], row["number"]) == (False, 1)
    assert row["epoch"] > before + 1


def test_a_database_that_was_away_costs_nobody_its_membership(group: Group, engine: sa.Engine) -> None:
    first, second = group.enter("a"), group.enter("b")
    group.beat(first, second)
    with engine.connect() as connection:
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :ours"),
            {"ours": "autocontour-member"},
        )
    for member in (first, second):
        with pytest.raises(sa.exc.SQLAlchemyError):
            member.beat()
    group.beat(first, second, times=LOOKS_SILENT + 2)
    assert group.lost == []
    assert group.fenced == []
    assert [first.leads, second.leads].count(True) == 1
    first.require()
    second.require()


def test_a_gateway_of_sqlite_is_alone() -> None:
    alone = Alone()
    alone.join()
    alone.require()
    assert alone.leads
