"""A state directory copied and laid back: whole and private, or not at all, with the reason."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from model.evidence.verification import keys_beside, verify
from plugin.cli import main
from plugin.jobs.job import State
from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from tests.builders.old_state import unpack_state
from tests.builders.orthanc_process import CHECKOUT


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return unpack_state(tmp_path)


def refused(arguments: list[str | Path], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(argument) for argument in arguments]) == 1
    assert f"[{code}]" in capsys.readouterr().err


def test_what_was_backed_up_is_restored_with_its_jobs_and_its_evidence(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup, new = tmp_path / "backup", tmp_path / "new" / "autocontour"
    assert main(["backup", str(state), str(backup)]) == 0
    assert "3 open jobs" in capsys.readouterr().out
    assert main(["restore", str(backup), str(new)]) == 0
    assert "begin anew" in capsys.readouterr().out
    before, after = (
        verify(state / "evidence/chain"),
        verify(new / "evidence/chain", keys_beside(state / "evidence/chain")),
    )
    assert (after.valid, after.records, after.head) == (True, before.records, before.head)
    counts = JobStore(open_database(f"sqlite:///{new / 'jobs.sqlite'}")).count_by_state()
    assert counts == {State.DONE: 1, State.RUNNING: 2, State.WAITING: 1}


def test_a_backup_holds_no_key_of_a_transfer_and_no_image_and_is_for_its_owner_only(
    state: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    assert main(["backup", str(state), str(backup)]) == 0
    names = {path.relative_to(backup).parts[0] for path in backup.rglob("*")}
    assert names == {"backup.json", "jobs.sqlite", "evidence"}
    key = (state / "vault" / "vault.key").read_bytes()
    assert all(key not in path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert {path.stat().st_mode & 0o077 for path in [backup, *backup.rglob("*")]} == {0}


def test_a_chain_that_grows_meanwhile_is_copied_between_two_records(state: Path, tmp_path: Path) -> None:
    chain = state / "evidence" / "chain"
    done = threading.Event()
    with Chain.open(chain, SigningKey.load(state / "evidence" / "signing.key")) as writer:

        def write() -> None:
            while not done.is_set():
                writer.append(Event.CONFIG_CHANGED, None, {"before": "0" * 64, "after": "1" * 64})

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for number in range(5):
                assert main(["backup", str(state), str(tmp_path / f"backup{number}")]) == 0
        finally:
            done.set()
            thread.join()
    heads = [verify(tmp_path / f"backup{number}" / "evidence/chain").head.sequence for number in range(5)]
    assert heads == sorted(heads)
    assert heads[0] < verify(chain).head.sequence


def test_what_is_no_state_or_already_there_is_refused(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(["backup", tmp_path / "nothing", tmp_path / "b"], "BACKUP_SOURCE", capsys)
    refused(["backup", tmp_path, tmp_path / "b"], "BACKUP_SOURCE", capsys)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").write_text("mine")
    refused(["backup", state, tmp_path / "used"], "BACKUP_EXISTS", capsys)
    refused(["backup", state, tmp_path / "used" / "file"], "BACKUP_EXISTS", capsys)
    assert main(["backup", str(state), str(tmp_path / "b")]) == 0
    refused(["restore", tmp_path / "b", state], "RESTORE_NOT_EMPTY", capsys)
    refused(["restore", tmp_path / "used", tmp_path / "new"], "BACKUP_UNKNOWN", capsys)
    assert (tmp_path / "used" / "file").read_text() == "mine"
    assert not (tmp_path / "new").exists()


def test_a_folder_that_bears_the_name_of_an_unfinished_copy_is_spared(state: Path, tmp_path: Path) -> None:
    for name in ("b.unfinished", "new.unfinished"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("mine")
    assert main(["backup", str(state), str(tmp_path / "b")]) == 0
    assert main(["restore", str(tmp_path / "b"), str(tmp_path / "new")]) == 0
    for name in ("b.unfinished", "new.unfinished"):
        assert (tmp_path / name / "file").read_text() == "mine"


def test_a_backup_and_its_state_do_not_lie_in_each_other(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(state.rglob("*"))
    (tmp_path / "link").symlink_to(state, target_is_directory=True)
    for inside in (state / "backup", state / "evidence" / "backup", tmp_path / "link" / "backup"):
        refused(["backup", state, inside], "OUTPUT_IS_INPUT", capsys)
    assert sorted(state.rglob("*")) == before
    assert main(["backup", str(state), str(tmp_path / "b")]) == 0
    refused(["restore", tmp_path / "b", tmp_path / "b" / "state"], "OUTPUT_IS_INPUT", capsys)
    assert main(["restore", str(tmp_path / "b"), str(tmp_path / "new")]) == 0


@pytest.mark.parametrize("harm", ["flip", "remove", "add"])
def test_a_damaged_backup_restores_nothing(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], harm: str
) -> None:
    backup = tmp_path / "backup"
    assert main(["backup", str(state), str(backup)]) == 0
    path = backup / "jobs.sqlite"
    if harm == "flip":
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(bytes(content))
    elif harm == "remove":
        path.unlink()
    else:
        (backup / "evidence" / "chain" / "2031-01.jsonl").write_text("{}\n")
    refused(["restore", backup, tmp_path / "new"], "BACKUP_DAMAGED", capsys)
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "new.unfinished").exists()


def test_a_backup_of_a_newer_release_is_refused(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = tmp_path / "backup"
    assert main(["backup", str(state), str(backup)]) == 0
    manifest = json.loads((backup / "backup.json").read_text())
    (backup / "backup.json").write_text(json.dumps(manifest | {"Format": 99}))
    refused(["restore", backup, tmp_path / "new"], "BACKUP_UNKNOWN", capsys)


def test_a_broken_chain_is_not_backed_up_as_if_it_were_whole(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (month,) = (state / "evidence" / "chain").glob("*.jsonl")
    lines = month.read_bytes().splitlines(keepends=True)
    month.write_bytes(b"".join(lines[:3] + lines[4:]))
    refused(["backup", state, tmp_path / "backup"], "BACKUP_FAILED", capsys)
    assert not (tmp_path / "backup").exists()


def test_a_table_that_nobody_may_read_is_a_sentence(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in state.glob("jobs.sqlite*"):
        path.unlink()
    (state / "jobs.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    refused(["backup", state, tmp_path / "backup"], "BACKUP_FAILED", capsys)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(state / "jobs.sqlite").execute("SELECT 1 FROM jobs")
    assert not (tmp_path / "backup").exists()


def test_the_commands_of_the_page_for_operations_work_as_written(state: Path, tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(autocontour (?:backup|restore) .*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    folders = {"STATE_DIRECTORY": state, "BACKUP_DIRECTORY": tmp_path / "b", "NEW_STATE_DIRECTORY": tmp_path / "new"}
    environment = {name: str(path) for name, path in folders.items()}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for block in blocks:
        subprocess.run(["/bin/sh", "-euc", block], env=environment, check=True)
    assert (tmp_path / "new" / "jobs.sqlite").is_file()


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("autocontour ")
