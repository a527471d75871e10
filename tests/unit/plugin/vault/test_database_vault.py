"""The vault and the secrets of gateways that share a database on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from model.errors import ConfigurationRefused, PrivacyRefused
from plugin.state.database import group_secrets, open_database, transfer_keys, transfers
from plugin.state.postgresql import address_of
from plugin.vault.database_vault import DatabaseVault, GroupSecrets, open_seal
from tests.builders.postgresql import PostgresProcess

SERIES = "5ba5eca1-1c8bf3e2-3b5d-aaaa"


@pytest.fixture
def engine(database: str) -> sa.Engine:
    return open_database(address_of(database))


def row_of(engine: sa.Engine, transfer: str) -> bytes:
    with engine.connect() as connection:
        return bytes(
            connection.execute(sa.select(transfer_keys.c.sealed).where(transfer_keys.c.id == transfer)).scalar_one()
        )


def heap_of(postgres: PostgresProcess, engine: sa.Engine) -> bytes:
    """The table's file, as somebody reads it who has the disk."""
    name = str(engine.url.database)
    postgres.ask("CHECKPOINT", name)
    ((content,),) = postgres.ask("SELECT pg_read_binary_file(pg_relation_filepath('transfer_keys'))", name)
    return bytes(content)


def test_gateways_with_one_key_open_each_others_transfers(engine: sa.Engine, tmp_path: Path) -> None:
    first = DatabaseVault(engine, open_seal(engine, tmp_path / "vault.key"))
    (tmp_path / "copy.key").write_bytes((tmp_path / "vault.key").read_bytes())
    (tmp_path / "copy.key").chmod(0o600)
    second = DatabaseVault(engine, open_seal(engine, tmp_path / "copy.key"))
    key = first.open_transfer("t1", SERIES)
    assert second.get("t1").key == key
    assert second.destroy("t1")
    assert first.open_transfers() == ()


def test_a_gateway_with_another_key_is_refused(engine: sa.Engine, tmp_path: Path) -> None:
    open_seal(engine, tmp_path / "vault.key")
    (tmp_path / "other.key").write_bytes(b"x" * 32)
    (tmp_path / "other.key").chmod(0o600)
    with pytest.raises(ConfigurationRefused, match="another key; give every gateway"):
        open_seal(engine, tmp_path / "other.key")


def test_a_second_gateway_without_the_key_makes_none_of_its_own(engine: sa.Engine, tmp_path: Path) -> None:
    open_seal(engine, tmp_path / "vault.key")
    with pytest.raises(ConfigurationRefused, match="missing; copy it from another gateway"):
        open_seal(engine, tmp_path / "missing.key")
    assert not (tmp_path / "missing.key").exists()


def test_a_row_that_was_moved_or_given_more_time_does_not_open(engine: sa.Engine, tmp_path: Path) -> None:
    vault = DatabaseVault(engine, open_seal(engine, tmp_path / "vault.key"))
    vault.open_transfer("t1", SERIES)
    vault.open_transfer("t2", SERIES)
    with engine.begin() as connection:
        its = sa.update(transfer_keys).where(transfer_keys.c.id == "t2")
        connection.execute(its.values(sealed=row_of(engine, "t1")))
        connection.execute(sa.update(transfers).where(transfers.c.id == "t1").values(expires=transfers.c.expires + 60))
    for transfer in ("t1", "t2"):
        with pytest.raises(PrivacyRefused) as refused:
            vault.get(transfer)
        assert refused.value.code == "TRANSFER_DAMAGED"


def test_a_secret_is_made_once_for_all_and_lies_there_sealed(engine: sa.Engine, tmp_path: Path) -> None:
    seal = open_seal(engine, tmp_path / "vault.key")
    secret = GroupSecrets(engine, seal).secret("subjects")
    assert len(secret) == 32
    assert GroupSecrets(engine, open_seal(engine, tmp_path / "vault.key")).secret("subjects") == secret
    assert GroupSecrets(engine, seal).secret("another") != secret
    with engine.connect() as connection:
        stored = [bytes(one) for one in connection.execute(sa.select(group_secrets.c.sealed)).scalars()]
    assert len(stored) == 3
    assert all(secret not in one for one in stored)


def test_a_secret_that_was_exchanged_is_refused(engine: sa.Engine, tmp_path: Path) -> None:
    secrets = GroupSecrets(engine, open_seal(engine, tmp_path / "vault.key"))
    secrets.secret("one"), secrets.secret("two")
    with engine.begin() as connection:
        other = sa.select(group_secrets.c.sealed).where(group_secrets.c.name == "two").scalar_subquery()
        connection.execute(sa.update(group_secrets).where(group_secrets.c.name == "one").values(sealed=other))
    with pytest.raises(ConfigurationRefused, match="group_secrets was changed"):
        secrets.secret("one")


def test_what_postgresql_keeps_of_a_destroyed_key_is_ciphertext_which_a_sweep_clears_away(
    engine: sa.Engine, tmp_path: Path, postgres: PostgresProcess
) -> None:
    vault = DatabaseVault(engine, open_seal(engine, tmp_path / "vault.key"))
    key = vault.open_transfer("t1", SERIES)
    sealed = row_of(engine, "t1")
    assert sealed in heap_of(postgres, engine)
    vault.destroy("t1")
    content = heap_of(postgres, engine)
    assert sealed in content, "PostgreSQL leaves what was deleted where it is"
    for readable in (key.secret, key.secret.hex().encode(), SERIES.encode(), (tmp_path / "vault.key").read_bytes()):
        assert readable not in content
    vault.sweep()
    assert sealed not in heap_of(postgres, engine)
    assert vault.record("t1") is not None
