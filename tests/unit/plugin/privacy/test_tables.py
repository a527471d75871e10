"""The tables come from their packages and are frozen here: an update of a package is a decision, not an accident."""

from __future__ import annotations

import pytest
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from model.gate.allowlist import ADDED, CT_IMAGE, MR_IMAGE, NARROWED, SOP_CLASSES, allow_list_digest, staying
from model.gate.attribute import declares_no_face
from model.gate.profile import Action, Option, method_codes, options_of, product_version, profile_digest, profile_of
from plugin.privacy.denylist import deny_list, deny_list_digest


def test_the_allow_list_of_the_package_is_the_one_that_was_read() -> None:
    assert allow_list_digest() == "7c8d3bbc00a01ec24864994ea78282871f8d9c9a898b669314ce6ceb0a4545ba"


def test_the_deny_list_of_the_package_is_the_one_that_was_read() -> None:
    assert deny_list_digest() == "1e75dfaf4c5f475e77c7a3f4148e906d18d7df586045f20208bf8a968e5efc1d"
    assert len(deny_list()) > 650


def test_the_profile_is_the_one_that_was_documented() -> None:
    # A changed digest means that older receivers refuse: count the profile's name up with it.
    assert profile_digest() == "c238a0d86bdde198a54735a04d29625096edc19c554f9e0f74a07fe9d4a2e3e8"


@pytest.mark.parametrize("sop_class", SOP_CLASSES)
def test_every_attribute_that_the_package_lets_stay_is_kept_by_predicate_or_left_out_with_a_reason(
    sop_class: str,
) -> None:
    ours = {row.keyword for row in profile_of(sop_class).attributes.values()}
    allowed = {keyword_for_tag(tag) for tag in staying(sop_class)}
    assert allowed - ours - NARROWED.keys() == set()
    assert ours - allowed <= ADDED.keys()
    assert ours & NARROWED.keys() == set()
    assert all(len(reason) > 10 for reason in (*NARROWED.values(), *ADDED.values()))


def test_no_line_of_our_own_is_there_for_nothing() -> None:
    allowed = {keyword_for_tag(tag) for sop_class in SOP_CLASSES for tag in staying(sop_class)}
    assert NARROWED.keys() <= allowed
    used = {
        row.keyword
        for sop_class in SOP_CLASSES
        for row in profile_of(sop_class).attributes.values()
        if row.tag not in staying(sop_class)
    }
    assert ADDED.keys() == used


def test_nothing_of_the_deny_list_keeps_its_value_without_an_option() -> None:
    denied = set(deny_list())
    for sop_class in SOP_CLASSES:
        for row in profile_of(sop_class).attributes.values():
            if row.tag in denied:
                assert row.action is not Action.KEPT
                assert row.action in (Action.REPLACED, Action.EMPTIED) or row.option is not None


@pytest.mark.parametrize("sop_class", SOP_CLASSES)
def test_no_free_text_date_or_sequence_of_the_source_can_stay(sop_class: str) -> None:
    kept = [row for row in profile_of(sop_class).attributes.values() if row.action is Action.KEPT]
    for row in kept:
        assert not {"SH", "ST", "LT", "UT", "UC", "PN", "DA", "TM", "DT", "SQ", "UN", "OB", "UR", "AE"} & set(row.vrs)
        for text in (b"ZQXWSON", b"19470811", b"86753091", b"A", b"1\\2\\3\\4", b"\xc3\xbc", b" ", b"CHEST "):
            if row.vrs[0] not in ("US", "OW"):
                assert not row.predicate.accepts(text), row.keyword


def test_the_geometry_the_pixels_and_the_scale_are_needed() -> None:
    def needed(sop_class: str) -> set[str]:
        return {row.keyword for row in profile_of(sop_class).needed}

    geometry = {"ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns", "PixelData"}
    assert geometry | {"RescaleSlope", "RescaleIntercept"} <= needed(CT_IMAGE)
    assert geometry <= needed(MR_IMAGE)


def test_the_method_codes_tell_their_options_and_claim_nothing_else() -> None:
    for options in (frozenset[Option](), frozenset({Option.PATIENT_CHARACTERISTICS})):
        assert options_of(method_codes(options)) == options
        assert b"113100" in method_codes(options)
        assert (b"113108" in method_codes(options)) == bool(options)
        assert b"113101" not in method_codes(options)
        assert b"113102" not in method_codes(options)
        without = method_codes(options, face=True)
        assert options_of(without) == options
        assert b"113102" in without
        assert (declares_no_face(method_codes(options)), declares_no_face(without)) == (False, True)


def test_the_product_version_is_three_numbers() -> None:
    assert [part.isdigit() for part in product_version().split(".")] == [True, True, True]


def test_overlays_and_curves_are_named_group_by_group() -> None:
    denied = set(deny_list())
    assert {0x60003000, 0x601E3000, 0x60004000, 0x50003000, 0x501E3000} <= denied
    assert tag_for_keyword("PatientName") in denied
