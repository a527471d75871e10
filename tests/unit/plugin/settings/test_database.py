"""The key Database: PostgreSQL by an address that is never repeated, and a key of the vault beside it."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.settings.settings import examine, read_settings

KEY = {"VaultKeyFile": "/etc/autocontour/vault.key"}
SECRET = "hunter-two"


def problems(**section: Any) -> list[str]:
    return [str(one) for one in examine({"Rules": []} | section)[1]]


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://user:{SECRET}@host:5433/autocontour",
        "postgresql://host/autocontour?sslmode=verify-full&passfile=/etc/autocontour/pgpass",
        "postgresql+psycopg://user@[::1]/autocontour",
        "postgresql:///autocontour?host=/run/postgresql",
    ],
)
def test_addresses_of_postgresql_are_taken(address: str) -> None:
    assert read_settings({"Database": address, "Privacy": KEY}).database == address


@pytest.mark.parametrize(
    "address",
    [
        f"mysql://user:{SECRET}@host/autocontour",
        f"postgresql://user:{SECRET}@host",
        f"postgresql://user:{SECRET}@host/",
        f"postgresql://user:{SECRET}@one:5432,two:5432/autocontour",
        SECRET,
    ],
)
def test_another_address_is_refused_without_being_repeated(address: str) -> None:
    said = problems(Database=address, Privacy=KEY)
    assert len(said) == 1
    assert said[0].startswith('AutoContour.Database: found something else; allowed: "postgresql://')
    assert SECRET not in said[0]


def test_a_database_asks_for_the_key_of_the_vault() -> None:
    said = problems(Database=f"postgresql://user:{SECRET}@host/autocontour")
    assert said == [
        "AutoContour.Privacy.VaultKeyFile: found nothing; allowed: the path of a key, which Database asks for"
    ]


def test_without_the_key_everything_is_sqlite() -> None:
    assert read_settings({}).database is None
