"""What tests of the gateway's tables share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders.either_database import ENGINE, POSTGRESQL, SQLITE, drop_tables


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def either_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a test twice: ``tables_in`` gives it tables on SQLite, then on PostgreSQL."""
    engine = str(request.param)
    monkeypatch.setenv(ENGINE, engine)
    yield engine
    if engine == POSTGRESQL:
        drop_tables()
