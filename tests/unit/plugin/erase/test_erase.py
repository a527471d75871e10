"""What a job left is deleted and looked for; what cannot be deleted, or was not there to be, is said."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.gate.manifest import MANIFEST_NAME
from model.pipeline.draw import IMAGES
from model.storage.erase import NOTHING, Deletion
from plugin.erase.erase import EraseFailed, erase_folder
from plugin.erase.sweep import sweep
from plugin.jobs.job import State
from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from plugin.state.directory import StateDirectory
from plugin.vault.file_vault import FileVault
from tests.builders.jobs import a_job
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import cleaned, lay

CLEAN = cleaned(files_of(phantom_series(Phantom(slices=3, size=16))))


def spooled(folder: Path) -> Path:
    lay(CLEAN, folder / IMAGES)
    return folder


def test_every_slice_and_the_manifest_are_deleted_and_counted(tmp_path: Path) -> None:
    folder = spooled(tmp_path / "job")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    deletion = erase_folder(folder)
    assert not folder.exists()
    assert (deletion.files, deletion.bytes, deletion.left, deletion.missing) == (len(CLEAN) + 1, size, 0, 0)


def test_a_folder_that_is_not_there_is_a_deletion_of_nothing(tmp_path: Path) -> None:
    assert erase_folder(tmp_path / "never") == NOTHING


def test_a_slice_that_was_moved_away_is_missed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = spooled(tmp_path / "job")
    (folder / IMAGES / CLEAN.files[0].name).rename(tmp_path / "aside.dcm")
    with caplog.at_level(logging.ERROR):
        assert erase_folder(folder).missing == 1
    assert "1 pseudonymised file(s) were not in the spool" in caplog.text


def test_without_a_manifest_what_is_there_is_deleted_all_the_same(tmp_path: Path) -> None:
    folder = spooled(tmp_path / "job")
    (folder / IMAGES / MANIFEST_NAME).unlink()
    deletion = erase_folder(folder)
    assert (deletion.files, deletion.left) == (len(CLEAN), 0)
    assert not folder.exists()


def test_what_cannot_be_deleted_is_an_error_that_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = spooled(tmp_path / "job")
    monkeypatch.setattr("plugin.erase.erase.delete", lambda folder, written: Deletion(left=2))
    with pytest.raises(EraseFailed) as failed:
        erase_folder(folder)
    assert (failed.value.code, failed.value.retry) == ("ERASE_FAILED", True)
    assert "2 pseudonymised files" in failed.value.message


def test_the_sweep_takes_what_is_over_or_unknown_and_leaves_what_is_open(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    state.spool.mkdir(parents=True)
    jobs = JobStore(open_database(f"sqlite:///{state.jobs}"))
    vault = FileVault(state.vault)
    is_open, over = a_job(key="open"), a_job(key="over", state=State.RUNNING)
    for job in (is_open, over):
        assert jobs.add(job)[1]
    assert jobs.finish(over.id, State.FAILED, error=("X", "a test"))
    for name in (is_open.id, over.id, "nobody"):
        spooled(state.spool / name)
        vault.open_transfer(f"{name}-1", "series")
    assert sweep(state, vault, jobs) == 2
    assert [path.name for path in state.spool.iterdir()] == [is_open.id]
    assert [record.transfer for record in vault.open_transfers()] == [f"{is_open.id}-1"]
    record = vault.record(f"{over.id}-1")
    assert record is not None
    assert record.destroyed is not None
    assert record.destroyed <= datetime.now(UTC)
