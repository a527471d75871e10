"""Slices go from Orthanc to the spool one by one: no series is held, and none has its name before all was searched."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest

from model.errors import PrivacyRefused, TargetFailed
from model.gate.manifest import MANIFEST_NAME
from model.gate.verify import verify
from plugin.erase.erase import erase_folder
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.unchecked import SUFFIX, unchecked_folder
from plugin.settings.privacy import PrivacyRules
from tests.builders.marked import RECORD, ct, encoded
from tests.builders.untouched import Untouched, WholeFiles, cleaned

SIDE = 256


class Scanner(WholeFiles):
    """Serves slices that are made when they are asked for; ``broken`` is one that Orthanc fails to give."""

    def __init__(self, broken: int | None = None) -> None:
        self.broken = broken

    def instance_file(self, instance_id: str) -> bytes:
        if instance_id == str(self.broken):
            raise TargetFailed("ORTHANC_UNREACHABLE", "It does not answer.", retry=True)
        return encoded(ct(int(instance_id), (SIDE, SIDE)))

    def release(self) -> tuple[int, ...]:
        return ()

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        return self.instance_file(instance_id)


def ids(count: int) -> list[str]:
    return [str(index) for index in range(count)]


def peak_of(count: int, place: Path) -> int:
    """Bytes of memory that pseudonymising so many slices needs at most at once."""
    tracemalloc.start()
    try:
        pseudonymise(ids(count), Scanner(), TransferKey.new("t"), PrivacyRules(), place)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_eight_times_the_slices_do_not_take_twice_the_memory(tmp_path: Path) -> None:
    peak_of(4, tmp_path / "tables")  # what is read once and kept
    few, many = peak_of(16, tmp_path / "few"), peak_of(128, tmp_path / "many")
    assert many < 2 * few
    assert many < 128 * SIDE * SIDE * 2, "the pixels of the series were never in memory together"


def test_what_is_cut_off_has_no_name_that_is_read_and_is_erased(tmp_path: Path) -> None:
    job = tmp_path / "job"
    with pytest.raises(TargetFailed):
        pseudonymise(ids(12), Scanner(broken=11), TransferKey.new("t"), PrivacyRules(), job / "images")
    written = list((job / f"images{SUFFIX}").iterdir())
    assert written
    assert not (job / "images").exists()
    assert erase_folder(job).files == len(written)
    assert not job.exists()


def test_a_marker_in_the_last_slice_keeps_all_from_their_place(tmp_path: Path) -> None:
    slices = [ct(index) for index in range(8)]
    slices[-1].PixelData = RECORD.encode() + slices[-1].PixelData[len(RECORD) :]
    for one in slices:
        one.BitsStored, one.HighBit = 16, 15
    with pytest.raises(PrivacyRefused) as refused:
        cleaned([encoded(one) for one in slices], place=tmp_path / "images")
    assert refused.value.findings == {"SELF_CHECK_PIXELS": 1}
    assert not (tmp_path / "images").exists()
    assert not (tmp_path / f"images{SUFFIX}" / MANIFEST_NAME).exists()


def test_once_a_slice_is_refused_the_rest_is_looked_at_and_not_made(tmp_path: Path) -> None:
    slices = [ct(index) for index in range(40)]
    for one in (slices[0], slices[39]):
        one.BurnedInAnnotation = "YES"
    source = Untouched([encoded(one) for one in slices])
    with pytest.raises(PrivacyRefused) as refused:
        pseudonymise(ids(40), source, TransferKey.new("t"), PrivacyRules(), tmp_path / "images")
    assert refused.value.findings == {"SOURCE_BURNED_IN": 2}
    assert len(source.requests) < 39
    assert not (tmp_path / "images").exists()


def test_a_series_lies_where_it_was_wanted_and_passes_the_receiver(tmp_path: Path) -> None:
    clean = pseudonymise(ids(5), Scanner(), TransferKey.new("t"), PrivacyRules(), tmp_path / "images")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images"]
    assert [file.sha256 for file in verify(tmp_path / "images")] == [file.sha256 for file in clean]
    assert clean.size == sum(path.stat().st_size for path in (tmp_path / "images").glob("*.dcm"))


def test_an_attempt_that_was_given_up_writes_nothing_into_the_next(tmp_path: Path) -> None:
    place = tmp_path / "job" / "images"
    with unchecked_folder(place) as given_up:
        given_up.write("0001.dcm", b"old")
        shutil.rmtree(tmp_path / "job")
        with unchecked_folder(place) as following:
            with pytest.raises(FileNotFoundError):
                given_up.write("0002.dcm", b"old")
            following.write("0001.dcm", b"new")
            assert following.read("0001.dcm") == b"new"
