"""What a file could hold is told by its bytes: nothing that any reader finds in it is missed."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from model.dicom.tags import SOP_INSTANCE_UID
from plugin.privacy.denylist import deny_list
from plugin.privacy.possible import possible
from tests.builders.adversarial import cases
from tests.builders.marked import ct, encoded, mark_everything

SIZE = 32 * 32 * 2
LISTED = frozenset(deny_list())
BEHIND = {0xFFFAFFFA, 0xFFFCFFFC}


def tags_of(dataset: Dataset) -> Iterator[int]:
    """Every tag, nested ones too."""
    for element in dataset:
        yield int(element.tag)
        if element.VR == "SQ":
            for item in element.value:
                yield from tags_of(item)


def marked() -> Dataset:
    dataset = ct(0)
    mark_everything(dataset)
    for tag in BEHIND:
        dataset.pop(tag, None)
    return dataset


def as_syntax(syntax: UID) -> bytes:
    dataset, buffer = marked(), io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = syntax
    implicit = syntax == ImplicitVRLittleEndian
    dataset.save_as(buffer, implicit_vr=implicit, little_endian=syntax != ExplicitVRBigEndian, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_everything_that_is_there_could_be_there(syntax: UID) -> None:
    data = as_syntax(syntax)
    there = LISTED & set(tags_of(pydicom.dcmread(io.BytesIO(data))))
    found = possible(data, SIZE)
    assert found is not None
    assert len(there) > 200
    assert there <= found


def test_no_adversary_hides_an_element_from_it() -> None:
    told = 0
    for case in cases():
        for file in case.files:
            found = possible(file, SIZE)
            if found is None:
                continue
            told += 1
            assert LISTED & set(tags_of(pydicom.dcmread(io.BytesIO(file), force=True))) <= found, str(case)
    assert told > 100


def test_what_is_not_there_is_not_asked_for() -> None:
    dataset = ct(0)
    for tag in LISTED - {SOP_INSTANCE_UID}:
        dataset.pop(tag, None)
    found = possible(encoded(dataset), SIZE)
    assert found is not None
    assert found >= BEHIND | {SOP_INSTANCE_UID}
    assert len(found) < 20, "a few bytes look like tags"


def test_an_element_behind_one_of_odd_length_is_found() -> None:
    data = encoded(ct(0))
    at = data.index(b"\x08\x00\x50\x00SH")
    for gap in (b"", b"x", b"xy", b"xyz"):
        found = possible(data[:at] + gap + b"\x38\x00\x10\x00LO\x02\x0047" + data[at:], SIZE)
        assert found is not None
        assert 0x00380010 in found


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_where_tags_are_written_otherwise_all_could_be_there(syntax: UID) -> None:
    assert possible(as_syntax(syntax), SIZE) is None


def test_big_endian_with_pixels_that_look_little_endian_is_not_taken_for_it() -> None:
    data = as_syntax(ExplicitVRBigEndian)
    planted = data + b"\xe0\x7f\x10\x00OW\0\0" + SIZE.to_bytes(4, "little") + bytes(SIZE)
    assert possible(planted, SIZE) is None


def test_where_the_pixels_are_not_the_end_of_the_file_all_could_be_there() -> None:
    data = encoded(ct(0))
    behind = b"\xfa\xff\xfa\xffSQ\0\0\0\0\0\0"
    assert possible(data, SIZE) is not None
    for other, size in (
        (data + behind, SIZE),
        (data[:-2], SIZE),
        (data, SIZE + 2),
        (data, SIZE - 2),
        (data, 0),
        (data, -SIZE),
        (data, 2**40),
        (data, 10**5000),  # Rows of a broken header
        (b"", 4),
    ):
        assert possible(other, size) is None
    compressed = ct(0)
    compressed.compress(JPEG2000Lossless)
    assert possible(encoded(compressed), SIZE) is None
