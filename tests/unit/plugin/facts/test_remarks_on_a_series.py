"""What is left out of a series, or differs in it, is said in sentences that hold no value of it."""

from __future__ import annotations

import pytest

from model.dicom.encoding import implicit_header
from model.dicom.tags import STRUCTURE_SET_DESCRIPTION
from plugin.facts.completeness import Completeness, CompletenessState
from plugin.facts.orthanc_item import OrthancItem
from plugin.facts.remarks import LeftOut, counted, left_out_sentence, remarks_of
from plugin.restore.description import LONGEST, describe
from plugin.restore.rewrite import Pieces

WHOLE = Completeness(CompletenessState.WHOLE, "WHOLE", "The series is whole.", 2)
NAME, BIRTH, SEX, DATE = "0010,0010", "0010,0030", "0010,0040", "0008,0020"


def slices(tag: str, *values: str) -> list[OrthancItem]:
    return [OrthancItem({tag: {"Type": "String", "Value": value}}) for value in values]


@pytest.mark.parametrize(
    ("tag", "values", "keyword"),
    [
        (NAME, ("Meier^Anna", "Mayer^Anna"), "PatientName"),
        (NAME, ("Meier^Anna", ""), "PatientName"),
        (BIRTH, ("19500102", "19500201"), "PatientBirthDate"),
        (SEX, ("F", "M"), "PatientSex"),
        (DATE, ("20260101", "20260102"), "StudyDate"),
    ],
)
def test_slices_of_two_people_or_studies_are_said_without_a_value(
    tag: str, values: tuple[str, ...], keyword: str
) -> None:
    (said,) = remarks_of(slices(tag, *values), WHOLE, ())
    assert keyword in said
    assert not any(value in said for value in values if value)


@pytest.mark.parametrize(
    ("tag", "values"),
    [(NAME, ("MEIER^ANNA", "Meier^Anna^^")), (NAME, ("Meier^Anna ", "Meier^Anna")), (SEX, ("F", "F ")), (NAME, ("",))],
)
def test_the_same_person_written_otherwise_is_no_news(tag: str, values: tuple[str, ...]) -> None:
    assert remarks_of(slices(tag, *values), WHOLE, ()) == ()


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    left_out = [LeftOut("a", "localizer", "localizer"), LeftOut("b", "plane", "of another plane")]
    left_out.append(LeftOut("c", "localizer", "localizer"))
    assert counted(left_out) == {"localizer": 2, "plane": 1}
    assert left_out_sentence(left_out) == "3 slice(s) of the series are left out: 2 localizer, 1 of another plane."
    assert left_out_sentence([]) is None


def described(remarks: list[str], before: bytes | None = None) -> bytes:
    elements = {}
    if before is not None:
        elements[STRUCTURE_SET_DESCRIPTION] = Pieces(
            [implicit_header(STRUCTURE_SET_DESCRIPTION, len(before)) + before], 8 + len(before)
        )
    describe(elements, remarks)
    whole = b"".join(elements[STRUCTURE_SET_DESCRIPTION].parts) if elements else b""
    if whole:
        assert whole[:8] == implicit_header(STRUCTURE_SET_DESCRIPTION, len(whole) - 8)
        assert len(whole) % 2 == 0
        assert elements[STRUCTURE_SET_DESCRIPTION].length == len(whole)
    return whole[8:]


def test_a_description_says_the_remarks_before_what_it_said() -> None:
    assert described(["One.", "Two."], b"Sides verified") == b"One. Two. Sides verified"
    assert described(["Odd"]) == b"Odd "
    assert described([]) == b""


def test_a_description_that_is_too_long_shows_that_it_was_cut() -> None:
    text = described(["x" * 5000])
    assert len(text) == LONGEST
    assert text.endswith(b" ...")
