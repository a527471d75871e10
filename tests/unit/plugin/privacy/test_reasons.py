"""Every refusal says in words which attribute it is about, what was found, in how many slices, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from model.errors import PrivacyRefused
from model.gate.reasons import GATE_REASONS, Reason, named
from model.gate.rules import Findings, Rule
from plugin.privacy.reasons import REASONS, in_words
from tests.builders.marked import RECORD, WORD, ct, encoded
from tests.builders.untouched import cleaned

CHECKOUT = Path(__file__).resolve().parents[4]


def test_every_rule_of_the_sender_has_its_words_and_no_other() -> None:
    code = "".join(
        path.read_text() for room in ("privacy", "restore") for path in (CHECKOUT / "plugin" / room).glob("*.py")
        if path.name != "reasons.py"
    )  # fmt: skip
    used = set(re.findall(r'"((?:SOURCE|NATIVE|REBUILD|SELF_CHECK|RESTORE|PIXELS)_[A-Z_]+)"', code))
    assert used == set(REASONS)


def test_every_rule_of_the_receiver_has_its_words_and_no_other() -> None:
    assert set(GATE_REASONS) == set(Rule)


@pytest.mark.parametrize("reason", [*REASONS.values(), *GATE_REASONS.values()], ids=lambda one: one.means)
def test_each_attribute_that_words_name_is_in_the_dictionary(reason: Reason) -> None:
    keywords = re.findall(r"\[(\w+)\]", reason.means + reason.way_out)
    assert [keyword for keyword in keywords if tag_for_keyword(keyword) is None] == []
    assert reason.way_out


def test_findings_are_told_with_attribute_kind_slices_identifier_and_way_out() -> None:
    findings = Findings()
    for kind in ("empty", "empty", "absent"):
        findings.add("REBUILD_VALUE", 0x00281053, kind)
    findings.add("SOURCE_STUDIES")
    assert in_words(findings, 12) == (
        "RescaleSlope (0028,1053) is needed for contours, and is not there in a form that may leave "
        "(empty, absent, 3 of 12 slices) [REBUILD_VALUE:RescaleSlope]: sending it again as it is does not help; "
        "correct it where the images were made, or exclude such series by a rule; "
        "StudyInstanceUID (0020,000D) has more than one value in the series [SOURCE_STUDIES]: "
        "send each as a series of its own"
    )


def test_more_than_six_findings_are_counted() -> None:
    assert in_words(Findings(dict.fromkeys(REASONS, 1))).endswith(f"; and {len(REASONS) - 6} more")


def test_a_rule_that_only_a_newer_release_knows_is_told_by_its_name() -> None:
    assert in_words(Findings({"OF_TOMORROW:PatientName": 2})) == "OF_TOMORROW:PatientName (2)"


def test_an_attribute_that_is_not_known_is_not_named() -> None:
    assert named("[] is there") == "an attribute is there"


def _set(**values: object) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set(PatientID=""), "PatientID (0010,0020) has no value, so nobody can say whose images these are (empty, 2"),
        (lambda dataset: delattr(dataset, "PatientID"), "(absent, 2 of 2 slices)"),
        (_set(ConversionType="WSD"), "a value in ConversionType, 2 of 2 slices"),
        (_set(RescaleType=WORD), "RescaleType is a term that is not known, or may not leave by Remove, 2 of 2 slices"),
        (_set(Modality="OT"), "Modality (0008,0060) is not that of SOPClassUID (0008,0016) (another term, 2 of 2"),
        (_set(PhotometricInterpretation="RGB"), "PhotometricInterpretation is not MONOCHROME1 or MONOCHROME2, 2 of 2"),
        (_set(ImagePositionPatient=[RECORD, "0", "0"]), "ImagePositionPatient (0020,0032) is needed for contours"),
        (_set(ImagePositionPatient=[RECORD, "0", "0"]), "(not 3 numbers from "),
        (_set(ImagePositionPatient=["0", "0"]), "2 values in place of 3, 2 of 2 slices"),
        (_set(PixelSpacing=None), "PixelSpacing (0028,0030) is needed for contours"),
        (_set(ImageType=[WORD, "PRIMARY", "AXIAL"]), "a term that is not known, 2 of 2 slices"),
        (_set(HighBit=15), "HighBit, BitsStored and BitsAllocated do not fit each other, 2 of 2 slices"),
        (_set(Rows=33), "(cut off, 2 of 2 slices)"),
        (lambda dataset: delattr(dataset, "StudyInstanceUID"), "StudyInstanceUID is absent"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_attribute_and_the_kind_of_its_value(change: Callable[[Dataset], None], said: str) -> None:
    slices = [ct(0), ct(1)]
    for one in slices:
        change(one)
    with pytest.raises(PrivacyRefused) as refused:
        cleaned([encoded(one) for one in slices])
    assert said in refused.value.message
    assert WORD not in refused.value.message
    assert RECORD not in refused.value.message
