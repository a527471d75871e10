"""What is known of a series is read again when its content is another one, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from model.errors import InputRefused
from plugin.pacs.client import Orthanc, StoredFile
from plugin.pacs.series import SeriesReader
from plugin.settings.settings import read_settings
from tests.builders.orthanc_tags import CORONAL, series, stack

SLICES = 3


class Stored:
    """Series as an Orthanc's answers describe them; ``version`` is that of every file."""

    def __init__(self) -> None:
        self.version = 1
        self.fetched: list[str] = []
        self.slices = stack(SLICES)
        self.while_fetched: Callable[[], None] = lambda: None

    def series(self, _key: str) -> dict[str, Any]:
        return {"ParentStudy": "study"}

    def instances_tags(self, key: str) -> dict[str, dict[str, Any]]:
        self.fetched.append(key)
        self.while_fetched()
        return series(*self.slices)

    def files_of_series(self, key: str) -> list[StoredFile]:
        return [StoredFile(f"{key}{n}", f"1.2.{n}", f"{key}{n}-{self.version}") for n in range(SLICES)]

    def file_digest(self, instance: str) -> tuple[str, str]:
        return f"{instance}-{self.version}", f"digest {self.version}"


@pytest.fixture
def stored() -> Stored:
    return Stored()


def reader_of(stored: Stored, **options: Any) -> SeriesReader:
    return SeriesReader(cast(Orthanc, stored), read_settings({}), **options)


def test_a_series_that_was_read_is_not_fetched_again(stored: Stored) -> None:
    reader = reader_of(stored)
    first, tags = reader.read("a")
    reader.keep(first)
    assert len(tags.slices) == SLICES
    assert reader.snapshot("a") is first
    assert stored.fetched == ["a"]
    assert first.chosen.instances == ("instance-0", "instance-1", "instance-2")


def test_a_series_that_was_replaced_is_fetched_again(stored: Stored) -> None:
    reader = reader_of(stored)
    first = reader.snapshot("a")
    stored.version = 2
    second = reader.snapshot("a")
    assert second.content != first.content
    assert stored.fetched == ["a", "a"]


def test_tags_that_were_replaced_while_they_were_fetched_never_pass_for_the_content_before(stored: Stored) -> None:
    reader = reader_of(stored)

    def replace() -> None:
        stored.version = 2

    stored.while_fetched = replace
    reader.snapshot("a")
    stored.version, stored.while_fetched = 1, lambda: None
    reader.snapshot("a")
    assert stored.fetched == ["a", "a"]


def test_the_oldest_make_room_for_the_newest(stored: Stored) -> None:
    reader = reader_of(stored, most_slices=2 * SLICES)
    for key in "abc":
        reader.snapshot(key)
    reader.snapshot("c")
    reader.snapshot("b")
    assert stored.fetched == ["a", "b", "c"]
    reader.snapshot("a")
    assert stored.fetched == ["a", "b", "c", "a"]


def test_a_series_larger_than_the_room_is_kept_alone(stored: Stored) -> None:
    reader = reader_of(stored, most_slices=1)
    assert reader.snapshot("a") is reader.snapshot("a")


def test_a_series_that_the_configuration_refuses_has_its_reason_each_time(stored: Stored) -> None:
    stored.slices = [*stack(5), *stack(5, orientation=CORONAL)]
    snapshot = reader_of(stored).snapshot("a")
    assert snapshot.slices is None
    for _ in range(2):
        with pytest.raises(InputRefused) as refusal:
            _ = snapshot.chosen
        assert refusal.value.code == "SEVERAL_VOLUMES"


def test_a_snapshot_holds_no_value_of_the_patient(stored: Stored) -> None:
    stored.slices = stack(SLICES, PatientName="Marked^Name", PatientID="MARKED-1", PatientBirthDate="19011231")
    shown = repr(reader_of(stored).snapshot("a"))
    assert not any(value in shown for value in ("Marked", "MARKED", "19011231"))
