"""The vault: one key per transfer, encrypted, gone for good when destroyed, whatever happens in between."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.errors import AutocontourError, ConfigurationRefused, PrivacyRefused
from plugin.vault.file_vault import VAULT_NAME, FileVault

SERIES = "0a1b2c3d-4e5f6071-8293a4b5-c6d7e8f9-01234567"


def everything(directory: Path) -> bytes:
    """All bytes of the vault's files but the key-encryption key."""
    return b"".join(path.read_bytes() for path in directory.iterdir() if path.name != "vault.key")


def refusal(vault: FileVault, transfer: str) -> str:
    with pytest.raises(PrivacyRefused) as refused:
        vault.get(transfer)
    return refused.value.code


def test_a_retried_step_gets_the_same_pseudonyms(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    first = vault.open_transfer("t1", SERIES)
    assert vault.open_transfer("t1", SERIES) == first
    assert vault.get("t1").key == first
    assert vault.get("t1").source == SERIES
    assert first.uid("1.2.3") == FileVault(tmp_path).get("t1").key.uid("1.2.3")


def test_transfers_of_one_series_cannot_be_linked(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    one, two = vault.open_transfer("t1", SERIES), vault.open_transfer("t2", SERIES)
    assert one.pseudonym != two.pseudonym
    assert one.uid("1.2.3") != two.uid("1.2.3")


def test_nothing_readable_lies_in_the_vault_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "vault")
    key = vault.open_transfer("t1", SERIES)
    stored = everything(tmp_path / "vault")
    for secret in (key.secret, key.secret.hex().encode(), key.pseudonym.encode(), SERIES.encode()):
        assert secret not in stored
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "vault").iterdir()} == {0o600}
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700


def test_a_destroyed_key_is_gone_from_every_file_and_never_comes_back(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    vault.open_transfer("t1", SERIES)
    with sqlite3.connect(tmp_path / VAULT_NAME) as database:
        (sealed,) = database.execute("SELECT sealed FROM transfer").fetchone()
    assert sealed in everything(tmp_path)
    assert vault.destroy("t1") is True
    assert sealed not in everything(tmp_path)
    assert sealed[12:44] not in everything(tmp_path)
    assert refusal(vault, "t1") == "TRANSFER_CLOSED"
    assert vault.destroy("t1") is False
    with pytest.raises(PrivacyRefused):
        vault.open_transfer("t1", SERIES)
    record = vault.record("t1")
    assert record is not None
    assert (record.state, record.destroyed is not None) == ("destroyed", True)


def test_a_transfer_past_its_limit_opens_no_more_and_is_swept(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    vault.open_transfer("short", SERIES, hours=-1)
    vault.open_transfer("long", SERIES, hours=2)
    time.sleep(0.01)
    assert refusal(vault, "short") == "TRANSFER_EXPIRED"
    assert vault.sweep() == ("short",)
    assert [record.transfer for record in vault.open_transfers()] == ["long"]
    assert vault.sweep(datetime.now(UTC) + timedelta(hours=3)) == ("long",)
    assert vault.open_transfers() == ()


def test_an_unknown_transfer_and_one_of_another_series_are_refused(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    vault.open_transfer("t1", SERIES)
    assert refusal(vault, "t2") == "TRANSFER_UNKNOWN"
    with pytest.raises(PrivacyRefused):
        vault.open_transfer("t1", SERIES[::-1])


def test_an_entry_moved_to_another_transfer_or_given_more_time_does_not_open(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    vault.open_transfer("t1", SERIES)
    vault.open_transfer("t2", SERIES)
    with sqlite3.connect(tmp_path / VAULT_NAME) as database:
        database.execute("UPDATE transfer SET sealed = (SELECT sealed FROM transfer WHERE id = 't1') WHERE id = 't2'")
        database.execute("UPDATE transfer SET expires = '2999-01-01T00:00:00+00:00' WHERE id = 't1'")
    assert refusal(vault, "t1") == "TRANSFER_DAMAGED"
    assert refusal(vault, "t2") == "TRANSFER_DAMAGED"


def test_another_key_file_is_refused_at_start(tmp_path: Path) -> None:
    FileVault(tmp_path).open_transfer("t1", SERIES)
    (tmp_path / "other.key").write_bytes(bytes(32))
    (tmp_path / "other.key").chmod(0o600)
    with pytest.raises(ConfigurationRefused):
        FileVault(tmp_path, str(tmp_path / "other.key"))


def test_a_key_file_from_elsewhere_is_used_and_not_copied(tmp_path: Path) -> None:
    credential = tmp_path / "credentials" / "vault"
    vault = FileVault(tmp_path / "state", str(credential))
    vault.open_transfer("t1", SERIES)
    assert [path.name for path in (tmp_path / "state").iterdir()] == [VAULT_NAME]
    assert credential.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("content", "mode"), [(b"short", 0o600), (bytes(32), 0o622)])
def test_a_key_file_of_another_size_or_writable_for_others_is_refused(
    tmp_path: Path, content: bytes, mode: int
) -> None:
    key = tmp_path / "key"
    key.write_bytes(content)
    key.chmod(mode)
    with pytest.raises(ConfigurationRefused):
        FileVault(tmp_path / "state", str(key))


def test_a_vault_file_that_is_none_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / VAULT_NAME).write_bytes(b"this is no database, and longer than its header" * 40)
    with pytest.raises(AutocontourError) as refused:
        FileVault(tmp_path)
    assert (refused.value.code, refused.value.retry) == ("VAULT", True)
    assert "SQLITE_NOTADB" in refused.value.message


def test_a_systemd_credential_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationRefused):
        FileVault(tmp_path / "state", "credential:vault")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(ConfigurationRefused):
        FileVault(tmp_path / "state", "credential:vault")
    (tmp_path / "vault").write_bytes(bytes(range(32)))
    (tmp_path / "vault").chmod(0o400)
    key = FileVault(tmp_path / "state", "credential:vault").open_transfer("t1", SERIES)
    assert FileVault(tmp_path / "state", str(tmp_path / "vault")).get("t1").key == key


def test_many_threads_open_and_destroy_at_once(tmp_path: Path) -> None:
    vault = FileVault(tmp_path)
    seen: dict[str, set[str]] = {f"t{number}": set() for number in range(4)}

    def work() -> None:
        for transfer, pseudonyms in seen.items():
            pseudonyms.add(vault.open_transfer(transfer, SERIES).pseudonym)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(pseudonyms) for pseudonyms in seen.values()] == [1, 1, 1, 1]
    assert sorted(transfer for transfer in seen if vault.destroy(transfer)) == sorted(seen)


def test_two_processes_that_make_the_key_file_at_once_agree(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from plugin.vault.keyfile import key_encryption_key;"
        "print(key_encryption_key(Path(sys.argv[1])).hex())"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "vault.key")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate()[0] for process in running}) == 1


WORKER = """
import sys
from pathlib import Path
from plugin.vault.file_vault import FileVault
vault = FileVault(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    vault.open_transfer(f"t{number}", "series")
    if number:
        vault.destroy(f"t{number - 1}")
    number += 1
"""


@pytest.mark.parametrize("milliseconds", [3, 11, 29, 57])
def test_a_process_killed_at_any_moment_leaves_a_vault_that_works(tmp_path: Path, milliseconds: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(milliseconds / 1000)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    vault = FileVault(tmp_path)
    left = vault.open_transfers()
    assert len(left) <= 2
    for record in left:
        assert vault.get(record.transfer).source == "series"
        assert vault.destroy(record.transfer)
    assert vault.open_transfers() == ()
