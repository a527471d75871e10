"""Our tags and UIDs are those of the standard, and our elements are those that pydicom writes."""

from __future__ import annotations

import uuid

import pytest
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.tag import Tag

from model.dicom import tags
from model.dicom.encoding import LONG_VRS, SHORT_VRS, explicit_element, implicit_element
from model.dicom.uids import is_uuid_uid, uuid_uid

TAGS = {name: value for name, value in vars(tags).items() if name.isupper()}


@pytest.mark.parametrize("name", TAGS)
def test_a_tag_is_named_by_its_keyword(name: str) -> None:
    assert keyword_for_tag(Tag(TAGS[name])).upper() == name.replace("_", "")


def test_every_vr_of_the_standard_has_one_length() -> None:
    assert not LONG_VRS & SHORT_VRS
    assert len(LONG_VRS | SHORT_VRS) == 34
    assert {"OB", "SQ", "UT"} <= LONG_VRS
    assert {"DS", "UI", "US"} <= SHORT_VRS


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("PatientID", "LO", "odd"),
        ("PatientID", "LO", "even"),
        ("SOPInstanceUID", "UI", "2.25.123"),
        ("InstanceCreatorUID", "UI", "2.25.1234"),
        ("TextValue", "UT", "text"),
    ],
)
def test_elements_are_encoded_as_pydicom_does(keyword: str, vr: str, value: str) -> None:
    dataset = Dataset()
    setattr(dataset, keyword, value)
    tag = int(dataset[keyword].tag)
    padding = b"\0" if vr == "UI" else b" "
    assert explicit_element(tag, vr, value.encode()) == written(dataset, implicit=False)
    assert implicit_element(tag, value.encode(), padding) == written(dataset, implicit=True)


def test_a_uid_of_ours_is_128_bits() -> None:
    assert is_uuid_uid(uuid_uid(uuid.uuid4().int))
    assert is_uuid_uid(uuid_uid((1 << 128) - 1))
    assert not is_uuid_uid(uuid_uid(1 << 128))
    assert not is_uuid_uid("2.25.01")
    assert not is_uuid_uid("1.2.840.10008.1.2")


def written(dataset: Dataset, *, implicit: bool) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, True
    write_dataset(buffer, dataset)
    return buffer.getvalue()
