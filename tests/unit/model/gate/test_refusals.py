"""The receiver's check: it accepts what we made, and refuses every change to it, without a secret."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.dicom.encoding import PREAMBLE, explicit_element
from model.errors import InputRefused, PrivacyRefused
from model.gate import canonical
from model.gate.manifest import MANIFEST_NAME, Manifest
from model.gate.profile import Option, method_codes, profile_of
from model.gate.verify import VerifiedSeries, verify
from plugin.privacy.clean import CleanSeries
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules
from tests.builders.marked import WORD, ct, encoded, mr
from tests.builders.untouched import cleaned, lay

CLEAN = cleaned([encoded(ct(index)) for index in range(3)])
FILE = CLEAN.files[0].data
CHARACTERISTICS = PrivacyRules(options=frozenset({Option.PATIENT_CHARACTERISTICS}))


def findings_of(files: dict[str, bytes], manifest: Manifest | None = None) -> dict[str, int]:
    """The findings of a check that has to refuse."""
    with pytest.raises(PrivacyRefused) as refused:
        verify(files, manifest)
    return refused.value.findings


def values_of(data: bytes) -> tuple[dict[int, tuple[str, bytes]], bytes]:
    """A clean file taken apart: values by tag, and pixels."""
    parsed = canonical.parse(data)
    return dict(parsed.values), bytes(parsed.pixels)


def changed(tag: int, vr: str, value: bytes | None) -> bytes:
    """A clean file with one attribute added, changed or (None) taken away, canonically encoded."""
    values, pixels = values_of(FILE)
    if value is None:
        del values[tag]
    else:
        values[tag] = (vr, value)
    return canonical.encode(values, pixels)


def test_every_file_that_we_made_is_accepted() -> None:
    for kind in (ct, mr):
        for rules in (PrivacyRules(), CHARACTERISTICS):
            clean = cleaned([encoded(kind(index)) for index in range(4)], rules)
            verified = verify({file.name: file.data for file in clean}, clean.manifest)
            assert [file.sha256 for file in verified] == [file.sha256 for file in clean]
            assert verified.list_digest == clean.list_digest
            assert verified.pseudonym == clean.pseudonym
            assert verified.options == rules.options


def test_what_was_checked_is_what_is_read() -> None:
    verified = verify({file.name: file.data for file in CLEAN})
    for index, file in enumerate(verified):
        source = ct(index)
        assert (file.pixels == source.pixel_array).all()
        assert file.header.position == tuple(value.original_string for value in source.ImagePositionPatient)
        assert file.texts["RescaleSlope"] == "1"
        assert file.dataset().PatientID == verified.pseudonym


def test_no_single_flipped_byte_of_the_header_is_accepted() -> None:
    start = len(FILE) - 32 * 32 * 2
    accepted = []
    for at in range(start):
        data = bytearray(FILE)
        data[at] ^= 0x15
        try:
            verify({"0001.dcm": bytes(data)}, None)
        except PrivacyRefused:
            continue
        accepted.append(canonical.parse(bytes(data)).values)
    # What is left are values that stay within their predicates: another digit of a position is another position.
    original = canonical.parse(FILE).values
    for values in accepted:
        differing = [tag for tag in original if values.get(tag) != original[tag]]
        assert all(profile_of(original[0x00080016][1].decode()).attributes[tag].predicate.accepts(values[tag][1])
                   for tag in differing)  # fmt: skip
        assert len(differing) == 1
        assert differing[0] not in (0x00100010, 0x00100020, 0x00120062, 0x00120063, 0x00120064, 0x00280303)


@pytest.mark.parametrize(
    ("tag", "vr", "value", "rule"),
    [
        (0x00100030, "DA", b"19470811", "VALUE_NOT_ALLOWED:PatientBirthDate"),
        (0x00100010, "PN", b"Somebody^Else", "VALUE_NOT_ALLOWED:PatientName"),
        (0x00100010, "PN", b"PSN-AAAAAAAAAAAAAAAA", "VALUE_NOT_ALLOWED:PatientName"),
        (0x00080050, "SH", b"A1", "VALUE_NOT_ALLOWED:AccessionNumber"),
        (0x0020000D, "UI", b"1.2.3.4", "VALUE_NOT_ALLOWED:StudyInstanceUID"),
        (0x0020000D, "UI", b"2.25.999999999999999999999999999999999999999", "VALUE_NOT_ALLOWED:StudyInstanceUID"),
        (0x00101010, "AS", b"044Y", "OPTION_NOT_DECLARED:PatientAge"),
        (0x00100040, "CS", b"F", "OPTION_NOT_DECLARED:PatientSex"),
        (0x0008103E, "LO", b"Thorax", "ATTRIBUTE_NOT_ALLOWED:SeriesDescription"),
        (0x00090010, "LO", b"VENDOR", "ATTRIBUTE_NOT_ALLOWED"),
        (0x60003000, "OW", b"ab", "ATTRIBUTE_NOT_ALLOWED:OverlayData"),
        (0x00120062, "CS", b"NO", "VALUE_NOT_ALLOWED:PatientIdentityRemoved"),
        (0x00120063, "LO", b"orthanc-autocontour 1.2.3\\profile basic-1 0000000000000000",
         "PROFILE:DeidentificationMethod"),
        (0x00120064, "SQ", b"", "VALUE_NOT_ALLOWED:DeidentificationMethodCodeSequence"),
        (0x00120062, "CS", None, "ATTRIBUTE_MISSING:PatientIdentityRemoved"),
        (0x00280303, "CS", None, "ATTRIBUTE_MISSING:LongitudinalTemporalInformationModified"),
        (0x00180060, "DS", b"86753091", "VALUE_NOT_ALLOWED:KVP"),
        (0x00180060, "DS", b"0120", "VALUE_NOT_ALLOWED:KVP"),
        (0x00180060, "DS", b"nan", "VALUE_NOT_ALLOWED:KVP"),
        (0x00180015, "CS", WORD.upper().encode(), "VALUE_NOT_ALLOWED:BodyPartExamined"),
        (0x00180015, "CS", b"CHEST\\CHEST", "VALUE_NOT_ALLOWED:BodyPartExamined"),
        (0x00200013, "IS", b"8675309", "VALUE_NOT_ALLOWED:InstanceNumber"),
        (0x00280101, "US", struct.pack("<H", 8), "PIXELS_LENGTH"),
        (0x00280010, "US", struct.pack("<H", 31), "PIXELS_LENGTH"),
        (0x00180060, "LO", b"120", "FILE_ENCODING:KVP"),
        (0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.7", "SOP_CLASS"),
    ],
)  # fmt: skip
def test_a_changed_attribute_is_named_by_its_rule(tag: int, vr: str, value: bytes | None, rule: str) -> None:
    assert rule in findings_of({"0001.dcm": changed(tag, vr, value)})


def test_a_tail_a_gap_and_another_padding_are_found() -> None:
    assert findings_of({"0001.dcm": FILE + b"\0\0"}) == {"FILE_ENCODING:PixelData": 1}
    assert findings_of({"0001.dcm": FILE + WORD.encode()})
    assert findings_of({"0001.dcm": FILE[:-2]})
    assert findings_of({"0001.dcm": b"x" * 128 + FILE[128:]}) == {"FILE_PREAMBLE": 1}
    assert findings_of({"0001.dcm": b""}) == {"FILE_SIZE": 1}


def test_blanks_inside_the_padding_are_found() -> None:
    tight = explicit_element(0x00180060, "DS", b"120")
    loose = tight[:6] + struct.pack("<H", 6) + b"120   "
    assert findings_of({"0001.dcm": FILE.replace(tight, loose)})


def test_other_file_meta_information_is_found() -> None:
    foreign = FILE.replace(b"AUTOCONTOUR_1", b"AUTOCONTOUR_2")
    assert findings_of({"0001.dcm": foreign}) == {"FILE_META": 1, "FILE_ENCODING": 1}


def test_bits_above_high_bit_are_found() -> None:
    values, pixels = values_of(FILE)
    dirty = bytearray(pixels)
    dirty[1] |= 0x40
    assert findings_of({"0001.dcm": canonical.encode(values, bytes(dirty))}) == {"PIXELS_UNUSED_BITS": 1}


def test_an_option_counts_only_when_its_code_is_there() -> None:
    values, pixels = values_of(FILE)
    values[0x00101010] = ("AS", b"044Y")
    assert "OPTION_NOT_DECLARED:PatientAge" in findings_of({"0001.dcm": canonical.encode(values, pixels)})
    values[0x00120064] = ("SQ", method_codes(CHARACTERISTICS.options))
    assert verify({"0001.dcm": canonical.encode(values, pixels)}).options == CHARACTERISTICS.options


def test_an_age_of_ninety_years_does_not_pass_even_with_the_option() -> None:
    values, pixels = values_of(FILE)
    values[0x00101010], values[0x00120064] = ("AS", b"090Y"), ("SQ", method_codes(CHARACTERISTICS.options))
    assert "VALUE_NOT_ALLOWED:PatientAge" in findings_of({"0001.dcm": canonical.encode(values, pixels)})


def test_files_of_two_transfers_are_no_series() -> None:
    other = cleaned([encoded(ct(index)) for index in range(3)], key=TransferKey.new("other"))
    found = findings_of({"0001.dcm": FILE, "0002.dcm": other.files[1].data})
    assert {"SERIES_MIXED:PatientID", "SERIES_MIXED:StudyInstanceUID", "SERIES_MIXED:SeriesInstanceUID"} <= found.keys()


def test_one_instance_twice_and_an_empty_series_are_refused() -> None:
    assert findings_of({"0001.dcm": FILE, "0002.dcm": FILE}) == {"INSTANCE_TWICE": 1}
    assert findings_of({}) == {"SERIES_EMPTY": 1}


def test_a_manifest_finds_missing_added_and_exchanged_files() -> None:
    files = {file.name: file.data for file in CLEAN}
    assert findings_of({"0001.dcm": files["0001.dcm"]}, CLEAN.manifest) == {"MANIFEST": 2}
    swapped = {**files, "0001.dcm": files["0002.dcm"], "0002.dcm": files["0001.dcm"]}
    assert findings_of(swapped, CLEAN.manifest) == {"MANIFEST": 2}
    short = CLEAN.manifest.model_copy(update={"files": CLEAN.manifest.files[:2]})
    assert findings_of(files, short) == {"MANIFEST": 1}
    foreign = CLEAN.manifest.model_copy(update={"profile_digest": "0" * 64})
    assert findings_of(files, foreign) == {"PROFILE": 1}


def test_a_manifest_that_is_none_is_refused_without_quoting_it() -> None:
    with pytest.raises(PrivacyRefused) as refused:
        Manifest.from_json(f'{{"{WORD}": 1}}'.encode())
    assert WORD not in str(refused.value)
    assert Manifest.from_json(CLEAN.manifest.to_json()) == CLEAN.manifest


def test_a_directory_is_checked_with_its_manifest(tmp_path: Path) -> None:
    lay(CLEAN, tmp_path / "spool")
    assert len(verify(tmp_path / "spool")) == 3
    (tmp_path / "spool" / "0002.dcm").unlink()
    with pytest.raises(PrivacyRefused):
        verify(tmp_path / "spool")


def test_the_spool_is_private_and_its_names_say_nothing(tmp_path: Path) -> None:
    spool = cleaned([encoded(ct(index)) for index in range(3)], place=tmp_path / "spool").files[0].path.parent
    assert spool.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in spool.iterdir()} == {0o600}
    assert sorted(path.name for path in spool.iterdir()) == ["0001.dcm", "0002.dcm", "0003.dcm", MANIFEST_NAME]


def test_names_that_could_identify_links_and_folders_are_refused(tmp_path: Path) -> None:
    spool = lay(CLEAN, tmp_path / "spool")
    (spool / "0001.dcm").rename(spool / f"{WORD}.dcm")
    (spool / "inner").mkdir()
    (spool / "0009.dcm").symlink_to(spool / "0002.dcm")
    (spool / MANIFEST_NAME).unlink()
    with pytest.raises(PrivacyRefused) as refused:
        verify(spool)
    assert refused.value.findings == {"FILE_NAME": 3}
    assert WORD not in str(refused.value)


def test_a_directory_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputRefused):
        verify(tmp_path / "nowhere")


def test_only_the_checks_make_the_types_that_are_handed_on() -> None:
    verified = verify({file.name: file.data for file in CLEAN})
    with pytest.raises(TypeError):
        VerifiedSeries(verified.files, verified.pseudonym, verified.options, 0, object())
    with pytest.raises(TypeError):
        CleanSeries("t", "p", CLEAN.files, CLEAN.manifest, {}, "", 0, False, None, object())
    every: tuple[Any, ...] = (verified, CLEAN)
    for sealed in every:
        with pytest.raises((TypeError, ValueError)):
            dataclasses.replace(sealed, pseudonym="PSN-AAAAAAAAAAAAAAAA")
        with pytest.raises(TypeError):
            pickle.dumps(sealed)
        with pytest.raises(TypeError):
            copy.copy(sealed)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_refused_and_never_break_the_check(data: bytes) -> None:
    assert findings_of({"0001.dcm": data})
    assert findings_of({"0001.dcm": PREAMBLE + data})


@settings(max_examples=200, deadline=None)
@given(st.integers(132, len(FILE) - 2049), st.binary(min_size=1, max_size=12))
def test_bytes_put_into_a_clean_header_are_refused(at: int, data: bytes) -> None:
    assert findings_of({"0001.dcm": FILE[:at] + data + FILE[at:]})
