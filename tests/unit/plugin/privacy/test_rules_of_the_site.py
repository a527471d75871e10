"""The section Privacy: it can tighten what leaves, and is refused with the reason where it would loosen it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from model.errors import PrivacyRefused
from model.gate.profile import Option
from model.gate.verify import verify
from plugin.privacy.native import request
from plugin.settings.privacy import PrivacyRules, PrivacySettings
from tests.builders.marked import ct, encoded
from tests.builders.untouched import cleaned


def rules(**section: Any) -> PrivacyRules:
    return PrivacySettings.model_validate(section).rules()


def texts(section: dict[str, Any], **header: object) -> dict[str, str]:
    """What leaves of a slice with these values, under these rules."""
    slices = [ct(index) for index in range(2)]
    for one in slices:
        for keyword, value in header.items():
            setattr(one, keyword, value)
    clean = cleaned([encoded(one) for one in slices], rules(**section))
    return verify({file.name: file.data for file in clean}).files[0].texts


def test_without_rules_nothing_of_the_patient_is_retained() -> None:
    assert rules() == PrivacyRules()
    left = texts({}, PatientAge="044Y", PatientWeight="70")
    assert left["PatientSex"] == ""
    assert "PatientAge" not in left
    assert "PatientWeight" not in left


def test_an_optional_attribute_can_be_removed_too() -> None:
    assert "KVP" in texts({})
    assert "KVP" not in texts({"Remove": ["KVP"]})


def test_patient_characteristics_are_retained_only_by_their_option_and_declared() -> None:
    left = texts({"Retain": ["PatientCharacteristics"]}, PatientAge="044Y", PatientWeight="70", PatientSize="1.8")
    assert (left["PatientSex"], left["PatientAge"], left["PatientWeight"]) == ("F", "044Y", "70")


def test_an_age_of_ninety_and_an_odd_sex_are_not_retained() -> None:
    left = texts({"Retain": ["PatientCharacteristics"]}, PatientAge="093Y", PatientSex="X")
    assert left["PatientSex"] == ""
    assert "PatientAge" not in left


def test_the_native_step_is_told_to_spare_what_is_retained() -> None:
    plain = request({"PatientID": "P"}, "2021b", frozenset())
    retaining = request({"PatientID": "P"}, "2021b", frozenset({Option.PATIENT_CHARACTERISTICS}))
    assert "0010-1010" in plain["Remove"]  # type: ignore[operator]
    assert "0010-1010" not in retaining["Remove"]  # type: ignore[operator]
    assert "0010-0020" not in plain["Remove"]  # type: ignore[operator]
    assert (plain["Keep"], plain["KeepPrivateTags"], plain["Force"]) == ([], False, True)


def test_a_site_can_insist_that_the_scanner_says_no_annotation_is_burned_in() -> None:
    strict = {"RequireBurnedInAnnotationNo": True}
    assert texts(strict, BurnedInAnnotation="NO")["BurnedInAnnotation"] == "NO"
    with pytest.raises(PrivacyRefused) as refused:
        texts(strict)
    assert refused.value.findings == {"SOURCE_BURNED_IN": 2}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"Keep": ["SeriesDescription"]}, "the allow-list of the profile does not hold it"),
        ({"Keep": ["DeviceSerialNumber"]}, "points to the scanner"),
        ({"Keep": ["PatientBirthDate"]}, "cannot be kept"),
        ({"KeepPrivateTags": True}, "private tags cannot be kept"),
        ({"Remove": ["ImagePositionPatient"]}, "needed by every cleaned slice"),
        ({"Remove": ["Nonsense"]}, "no attribute of the standard"),
        ({"Retain": ["Dates"]}, "is no option; allowed: PatientCharacteristics"),
        ({"TransferHours": 0}, "greater than or equal to 1"),
        ({"TransferHours": 1000}, "less than or equal to 168"),
        ({"VaultKeyFile": "vault.key"}, "should match pattern"),
        ({"Anything": 1}, "Extra inputs are not permitted"),
        ({"KeepPrivateTags": "no"}, "valid boolean"),
    ],
)
def test_a_rule_that_would_loosen_or_means_nothing_is_refused_with_the_reason(
    section: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        PrivacySettings.model_validate(section)
    assert words in str(refused.value)


def test_keeping_what_stays_anyway_is_no_loosening() -> None:
    assert rules(Keep=["KVP", "PixelSpacing"]) == PrivacyRules()
