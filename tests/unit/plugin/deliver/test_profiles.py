"""docs/delivery.md shows the table of profiles as the code has it, and names every key of a destination."""

from __future__ import annotations

from plugin.deliver.profiles import PROFILES
from plugin.settings.destinations import DicomDestination
from tests.profiles import PAGE, current, table


def test_the_page_shows_the_table_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert table() in text
    assert current(text) == text, "python -m tests.profiles"


def test_every_key_of_a_destination_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [key for key in DicomDestination.model_fields if f"| `{key}` |" not in text] == []


def test_every_profile_but_plain_keeps_to_the_names_that_most_systems_take() -> None:
    assert {one.name_characters for name, one in PROFILES.items() if name != "plain"} == {16}
