"""Frames of enhanced CT and MR leave as classic slices, with the pixels and values that classic ones would have."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
)

from model.errors import PrivacyRefused
from model.series.frame_reference import image_reference
from plugin.privacy.clean import CleanSeries
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules
from tests.builders.enhanced_pixels import BASIC, EXTENDED, NONE, Encapsulation
from tests.builders.enhanced_series import GE, MAKERS, PHILIPS, Maker, enhanced, frames_of, legacy_converted
from tests.builders.phantom import Phantom, file_of, files_of, phantom_series
from tests.builders.untouched import Untouched, cleaned

SMALL = Phantom(slices=6, size=32)
_COMPARED = """
    SOPClassUID Modality PatientPosition InstanceNumber SliceThickness ImagePositionPatient ImageOrientationPatient
    PixelSpacing Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation RescaleIntercept RescaleSlope
    RescaleType KVP EchoTime PhotometricInterpretation
"""
COMPARED = _COMPARED.split()
WAYS = [(BASIC, 1), (BASIC, 3), (EXTENDED, 1), (NONE, 1)]


def classic(modality: str = "CT") -> list[Dataset]:
    """Slices that differ in pixels and in rescale."""
    made = phantom_series(SMALL, KVP="120") if modality == "CT" else phantom_series(SMALL)
    for number, one in enumerate(made):
        noise = np.random.default_rng(number).integers(0, 40, one.pixel_array.shape, dtype=np.int16)
        one.PixelData = (one.pixel_array + noise.astype(one.pixel_array.dtype)).tobytes()
        one.RescaleIntercept = str(-1024 + number)
        if modality == "MR":
            one.Modality, one.SOPClassUID, one.file_meta.MediaStorageSOPClassUID = "MR", MRImageStorage, MRImageStorage
            one.ImageType, one.RescaleType = ["ORIGINAL", "PRIMARY", "M"], "US"
            one.ScanningSequence, one.SequenceVariant, one.EchoTime = "SE", "NONE", "4.6"
    return made


def slices_in(clean: CleanSeries) -> dict[tuple[float, ...], Dataset]:
    read = [pydicom.dcmread(io.BytesIO(file.data)) for file in clean]
    return {tuple(float(value) for value in one.ImagePositionPatient): one for one in read}


def assert_same(found: Mapping[tuple[float, ...], Dataset], expected: Mapping[tuple[float, ...], Dataset]) -> None:
    assert found.keys() == expected.keys()
    for place, one in found.items():
        assert np.array_equal(one.pixel_array, expected[place].pixel_array)
        for keyword in COMPARED:
            assert one.get(keyword) == expected[place].get(keyword), keyword


def findings(objects: Sequence[Dataset], rules: PrivacyRules | None = None) -> set[str]:
    with pytest.raises(PrivacyRefused) as refused:
        cleaned(files_of(list(objects)), rules)
    return {finding.partition(":")[0] for finding in refused.value.findings}


@pytest.mark.parametrize("modality", ["CT", "MR"])
@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_frames_leave_as_the_slices_that_they_were(maker: Maker, modality: str) -> None:
    slices = classic(modality)
    echo = {"echo_ms": 4.6} if modality == "MR" else {}
    clean = cleaned(files_of(enhanced(frames_of(slices, **echo), maker, shuffle=3)))
    found = slices_in(clean)
    assert_same(found, slices_in(cleaned(files_of(slices))))
    kinds = {one.SOPClassUID for one in found.values()}
    assert kinds == {CTImageStorage if modality == "CT" else MRImageStorage}
    if modality == "MR":
        said = {(one.ScanningSequence, one.SequenceVariant) for one in found.values()}
        assert said == {("GR", "SP")}, "as EchoPulseSequence and Spoiling of the frames say"
    assert not any("NumberOfFrames" in one or "PerFrameFunctionalGroupsSequence" in one for one in found.values())


def test_legacy_converted_frames_leave_as_the_slices_that_they_were() -> None:
    pytest.importorskip("highdicom.legacy", reason="the extra seg is not installed")
    slices = classic()
    found = slices_in(cleaned([file_of(legacy_converted(slices))]))
    expected = slices_in(cleaned(files_of(slices)))
    for one in (*found.values(), *expected.values()):
        del one.InstanceNumber  # its frames count in another direction
    assert_same(found, expected)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize(("offsets", "fragments"), WAYS)
def test_encapsulated_frames_are_cut_out(syntax: str, offsets: str, fragments: int) -> None:
    slices = classic()
    how = Encapsulation(offsets, fragments)
    made = enhanced(slices, GE, shuffle=1, syntax=syntax, encapsulation=how)
    assert_same(slices_in(cleaned(files_of(made))), slices_in(cleaned(files_of(slices))))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_native_frames_of_other_syntaxes_are_cut_out(syntax: str) -> None:
    slices = classic()
    made = enhanced(slices, GE, shuffle=1, syntax=syntax)
    assert_same(slices_in(cleaned(files_of(made))), slices_in(cleaned(files_of(slices))))


def test_parts_of_a_concatenation_and_classic_slices_leave_side_by_side() -> None:
    slices = classic()
    series = slices[0].SeriesInstanceUID
    made = [*enhanced(slices[:4], GE, parts=2, series=series), *slices[4:]]
    assert_same(slices_in(cleaned(files_of(made))), slices_in(cleaned(files_of(slices))))


def test_only_the_wanted_frames_leave_each_under_a_uid_of_its_own(tmp_path: Path) -> None:
    (one,) = enhanced(classic(), PHILIPS)
    key = TransferKey.new("test")
    native = Untouched([file_of(one)])
    clean = pseudonymise(["0"], native, key, PrivacyRules(), tmp_path / "images", {"0": [2, 5]})
    assert len(native.requests) == 1
    expected = [key.uid(image_reference(one.SOPInstanceUID, number)) for number in (2, 5)]
    assert [file.sop_instance_uid for file in clean] == expected
    places = [one.PerFrameFunctionalGroupsSequence[index].PlanePositionSequence[0] for index in (1, 4)]
    assert list(slices_in(clean)) == [tuple(float(value) for value in place.ImagePositionPatient) for place in places]


def test_a_frame_that_is_not_there_is_refused(tmp_path: Path) -> None:
    native = Untouched(files_of(enhanced(classic(), PHILIPS)))
    wanted = {"0": [SMALL.slices + 1]}
    with pytest.raises(PrivacyRefused) as refused:
        pseudonymise(["0"], native, TransferKey.new("test"), PrivacyRules(), tmp_path / "images", wanted)
    assert set(refused.value.findings) == {"SOURCE_UNREADABLE"}


def test_text_burned_into_one_object_is_refused_whatever_its_frames_say() -> None:
    assert findings(enhanced(classic(), GE, BurnedInAnnotation="YES")) == {"SOURCE_BURNED_IN"}
    (one,) = enhanced(classic(), GE)
    said = Dataset()
    said.BurnedInAnnotation = "YES"
    one.PerFrameFunctionalGroupsSequence[3].UnassignedPerFrameConvertedAttributesSequence = [said]
    assert findings([one]) == {"SOURCE_BURNED_IN"}


def test_what_converted_attributes_say_does_not_change_whose_image_it_is() -> None:
    (one,) = enhanced(classic(), GE)
    for frame in one.PerFrameFunctionalGroupsSequence:
        said = Dataset()
        said.PatientID, said.PixelRepresentation, said.Rows = "OTHER", 1, 4
        frame.UnassignedPerFrameConvertedAttributesSequence = [said]
    assert len(cleaned([file_of(one)])) == SMALL.slices


def test_frames_that_are_not_described_one_by_one_are_refused() -> None:
    (one,) = enhanced(classic(), GE)
    one.NumberOfFrames = SMALL.slices - 1
    assert findings([one]) == {"SOURCE_FRAMES"}
    del one.PerFrameFunctionalGroupsSequence
    assert findings([one]) == {"SOURCE_FRAMES"}


def test_fewer_pixels_than_frames_are_refused() -> None:
    (one,) = enhanced(classic(), GE)
    one.PixelData = one.PixelData[: len(one.PixelData) // 2]
    assert findings([one]) == {"REBUILD_PIXELS"}


def test_a_colour_object_and_one_of_another_modality_are_refused() -> None:
    assert "SOURCE_COLOUR" in findings(enhanced(classic(), GE, SamplesPerPixel=3))
    assert findings(enhanced(classic(), GE, Modality="MR")) == {"SOURCE_MODALITY"}


class Moving(Untouched):
    """A native step that moves one frame."""

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        moved = pydicom.dcmread(io.BytesIO(super().anonymize_instance(instance_id, request)))
        moved.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0].ImagePositionPatient = ["0", "0", "0"]
        return file_of(moved)


def test_a_frame_that_the_native_step_changed_is_refused(tmp_path: Path) -> None:
    native = Moving(files_of(enhanced(classic(), GE)))
    wanted = {"0": range(1, SMALL.slices + 1)}
    with pytest.raises(PrivacyRefused) as refused:
        pseudonymise(["0"], native, TransferKey.new("test"), PrivacyRules(), tmp_path / "images", wanted)
    assert {finding.partition(":")[0] for finding in refused.value.findings} == {"NATIVE_CHANGED"}
    assert sum(refused.value.findings.values()) == 1


def test_fragments_of_frames_that_nothing_tells_apart_are_refused() -> None:
    # An RLE frame is one fragment (PS3.5 A.4.2), so that three of each, without an offset table, are not of its syntax.
    made = enhanced(classic(), GE, syntax=RLELossless, encapsulation=Encapsulation(NONE, fragments=3))
    with pytest.raises(PrivacyRefused) as refused:
        cleaned(files_of(made))
    assert {finding.partition(":")[0] for finding in refused.value.findings} == {"REBUILD_PIXELS"}
    assert "damaged, cut off, or not of its transfer syntax" in str(refused.value)


def test_twelve_bits_of_jpeg_are_decoded() -> None:
    found = get_testdata_file("JPGExtended.dcm", download=False)
    if found is None:
        pytest.skip("needs the package pydicom-data")
    picture = pydicom.dcmread(str(found))
    (one,) = phantom_series(Phantom(slices=1, size=8), KVP="120")
    for keyword in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        setattr(one, keyword, picture[keyword].value)
    one.PixelData, one["PixelData"].VR = picture.PixelData, "OB"
    one["PixelData"].is_undefined_length = True
    one.file_meta.TransferSyntaxUID = picture.file_meta.TransferSyntaxUID
    one.RescaleIntercept = "-1024"
    assert picture.BitsStored == 12
    (clean,) = slices_in(cleaned(files_of([one]))).values()
    assert np.array_equal(clean.pixel_array, picture.pixel_array)
