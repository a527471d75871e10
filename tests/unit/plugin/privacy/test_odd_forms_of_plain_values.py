"""What scanners and archives write oddly and mean plainly leaves in the form of the allow-list; the rest is refused."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, JPEGLSLossless, MRImageStorage, RLELossless

from model.errors import PrivacyRefused
from model.gate.profile import profile_of
from model.gate.verify import verify
from plugin.privacy.fitting import MOST_KNOWN, Fittings, fitted
from plugin.privacy.reading import quiet_pydicom
from plugin.settings.privacy import PrivacyRules
from tests.builders.marked import ct, encoded, mr
from tests.builders.untouched import cleaned

ROWS = {row.keyword: row for kind in (MRImageStorage, CTImageStorage) for row in profile_of(kind).attributes.values()}

OPTIONAL = (
    *("SliceThickness", "KVP", "BodyPartExamined", "PatientPosition", "InstanceNumber", "ImageType", "RescaleType"),
    *("EchoTime", "RepetitionTime", "ScanningSequence"),
)


@pytest.mark.parametrize(
    ("keyword", "found", "value"),
    [
        ("KVP", b" 0120 ", b"120"),
        ("KVP", b"-007.5", b"-7.5"),
        ("KVP", b"0.5\0", b"0.5"),
        ("KVP", b"+120.0", b"120.0"),
        ("KVP", b"120.00000000000000000", b"120"),
        ("KVP", b"120,0", b"120,0"),
        ("ImagePositionPatient", b"01\\ 2 \\-003", b"1\\2\\-3"),
        ("ImagePositionPatient", b"1\\2\\3\\", b"1\\2\\3"),
        ("ImagePositionPatient", b"-123.45678901234567\\0\\0", b"-123.45678901235\\0\\0"),
        ("SliceThickness", b"1.2345678901234567e-05", b"1.2345678901e-05"),
        ("InstanceNumber", b"12.0", b"12"),
        ("InstanceNumber", b" +012", b"12"),
        ("InstanceNumber", b"12.5", b"12.5"),
        ("PatientAge", b"45y", b"045Y"),
        ("PatientAge", b"044Y", b"044Y"),
        ("Modality", b"ct", b"CT"),
        ("Modality", b"CT  ", b"CT"),
        ("PatientPosition", b"hfs", b"HFS"),
        ("RescaleType", b"hu", b"HU"),
        ("PhotometricInterpretation", b"Monochrome2", b"MONOCHROME2"),
        ("ImageType", b"original\\primary\\axial", b"ORIGINAL\\PRIMARY\\AXIAL"),
        ("ImageType", b"ORIGINAL\\PRIMARY\\AXIAL\\Lee^Ann", b"ORIGINAL\\PRIMARY\\AXIAL"),
        ("ImageType", b"ORIGINAL\\Lee^Ann\\AXIAL", b"ORIGINAL"),
        ("ImageType", b"ORIGINAL", b"ORIGINAL\\SECONDARY"),
        ("ImageType", b"", b"DERIVED\\SECONDARY"),
        ("ImageType", None, b"DERIVED\\SECONDARY"),
        ("Modality", None, None),
    ],
)  # fmt: skip
def test_a_value_is_brought_into_its_canonical_form(keyword: str, found: bytes | None, value: bytes | None) -> None:
    assert fitted(ROWS[keyword], found) == value


@given(st.floats(-10_000, 10_000), st.integers(17, 30))
def test_a_long_number_is_rounded_and_its_place_stays(number: float, digits: int) -> None:
    written = f"{number:.{digits}f}".encode()
    short = fitted(ROWS["ImagePositionPatient"], b"\\".join([written] * 3))
    assert short is not None
    parts = short.split(b"\\")
    assert {len(part) <= 16 for part in parts} == {True}
    assert np.allclose([float(part) for part in parts], number, rtol=0, atol=1e-9)


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    return [float(value) for value in dataset[keyword].value]


def long_numbers(dataset: Dataset) -> None:
    """As a writer that prints doubles in full."""
    x, y, z = (float(value) for value in dataset.ImagePositionPatient)
    dataset.ImagePositionPatient = [f"{x + 1 / 3:.17f}", f"{y + 1 / 7:.20f}", f"{z:+.17f}"]
    dataset.ImageOrientationPatient = ["0.99999999999999988898", "0", "-0.00000000000000000001", "0", "1.000000000000000000", "0"]  # fmt: skip  # noqa: E501
    dataset.PixelSpacing = ["0.976562500000000000000", " 0.976562500000000000000"]
    dataset.RescaleIntercept, dataset.RescaleSlope = "-1024.0000000000000000", "+1.0000000000000000000"


def small_letters(dataset: Dataset) -> None:
    dataset.Modality = dataset.Modality.lower() + " "
    dataset.ImageType = [value.lower() for value in dataset.ImageType]
    dataset.PatientPosition, dataset.PhotometricInterpretation = "hfs", "monochrome2"
    dataset.BurnedInAnnotation = "no"


def nothing_in_them(dataset: Dataset) -> None:
    for keyword in (*OPTIONAL, "NumberOfFrames", "BurnedInAnnotation", "PixelPaddingValue"):
        setattr(dataset, keyword, None)


def not_there(dataset: Dataset) -> None:
    for keyword in OPTIONAL:
        if keyword in dataset:
            delattr(dataset, keyword)


def one_frame(dataset: Dataset) -> None:
    dataset.NumberOfFrames = "1 "
    dataset.add_new("InstanceNumber", "IS", f"{int(dataset.InstanceNumber)}.0")


@pytest.mark.parametrize("change", [long_numbers, small_letters, nothing_in_them, not_there, one_frame])
@pytest.mark.parametrize("kind", [ct, mr])
def test_a_series_of_odd_form_leaves_and_lies_where_it_lay(
    kind: Callable[[int], Dataset], change: Callable[[Dataset], None]
) -> None:
    quiet_pydicom()
    sources = [kind(index) for index in range(3)]
    for source in sources:
        change(source)
        if "RescaleSlope" in source and kind is mr:
            del source.RescaleSlope, source.RescaleIntercept
    clean = cleaned([encoded(source) for source in sources], PrivacyRules())
    assert len(verify({file.name: file.data for file in clean.files})) == 3
    for source, file in zip(sources, clean.files, strict=True):
        made = pydicom.dcmread(io.BytesIO(file.data))
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
            assert np.allclose(numbers(made, keyword), numbers(source, keyword), rtol=0, atol=1e-9)
        assert made.Modality == ("CT" if kind is ct else "MR")
        assert made.PixelData == source.PixelData


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope"])
def test_a_comma_in_a_number_is_refused_by_the_name_of_its_attribute(keyword: str) -> None:
    quiet_pydicom()
    source = ct(0)
    values = source[keyword].value
    several = [str(value) for value in values] if source[keyword].VM > 1 else [str(values)]
    element = source.data_element(keyword)
    assert element is not None
    source[keyword] = pydicom.DataElement(element.tag, "LO", [f"{several[0]},5", *several[1:]])
    source[keyword].VR = "DS"
    with pytest.raises(PrivacyRefused) as refused:
        cleaned([encoded(source)])
    assert refused.value.findings == {f"REBUILD_VALUE:{keyword}": 1}


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_pixels_are_decoded_whatever_the_letters_of_their_interpretation(syntax: str) -> None:
    source = ct(0)
    pixels = source.PixelData
    source.compress(syntax, generate_instance_uid=False)
    source.PhotometricInterpretation = "monochrome2 "
    (file,) = cleaned([encoded(source)]).files
    assert pydicom.dcmread(io.BytesIO(file.data)).PixelData == pixels


def test_values_that_slices_share_are_brought_into_form_once_and_alike() -> None:
    fittings = Fittings()
    seen = 0
    for sop_class in (CTImageStorage, MRImageStorage):
        for row in profile_of(sop_class).attributes.values():
            for found in (None, b"", b" 1.0 ", b"+007", b"axial", b"ORIGINAL\\PRIMARY\\?", b"\1\0", b"1,5"):
                value = fitted(row, found)
                expected = value, value is not None and row.predicate.accepts(value)
                assert fittings.of(sop_class, row, found) == expected
                assert fittings.of(sop_class, row, found) == expected
                seen += 1
    assert seen > 500


def test_values_that_differ_from_slice_to_slice_do_not_pile_up() -> None:
    fittings, row = Fittings(), ROWS["InstanceNumber"]
    for number in range(3 * MOST_KNOWN):
        assert fittings.of(CTImageStorage, row, str(number).encode()) == (str(number).encode(), True)
    assert len(fittings) <= MOST_KNOWN
