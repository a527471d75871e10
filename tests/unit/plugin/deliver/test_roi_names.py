"""Names that a destination takes: short, unique whatever their case, the side kept."""

from __future__ import annotations

import pytest

from plugin.deliver.roi_names import fitted, pattern_of, standard_name


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (["Heart", "Lung_L"], ["Heart", "Lung_L"]),
        (["Heart", "HEART", "heart"], ["Heart", "HEART_2", "heart_3"]),
        (["", ""], ["ROI", "ROI_2"]),
        (["Łuk", "Luk"], ["Luk_2", "Luk"]),
        (["Lung_L", "LUNG_L"], ["Lung_L", "LUNG_2_L"]),
        (["Fifteen_chars_L", "fifteen_chars_L"], ["Fifteen_chars_L", "fifteen_char_2_L"]),
    ],
)
def test_names_that_meet_get_numbers_and_those_that_fit_stay(names: list[str], given: list[str]) -> None:
    assert fitted(names, 16) == given


def test_a_number_is_never_one_that_another_has_already() -> None:
    names = fitted(["Heart_2", "Heart", "heart"], 16)
    assert names == ["Heart_2", "Heart", "heart_3"]


def test_hundred_names_of_one_beginning_all_fit_and_all_differ() -> None:
    names = fitted([f"A very long name of a structure that nobody shortens {'x' * n} left" for n in range(100)], 16)
    assert len({name.casefold() for name in names}) == 100
    assert all(len(name) <= 16 and name.endswith("_L") for name in names)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("Lung_?", "lung_l", True),
        ("Lung_?", "Lung_LL", False),
        ("*", "", True),
        ("PTV*", "PTV [1]", True),
        ("A[bc]", "Ab", False),
        ("A.c", "Abc", False),
        ("*a" * 31 + "*b", "a" * 64, False),
    ],
)
def test_patterns_have_two_signs_and_no_other(pattern: str, name: str, fits: bool) -> None:
    assert bool(pattern_of(pattern).fullmatch(name)) is fits


def test_the_tables_name_what_they_know_and_nothing_else() -> None:
    assert standard_name("kidney_left") == "Kidney_L"
    assert standard_name("Dose_Shaper") == "Dose_Shaper"
    assert standard_name("") == ""
