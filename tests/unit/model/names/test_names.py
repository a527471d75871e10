"""Names of structures: tables, unknown labels, shortening."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InputRefused
from model.names.entry import NAME_CHARACTERS
from model.names.naming import entries_for, entry_for, table
from model.names.shortening import shorten

# DICOM PS3.3 C.8.8.8.1: interpreted types that we write.
TYPES = {"EXTERNAL", "ORGAN", "PTV", "CTV", "GTV", "AVOIDANCE", "CAVITY"}


def test_every_entry_of_every_table_can_be_written() -> None:
    for label, entry in table().items():
        assert entry.label == label
        assert re.fullmatch(r"[A-Za-z0-9_+~^-]{1,16}", entry.name), label
        assert entry.full.isascii(), label
        assert entry.interpreted_type in TYPES, label
        assert all(0 <= part <= 255 for part in entry.colour), label
        assert entry.side in ("", "L", "R", "B"), label
        assert entry.code.value, label
        assert len(entry.code.meaning) <= 64, label


def test_names_with_a_side_say_it_in_their_code() -> None:
    sided = [entry for entry in table().values() if entry.name.endswith(("_L", "_R"))]
    assert len(sided) > 50
    for entry in sided:
        assert entry.side == entry.name[-1], entry.name


@pytest.mark.parametrize("label", ["External", "Lung_L", "Lung_R", "Trachea", "SpinalCanal", "Brain", "Bones_HU"])
def test_the_embedded_engine_has_its_names(label: str) -> None:
    assert entry_for(label).listed
    assert entry_for(label).name == label


def test_a_label_is_found_by_name_without_regard_to_case() -> None:
    assert entry_for("lung_l") is entry_for("Lung_L")


def test_an_unknown_label_gets_a_general_code_and_the_type_of_its_prefix() -> None:
    assert entry_for("Wombat").interpreted_type == "ORGAN"
    assert entry_for("Wombat").code.meaning == "Body structure"
    assert entry_for("PTV_High").interpreted_type == "PTV"
    assert entry_for("BODY").interpreted_type == "EXTERNAL"
    assert not entry_for("Wombat").listed


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Heart", "Heart"),
        ("exactly sixteen.", "exactly sixteen."),
        ("iliac_artery_common_left", "Iliac_A_Common_L"),
        ("Łuk żebrowy", "Luk zebrowy"),
        ("vertebrae lumbar number 12", "VB_Lmbr_Nmbr_12"),
    ],
)
def test_long_names_are_shortened_with_side_and_number_kept(text: str, name: str) -> None:
    assert len(shorten(text)) <= NAME_CHARACTERS
    assert shorten(text) == name


@given(st.text(max_size=80))
def test_any_text_becomes_a_short_ascii_name_the_same_every_time(text: str) -> None:
    name = shorten(text)
    assert name == shorten(text)
    assert len(name) <= NAME_CHARACTERS
    assert name.isascii()
    assert name.isprintable()
    assert "\\" not in name


@given(st.text("abcdefghijklmnopqrstuvwxyz_ ", min_size=20, max_size=60))
def test_a_side_is_never_lost(text: str) -> None:
    words = [word for word in re.findall("[a-z]+", text) if word not in ("l", "r", "lt", "rt", "left", "right", "both")]
    if words:
        left, right = ("_".join([*words, side, "extra_long_ending_words"]) for side in ("left", "right"))
        assert shorten(left).endswith("_L")
        assert shorten(right).endswith("_R")


def test_names_that_meet_after_shortening_are_refused() -> None:
    long = "a structure with a name that is far too long "
    with pytest.raises(InputRefused, match="NAMES_COLLIDE"):
        entries_for([long + "one", long + "ons"])


def test_names_that_differ_only_in_case_are_refused() -> None:
    with pytest.raises(InputRefused, match="NAMES_COLLIDE"):
        entries_for(["Wombat", "wombat"])


def test_a_label_without_any_letter_or_digit_is_refused() -> None:
    with pytest.raises(InputRefused, match="NAME_EMPTY"):
        entry_for("  __ ")
