"""What lasts has a number: older files are brought up to date, newer ones refused and left as they are."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from model.errors import ConfigurationRefused
from model.service.database import open_database
from model.storage.layout import LAYOUT_NAME, as_it_is, bring_up_to_date
from model.storage.sqlite import Schema, checkpoint
from plugin.state.directory import open_state, upgrade_state
from plugin.vault.file_vault import VAULT_NAME, FileVault
from tests.builders.old_service_state import ENDED, unpack_service_state
from tests.builders.old_state import unpack_state
from tests.builders.orthanc_process import until

NEWER = "has the number 99, and this release knows it up to 1: a newer release wrote it. Install that release again, or"
FIRST = ("CREATE TABLE IF NOT EXISTS kept (name TEXT) STRICT",)
SECOND = ("ALTER TABLE kept ADD COLUMN added INTEGER", "UPDATE kept SET added = 7")


def connected(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))


def number(path: Path) -> int:
    with connected(path) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def test_a_file_of_the_first_release_which_wrote_no_number_gets_what_came_since(tmp_path: Path) -> None:
    with connected(tmp_path / "file.sqlite") as database:
        database.execute("CREATE TABLE kept (name TEXT) STRICT")
        database.execute("INSERT INTO kept VALUES ('old')")
        Schema("Key", "the file", (FIRST, SECOND)).bring_up_to_date(database)
        assert database.execute("SELECT * FROM kept").fetchall() == [("old", 7)]
    assert number(tmp_path / "file.sqlite") == 2


def test_a_change_that_fails_leaves_table_and_number_as_they_were(tmp_path: Path) -> None:
    with connected(tmp_path / "file.sqlite") as database:
        Schema("Key", "the file", (FIRST,)).bring_up_to_date(database)
        with pytest.raises(sqlite3.OperationalError):
            Schema("Key", "the file", (FIRST, (*SECOND, "no SQL"))).bring_up_to_date(database)
        assert database.execute("SELECT count(*) FROM pragma_table_info('kept')").fetchone() == (1,)
    assert number(tmp_path / "file.sqlite") == 1


def open_vault(path: Path) -> None:
    FileVault(path.parent)


def open_ledger(path: Path) -> None:
    open_database(path).close()


@pytest.mark.parametrize(("name", "opened", "what"), [
    (VAULT_NAME, open_vault, "AutoContour.StateDirectory: the vault "),
    ("ledger.sqlite", open_ledger, "StateDirectory: the ledger "),
])  # fmt: skip
def test_a_file_of_a_newer_release_is_refused_and_left_as_it_is(
    tmp_path: Path, name: str, opened: Callable[[Path], None], what: str
) -> None:
    path = tmp_path / name
    opened(path)
    assert number(path) == 1
    with connected(path) as database:
        database.execute("PRAGMA user_version = 99")
        database.execute("CREATE TABLE of_the_future (name TEXT)")
    content = path.read_bytes()
    with pytest.raises(ConfigurationRefused) as refused:
        opened(path)
    assert refused.value.message.startswith(what + NEWER)
    assert path.read_bytes() == content


def test_the_vault_of_the_first_release_opens_what_it_sealed(tmp_path: Path) -> None:
    directory = unpack_state(tmp_path) / "vault"
    assert number(directory / VAULT_NAME) == 0
    vault = FileVault(directory)
    assert number(directory / VAULT_NAME) == 1
    transfers = [record.transfer for record in vault.open_transfers()]
    assert len(transfers) == 2
    assert all(vault.get(transfer).key.pseudonym.startswith("PSN-") for transfer in transfers)


def test_the_ledger_of_the_first_release_keeps_receipts_and_heads(tmp_path: Path) -> None:
    path = unpack_service_state(tmp_path) / "ledger.sqlite"
    with closing(open_database(path)) as database:
        steps = database.execute("SELECT step FROM receipt WHERE id = ? ORDER BY rowid", (ENDED,)).fetchall()
        assert [step for (step,) in steps] == ["VERIFIED", "PROCESSED", "DELETED"]
        assert database.execute("SELECT site, refused FROM site_head").fetchall() == [("north", None)]
        with pytest.raises(sqlite3.IntegrityError, match="kept for good"):
            database.execute("DELETE FROM site_head")
    assert number(path) == 1


def test_a_state_directory_has_a_number_for_what_is_no_database(tmp_path: Path) -> None:
    done: list[str] = []
    steps = (as_it_is, lambda folder: done.append(folder.name))
    bring_up_to_date(tmp_path, steps[:1], "Key")
    assert json.loads((tmp_path / LAYOUT_NAME).read_bytes()) == {"Layout": 1}
    bring_up_to_date(tmp_path, steps, "Key")
    bring_up_to_date(tmp_path, steps, "Key")
    assert done == [tmp_path.name]
    assert json.loads((tmp_path / LAYOUT_NAME).read_bytes()) == {"Layout": 2}


@pytest.mark.parametrize(("content", "what"), [
    (b'{"Layout": 99}', "restore a backup from before the upgrade"),
    (b"", "is not what was written there"),
    (b'{"Layout": "two"}', "is not what was written there"),
    (b"[1]", "is not what was written there"),
])  # fmt: skip
def test_a_state_directory_of_a_newer_release_is_refused_and_left_as_it_is(
    tmp_path: Path, content: bytes, what: str
) -> None:
    state = open_state(tmp_path / "state")
    (state.path / LAYOUT_NAME).write_bytes(content)
    with pytest.raises(ConfigurationRefused, match=what):
        upgrade_state(state)
    assert (state.path / LAYOUT_NAME).read_bytes() == content


def test_a_checkpoint_leaves_all_in_the_file_and_nothing_in_its_log(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    log = path.with_name(path.name + "-wal")
    with closing(open_database(path)) as database:
        database.execute("CREATE TABLE more (name TEXT)")
        assert log.stat().st_size > 0
        held = checkpoint(path)
        assert held is not None
        held.close()
        assert log.stat().st_size == 0
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes(path.read_bytes())
        with connected(copy) as copied:
            assert copied.execute("SELECT count(*) FROM more").fetchone() == (0,)


def test_a_checkpoint_goes_on_while_others_write_and_nobody_writes_after_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    log = path.with_name(path.name + "-wal")
    with closing(open_database(path)) as database:
        database.execute("CREATE TABLE more (number INTEGER)")
    written: list[int] = []

    def write() -> None:
        with connected(path) as database, suppress(sqlite3.OperationalError):  # locked, for good
            while True:
                database.execute("INSERT INTO more VALUES (?)", (len(written),))
                written.append(len(written))

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: len(written) > 20, "others write")
    held = checkpoint(path, 60)
    assert held is not None
    writer.join(60)
    assert not writer.is_alive()
    assert log.stat().st_size == 0
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    held.close()
    with connected(copy) as copied:
        assert copied.execute("SELECT count(*) FROM more").fetchone() == (len(written),)


def test_a_checkpoint_makes_no_file_and_raises_nothing(tmp_path: Path) -> None:
    assert checkpoint(tmp_path / "none.sqlite", 60) is None
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "other.sqlite").write_bytes(b"no database at all")
    assert checkpoint(tmp_path / "other.sqlite", 60) is None
    assert (tmp_path / "other.sqlite").read_bytes() == b"no database at all"
