"""A watched folder gets each file once and whole, whatever is killed, and however fast it is emptied."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from model.storage.files import replace_durably
from plugin.deliver.folder import WRITTEN, FolderTransport
from plugin.deliver.instances import Instances, Item
from plugin.deliver.transport import NotTaken
from plugin.jobs.job import Job
from plugin.settings.destinations import FolderDestination
from tests.builders.results import HOURS, Results, StoredObjects

INSTANCES = Instances(
    (
        Item("a", "CT", "1.2", "1.1", "2.1", "3.1"),
        Item("b", "RTSTRUCT", "1.3", "1.2", "2.2", "3.1"),
    )
)


def transport(folder: Path) -> FolderTransport:
    return FolderTransport(FolderDestination(Type="folder", Path=str(folder)), cast(Any, StoredObjects()))


def noted(tmp_path: Path) -> tuple[Results, Job]:
    state = tmp_path / "state"
    state.mkdir()
    results = Results(state)
    job = results.stored("a")
    results.table.note(job, "tps", HOURS)
    return results, job


def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "watched"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_has_its_name_before_everything_is_written(tmp_path: Path) -> None:
    folder = watched(tmp_path)
    results, job = noted(tmp_path)
    seen: list[list[str]] = []
    transport(folder).send(INSTANCES, results.of(job), lambda _: seen.append(names(folder)))
    assert seen == [[".CT.1.1.part", ".RS.1.2.part"]]
    assert names(folder) == ["CT.1.1.dcm", "RS.1.2.dcm"]
    assert (folder / "RS.1.2.dcm").read_bytes() == b"the file of b"
    assert (folder / "RS.1.2.dcm").stat().st_mode & 0o777 == 0o666


def test_killed_while_it_writes_it_begins_again(tmp_path: Path) -> None:
    folder = watched(tmp_path)
    results, job = noted(tmp_path)
    (folder / ".CT.1.1.part").write_bytes(b"the fi")
    transport(folder).send(INSTANCES, results.of(job), lambda _: None)
    assert (folder / "CT.1.1.dcm").read_bytes() == b"the file of a"


def test_killed_while_it_renames_it_goes_on_and_brings_no_file_again_that_was_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = watched(tmp_path)
    results, job = noted(tmp_path)

    def killed_at_the_second(path: Path, target: Path) -> None:
        if "RS" in path.name:
            raise KeyboardInterrupt
        replace_durably(path, target)

    monkeypatch.setattr("plugin.deliver.folder.replace_durably", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        transport(folder).send(INSTANCES, results.of(job), lambda word: _keep(results, job, word))
    assert results.of(job).mark == WRITTEN
    (folder / "CT.1.1.dcm").unlink()  # by the planning system
    monkeypatch.undo()
    transport(folder).send(INSTANCES, results.of(job), lambda _: None)
    assert names(folder) == ["RS.1.2.dcm"]


def _keep(results: Results, job: Job, word: str) -> None:
    assert results.table.change(results.of(job), mark=word)


def test_a_folder_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    results, job = noted(tmp_path)
    with pytest.raises(NotTaken) as refused:
        transport(tmp_path / "unmounted").send(INSTANCES, results.of(job), lambda _: None)
    assert (refused.value.status, refused.value.again, refused.value.everyone) == ("DELIVERY_FOLDER", True, True)


def test_what_is_given_up_leaves_no_unfinished_file_and_says_whether_any_had_its_name(tmp_path: Path) -> None:
    folder = watched(tmp_path)
    results, job = noted(tmp_path)
    for name in (".CT.1.1.part", ".RS.1.2.part", ".RS.9.9.part"):
        (folder / name).write_bytes(b"slices of a patient")
    assert transport(folder).abandon(INSTANCES, results.of(job))
    assert names(folder) == [".RS.9.9.part"], "another delivery's stays"
    (folder / ".RS.1.2.part").write_bytes(b"contours of a patient")
    (folder / "CT.1.1.dcm").write_bytes(b"slices of a patient")
    results.table.change(results.of(job), mark=WRITTEN)
    assert not transport(folder).abandon(INSTANCES, results.of(job)), "the images had their names already"
    assert names(folder) == [".RS.9.9.part", "CT.1.1.dcm"]
    folder.rename(tmp_path / "unplugged")
    with pytest.raises(NotTaken):
        transport(folder).abandon(INSTANCES, results.of(job))
