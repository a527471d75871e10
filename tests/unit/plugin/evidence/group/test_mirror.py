"""Each record stands in the group's database after it is on the disk: in order, without a gap, holding nobody up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.evidence.event import Event
from model.evidence.files import HEAD_NAME, month_files
from model.evidence.rotation import rotate_key_file
from plugin.evidence.group.mirror import CHANGED, CUT, MISSING, Mirror
from plugin.state.chain_tables import chain_heads, chain_records
from plugin.state.database import open_database
from tests.builders.evidence import record_job
from tests.builders.group_evidence import FIRST, Member, member, restarted
from tests.builders.orthanc_process import until
from tests.builders.postgresql import PostgresProcess
from tests.builders.postgresql_databases import new_database


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = open_database(new_database())
    yield made
    made.dispose()


@pytest.fixture
def first(tmp_path: Path, engine: sa.Engine) -> Member:
    return member(tmp_path, engine, FIRST)


def rows(engine: sa.Engine) -> list[tuple[int, str | None, bytes]]:
    query = sa.select(chain_records.c.sequence, chain_records.c.code, chain_records.c.line)
    with engine.connect() as connection:
        found = connection.execute(query.order_by(chain_records.c.sequence)).all()
    return [(sequence, code, line.encode()) for sequence, code, line in found]


def on_disk(one: Member) -> list[tuple[int, str | None, bytes]]:
    return [(record.sequence, record.job, record.line()) for record in one.chain.records()]


def run(engine: sa.Engine, statement: sa.Executable) -> None:
    with engine.begin() as connection:
        connection.execute(statement)


def test_what_stands_in_the_database_is_the_chain_line_by_line(first: Member, engine: sa.Engine) -> None:
    record_job(first.chain)
    assert first.copy() == len(on_disk(first))
    assert rows(engine) == on_disk(first)
    record_job(first.chain)
    assert first.copy() == len(on_disk(first)) - len(on_disk(first)) // 2 - 1
    assert rows(engine) == on_disk(first)
    assert first.copy() == 0


def test_a_new_process_goes_on_where_the_one_before_was_killed(first: Member, engine: sa.Engine) -> None:
    record_job(first.chain)
    first.copy()
    record_job(first.chain)
    again = restarted(first, engine)
    record_job(again.chain)
    again.copy()
    assert rows(engine) == on_disk(again)


def test_months_are_copied_under_the_name_of_their_file(first: Member, engine: sa.Engine) -> None:
    record_job(first.chain)
    first.copy()
    with engine.connect() as connection:
        months = connection.execute(sa.select(chain_records.c.month).distinct()).scalars().all()
    assert months == [path.stem for path in month_files(first.folder)]


def test_the_head_is_signed_and_every_key_is_published(first: Member, engine: sa.Engine, tmp_path: Path) -> None:
    first.copy()
    rotate_key_file(first.chain, tmp_path / "signing.key")
    record_job(first.chain)
    first.copy()
    keys = first.group.mirrored.keys(FIRST)
    assert {key.id for key in keys} == {first.key.public.id, first.chain.public_key.id}
    assert max(head.sequence for head in first.group.mirrored.heads(FIRST, keys)) == len(on_disk(first))


def test_a_database_that_is_away_holds_no_record_up_and_gets_all_of_them_later(tmp_path: Path) -> None:
    server = PostgresProcess().start()
    try:
        url = server.url("postgres").replace("postgresql://", "postgresql+psycopg://")
        engine = open_database(url)
        one = member(tmp_path, engine, FIRST)
        thread = threading.Thread(target=one.group.mirror.run, daemon=True)
        thread.start()
        until(lambda: rows(engine) == on_disk(one), "the records are copied", seconds=60)
        server.stop()
        record_job(one.chain)
        until(lambda: one.group.mirror.away_since is not None, "the mirror says that the database is away", seconds=60)
        record_job(one.chain)
        closed = [record for record in one.chain.records() if record.event is Event.CLOSED]
        assert len(closed) == 2
        server.start()
        until(lambda: _copied(engine, one), "what was missing has followed", seconds=60)
        assert [sequence for sequence, _, _ in rows(engine)] == list(range(1, len(on_disk(one)) + 1))
        assert one.group.mirror.away_since is None
        assert one.group.mirror.finding is None
        one.group.mirror.stop()
        thread.join(60)
        assert not thread.is_alive()
        engine.dispose()
    finally:
        server.remove()


def _copied(engine: sa.Engine, one: Member) -> bool:
    try:
        return rows(engine) == on_disk(one)
    except sa.exc.OperationalError:
        return False


def test_two_writers_of_one_chain_leave_no_gap_and_no_double(first: Member, engine: sa.Engine) -> None:
    """A gateway that was frozen while another process went on with its state directory."""
    other = Mirror(first.chain, engine, FIRST)
    for _ in range(4):
        record_job(first.chain)
        other.turn()
        record_job(first.chain)
        first.copy()
    assert rows(engine) == on_disk(first)
    assert first.group.mirror.finding is None


def test_a_chain_that_is_another_one_than_its_copy_is_not_copied(
    first: Member, engine: sa.Engine, tmp_path: Path
) -> None:
    record_job(first.chain)
    first.copy()
    before = rows(engine)
    new = member(tmp_path / "elsewhere", engine, FIRST)
    for _ in range(3):
        record_job(new.chain)
    assert new.copy() == 0
    assert new.group.mirror.finding is not None
    assert new.group.mirror.finding[0] == CHANGED
    assert rows(engine) == before


def test_a_chain_that_was_cut_is_not_copied(first: Member, engine: sa.Engine) -> None:
    record_job(first.chain)
    first.copy()
    before = rows(engine)
    first.chain.close()
    (path,) = month_files(first.folder)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-4]))
    (first.folder / HEAD_NAME).unlink()
    cut = restarted(first, engine)
    assert cut.copy() == 0
    assert cut.group.mirror.finding is not None
    assert cut.group.mirror.finding[0] == CUT
    assert rows(engine) == before


def test_rows_that_vanished_follow_again_and_that_they_had_is_told(first: Member, engine: sa.Engine) -> None:
    record_job(first.chain)
    first.copy()
    run(engine, sa.delete(chain_records).where(chain_records.c.sequence > 5))
    record_job(first.chain)
    first.copy()
    first.copy()
    assert rows(engine) == on_disk(first), "the record of the alert, too"
    assert first.group.mirror.finding is not None
    assert first.group.mirror.finding[0] == MISSING
    assert first.verify().valid
    assert first.group.mirror.finding is None


def test_a_copy_that_was_thrown_away_is_made_anew_from_the_chain(first: Member, engine: sa.Engine) -> None:
    record_job(first.chain)
    first.copy()
    run(engine, sa.delete(chain_records))
    run(engine, sa.delete(chain_heads))
    again = restarted(first, engine)
    again.copy()
    assert rows(engine) == on_disk(again)
    assert again.verify().valid
