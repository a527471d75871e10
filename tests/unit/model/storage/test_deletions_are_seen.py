"""A deletion says what became of the files that were written: gone, left, or not there to be deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.storage.erase import NOTHING, Deletion, delete, files_in
from plugin.erase.erase import EraseFailed, erase_folder
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import cleaned, lay

SIZES = {"images/1.dcm": 10, "images/2.dcm": 20, "rtstruct.dcm": 5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spool" / "ab"
    (made / "images").mkdir(parents=True)
    (made / "arriving").mkdir()
    for name, size in SIZES.items():
        (made / name).write_bytes(bytes(size))
    return made


@pytest.fixture
def held(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def test_what_was_written_went(folder: Path, held: int) -> None:
    deletion = delete(folder, SIZES, held)
    assert deletion == Deletion(files=3, bytes=35, left=0, missing=0)
    assert deletion.clean
    assert not folder.exists()


def test_a_folder_that_is_not_there_is_a_deletion_of_nothing(tmp_path: Path) -> None:
    assert delete(tmp_path / "none") == NOTHING
    assert erase_folder(tmp_path / "none") == NOTHING


def test_files_that_were_taken_away_before_are_missing(folder: Path, held: int, tmp_path: Path) -> None:
    (folder / "images/1.dcm").rename(tmp_path / "stolen.dcm")
    assert delete(folder, SIZES, held) == Deletion(2, 25, 0, missing=1)


def test_a_file_put_in_the_place_of_another_does_not_count_for_it(folder: Path, held: int, tmp_path: Path) -> None:
    (folder / "images/1.dcm").rename(tmp_path / "stolen.dcm")
    (folder / "images/1.dcm").write_bytes(b"small")
    (folder / "images/more.dcm").write_bytes(bytes(100))
    assert delete(folder, SIZES, held).missing == 1


def test_a_file_with_another_name_elsewhere_is_not_gone(folder: Path, held: int, tmp_path: Path) -> None:
    os.link(folder / "images/2.dcm", tmp_path / "kept.dcm")
    deletion = delete(folder, SIZES, held)
    assert (deletion.files, deletion.left, deletion.missing) == (2, 0, 1)


def test_links_are_removed_and_not_followed(folder: Path, held: int, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("kept")
    (folder / "images/link").symlink_to(elsewhere)
    (folder / "file").symlink_to(elsewhere / "precious")
    assert [path.name for path in files_in(folder) if path.is_symlink()] == ["file", "link"]
    assert delete(folder, SIZES, held) == Deletion(3, 35, 0, 0)
    assert (elsewhere / "precious").read_text() == "kept"


@pytest.mark.parametrize("instead", ["nothing", "a link", "a folder", "a file"])
def test_a_folder_that_was_exchanged_is_emptied_where_it_is_and_noticed(
    folder: Path, held: int, tmp_path: Path, instead: str
) -> None:
    moved, elsewhere = tmp_path / "moved", tmp_path / "elsewhere"
    folder.rename(moved)
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("kept")
    if instead == "a link":
        folder.symlink_to(elsewhere)
    elif instead == "a folder":
        folder.mkdir()
        (folder / "stranger").write_text("stranger")
    elif instead == "a file":
        folder.write_text("stranger")
    deletion = delete(folder, SIZES, held)
    assert (deletion.files, deletion.bytes, deletion.left) == (3, 35, 0)
    assert not deletion.clean
    assert files_in(moved) == []
    assert not os.path.lexists(folder)
    assert (elsewhere / "precious").read_text() == "kept"


def test_a_folder_reached_by_a_link_alone_is_not_emptied(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert delete(link, SIZES).missing == len(SIZES)
    assert len(files_in(folder)) == 3


def test_files_that_stay_are_counted_without_their_folders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = os.unlink

    def stubborn(path: str, *, dir_fd: int | None = None) -> None:
        if path == "1.dcm":
            raise PermissionError(1, "Operation not permitted")
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", stubborn)
    assert delete(folder) == Deletion(files=2, bytes=25, left=1)
    with pytest.raises(EraseFailed, match=r": 1 pseudonymised files"):
        erase_folder(folder)


def test_what_a_dying_worker_still_writes_goes_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rmdir, late = os.rmdir, iter(range(2))

    def busy(path: str, *, dir_fd: int | None = None) -> None:
        if path == "images" and next(late, None) is not None:
            descriptor = os.open("images/late.dcm", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=dir_fd)
            os.close(descriptor)
        rmdir(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "rmdir", busy)
    deletion = delete(folder, SIZES)
    assert deletion.clean
    assert deletion.files == 4
    assert not folder.exists()


def test_the_gateway_asks_for_every_slice_of_its_manifest(tmp_path: Path) -> None:
    series = cleaned(files_of(phantom_series(Phantom(size=64, pixel_mm=6.0))))
    lay(series, tmp_path / "job" / "images")
    whole = erase_folder(tmp_path / "job")
    assert (whole.missing, whole.files) == (0, len(series) + 1)
    lay(series, tmp_path / "job" / "images")
    (tmp_path / "job" / "images" / series.files[0].name).rename(tmp_path / "taken.dcm")
    assert erase_folder(tmp_path / "job").missing == 1


def test_a_gateway_killed_while_it_erases_misses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series = cleaned(files_of(phantom_series(Phantom(size=64, pixel_mm=6.0))))
    lay(series, tmp_path / "job" / "images")
    unlink, left = os.unlink, iter(range(5))

    def killed(path: str | Path, *, dir_fd: int | None = None) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        unlink(path, dir_fd=dir_fd)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            erase_folder(tmp_path / "job")
    again = erase_folder(tmp_path / "job")
    assert 0 < again.files < len(series)
    assert again.clean
