"""A PostgreSQL that is away, refuses us, can only be read or is slow: a code, a sentence, no wait without an end."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from threading import Thread

import psycopg
import pytest
import sqlalchemy as sa

from plugin.jobs.failure import failure_of
from plugin.state.database import open_database
from plugin.state.disk import is_of_a_full_disk
from plugin.state.postgresql import (
    BUSY,
    READ_ONLY,
    REFUSED,
    UNREACHABLE,
    DatabaseTrouble,
    address_of,
    connect,
    connect_workflows,
    outlast,
    require_database,
    trouble_of,
)
from tests.builders.orthanc_process import free_port
from tests.builders.postgresql import PASSWORD, PostgresProcess

Change = Callable[[str], str]
WRONG: dict[str, tuple[Change, str]] = {
    "another password": (lambda url: url.replace(PASSWORD, "another"), REFUSED),
    "no password": (lambda url: url.replace(":" + PASSWORD, ""), REFUSED),
    "another user": (lambda url: url.replace("autocontour:", "nobody:"), REFUSED),
    "another database": (lambda url: url + "x", REFUSED),
    "another port": (lambda url: re.sub(r"@127.0.0.1:[0-9]+", f"@127.0.0.1:{free_port()}", url), UNREACHABLE),
    "an unknown host": (lambda url: url.replace("127.0.0.1", "nowhere.invalid"), UNREACHABLE),
    "read only": (lambda url: url + "?options=-c%20default_transaction_read_only%3Don", READ_ONLY),
}


@pytest.mark.parametrize("what", WRONG)
def test_why_a_database_cannot_be_used_is_a_code_and_a_sentence_without_a_name(database: str, what: str) -> None:
    change, code = WRONG[what]
    with pytest.raises(DatabaseTrouble) as trouble:
        open_database(address_of(change(database)))
    assert (trouble.value.code, trouble.value.retry) == (code, True)
    for secret in (PASSWORD, "another", "127.0.0.1", database.rpartition("/")[2]):
        assert secret not in trouble.value.message


def test_a_database_whose_tables_may_not_be_made_is_refused(database: str, postgres: PostgresProcess) -> None:
    role = "r" + database.rpartition("/")[2]
    postgres.ask(f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
    try:
        with pytest.raises(sa.exc.SQLAlchemyError) as error:
            open_database(address_of(database.replace(f"autocontour:{PASSWORD}", f"{role}:p")))
        trouble = trouble_of(error.value)
        assert trouble is not None
        assert trouble.code == REFUSED
    finally:
        postgres.ask(f"DROP ROLE {role}")


def test_a_statement_and_a_lock_end_by_themselves_where_jobs_are_not_at_stake(database: str) -> None:
    url = address_of(database)
    for engine, statement, lock in ((connect(url), "1min", "30s"), (connect_workflows(url), "0", "0")):
        with engine.connect() as connection:
            assert connection.execute(sa.text("SHOW statement_timeout")).scalar() == statement
            assert connection.execute(sa.text("SHOW lock_timeout")).scalar() == lock
            assert connection.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar() == "1min"
        engine.dispose()


def test_what_the_site_wrote_goes_before_what_is_chosen_here(database: str) -> None:
    engine = connect(address_of(database) + "?application_name=site&options=-c%20statement_timeout%3D5000")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SHOW statement_timeout")).scalar() == "5s"
        assert connection.execute(sa.text("SHOW application_name")).scalar() == "site"
    engine.dispose()


def test_a_statement_that_takes_too_long_is_a_busy_database(database: str) -> None:
    engine = connect(address_of(database) + "?options=-c%20statement_timeout%3D50")
    with pytest.raises(sa.exc.OperationalError) as error, engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_sleep(30)"))
    failure = failure_of(error.value)
    assert (failure.code, failure.retry) == (BUSY, True)
    engine.dispose()


def test_a_mistake_in_what_was_asked_is_no_trouble_of_the_database(database: str) -> None:
    engine = connect(address_of(database))
    with pytest.raises(sa.exc.ProgrammingError) as error, engine.connect() as connection:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))
    assert trouble_of(error.value) is None
    assert trouble_of(ValueError()) is None
    engine.dispose()


def test_connections_that_were_cut_are_made_again(database: str, postgres: PostgresProcess) -> None:
    engine = connect(address_of(database))
    require_database(engine)
    ours = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.rpartition('/')[2]}'"
    assert postgres.ask(ours) == [(True,)]
    require_database(engine)
    engine.dispose()


def test_what_waits_for_the_database_goes_on_when_it_is_back() -> None:
    server = PostgresProcess().start()
    try:
        engine = connect(address_of(server.url("postgres")))
        server.stop()
        found: list[int] = []

        def count() -> int:
            with engine.connect() as connection:
                return int(connection.execute(sa.text("SELECT 7")).scalar_one())

        waiting = Thread(target=lambda: found.append(outlast(count)), daemon=True)
        waiting.start()
        with pytest.raises(DatabaseTrouble):
            require_database(engine)
        server.start()
        waiting.join(60)
        assert found == [7]
        engine.dispose()
    finally:
        server.remove()


def test_anything_else_is_not_waited_for() -> None:
    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        outlast(fail)


def test_a_full_disk_of_postgresql_is_a_full_disk() -> None:
    error = sa.exc.OperationalError("INSERT", None, psycopg.errors.DiskFull("no space"))
    assert is_of_a_full_disk(error)
    failure = failure_of(error)
    assert (failure.code, failure.retry) == ("DISK_FULL", True)
    assert "disk of PostgreSQL" in failure.message
    assert is_of_a_full_disk(OSError(errno.ENOSPC, ""))
