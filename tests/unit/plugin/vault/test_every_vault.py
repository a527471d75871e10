"""What a vault does, whether its rows lie in a file of the gateway or in a database that several share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.errors import PrivacyRefused
from plugin.vault.database_vault import DatabaseVault, open_seal
from plugin.vault.file_vault import FileVault
from plugin.vault.vault import Vault
from tests.builders.either_database import SQLITE, tables_in

SERIES = "5ba5eca1-1c8bf3e2-3b5d-aaaa"
Open = Callable[[], Vault]
# A limit that is over however fast the vault is.
PAST = -1.0


@pytest.fixture
def open_vault(either_database: str, tmp_path: Path) -> Open:
    """Open the one vault of the test, as a gateway does that starts."""
    if either_database == SQLITE:
        return lambda: FileVault(tmp_path / "vault")
    engine = tables_in(tmp_path)
    return lambda: DatabaseVault(engine, open_seal(engine, tmp_path / "vault.key"))


def refusal(vault: Vault, transfer: str) -> str:
    with pytest.raises(PrivacyRefused) as refused:
        vault.get(transfer)
    return refused.value.code


def test_a_retried_step_gets_the_same_pseudonyms_also_after_a_restart(open_vault: Open) -> None:
    first = open_vault().open_transfer("t1", SERIES)
    assert open_vault().open_transfer("t1", SERIES) == first
    assert open_vault().get("t1").key.uid("1.2.3") == first.uid("1.2.3")
    assert open_vault().get("t1").source == SERIES


def test_a_destroyed_key_never_comes_back(open_vault: Open) -> None:
    vault = open_vault()
    vault.open_transfer("t1", SERIES)
    assert (vault.destroy("t1"), vault.destroy("t1")) == (True, False)
    assert refusal(open_vault(), "t1") == "TRANSFER_CLOSED"
    with pytest.raises(PrivacyRefused):
        vault.open_transfer("t1", SERIES)
    record = vault.record("t1")
    assert record is not None
    assert (record.state, record.destroyed is not None, record.destroyed) > ("destroyed", True, record.created)
    assert vault.open_transfers() == ()


def test_a_transfer_past_its_limit_opens_no_more_and_is_swept(open_vault: Open) -> None:
    vault = open_vault()
    vault.open_transfer("short", SERIES, hours=PAST)
    vault.open_transfer("long", SERIES)
    assert vault.sweep() == ("short",)
    assert refusal(vault, "short") == "TRANSFER_CLOSED"
    assert [one.transfer for one in vault.open_transfers()] == ["long"]
    vault.open_transfer("brief", SERIES, hours=PAST)
    assert refusal(vault, "brief") == "TRANSFER_EXPIRED"


def test_an_unknown_transfer_and_one_of_another_series_are_refused(open_vault: Open) -> None:
    vault = open_vault()
    assert refusal(vault, "none") == "TRANSFER_UNKNOWN"
    assert vault.record("none") is None
    vault.open_transfer("t1", SERIES)
    with pytest.raises(PrivacyRefused) as refused:
        vault.open_transfer("t1", "another")
    assert refused.value.code == "TRANSFER_SOURCE"


def test_many_threads_open_and_destroy_at_once(open_vault: Open) -> None:
    vault = open_vault()
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda n: vault.open_transfer(f"t{n % 10}", SERIES).pseudonym, range(40)))
        destroyed = list(threads.map(lambda n: vault.destroy(f"t{n % 10}"), range(40)))
    assert len(set(keys)) == 10
    assert sum(destroyed) == 10
    assert vault.open_transfers() == ()
