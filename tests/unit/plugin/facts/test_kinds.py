"""What is no slice is told by its SOP class, then by its header, before anybody asks for its geometry."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.uid import (
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    EnhancedMRColorImageStorage,
    EnhancedPETImageStorage,
    EnhancedUSVolumeStorage,
    EnhancedXAImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    MRSpectroscopyStorage,
    PositronEmissionTomographyImageStorage,
    RawDataStorage,
    SecondaryCaptureImageStorage,
    TwelveLeadECGWaveformStorage,
)

from model.errors import InputRefused
from plugin.facts.completeness import CompletenessState, completeness_of
from plugin.facts.kinds import EXCLUDING
from plugin.facts.selection import Reason, select
from plugin.facts.volumes import volumes_of
from tests.builders.orthanc_tags import series, slice_tags, stack, tags

EXAM_CARD = "1.3.46.670589.11.0.0.12.4"
PLAIN_CAPTURE: dict[str, Any] = {"ConversionType": "WSD"}


def refusal(*slices: dict[str, Any]) -> InputRefused:
    found = volumes_of(series(*slices))
    judged = completeness_of(found)
    with pytest.raises(InputRefused) as refused:
        select(found)
    assert judged.state is CompletenessState.BROKEN
    assert (judged.code, judged.reason) == (refused.value.code, refused.value.message)
    assert refused.value.code in EXCLUDING
    return refused.value


@pytest.mark.parametrize(
    ("sop_class", "words"),
    [
        (GrayscaleSoftcopyPresentationStateStorage, "Grayscale Softcopy Presentation State"),
        (ComprehensiveSRStorage, "Comprehensive SR"),
        (RawDataStorage, "Raw Data"),
        (TwelveLeadECGWaveformStorage, "12-lead ECG Waveform"),
        (EncapsulatedPDFStorage, "Encapsulated PDF"),
        (EXAM_CARD, "private or unknown SOP class"),
    ],
)
def test_what_has_no_image_is_none_whatever_its_modality(sop_class: str, words: str) -> None:
    said = refusal(tags(SOPClassUID=sop_class, SOPInstanceUID="2.25.5", Modality="MR", SeriesInstanceUID="2.25.6"))
    assert said.code == "NO_IMAGE"
    assert f"1 × {words}" in said.message or f"1 × object of a {words}" in said.message
    assert "SOPClassUID" in said.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "secondary capture (SOPClassUID)"),
        ({"SOPClassUID": PositronEmissionTomographyImageStorage}, "Positron Emission Tomography Image (SOPClassUID)"),
        ({"SOPClassUID": EXAM_CARD}, "image of a private or unknown SOP class"),
        (PLAIN_CAPTURE, "ConversionType"),
        ({"ImageType": "DERIVED\\SECONDARY\\SCREEN SAVE"}, "ImageType"),
        ({"NumberOfFrames": "12"}, "NumberOfFrames"),
        ({"SamplesPerPixel": 3}, "SamplesPerPixel"),
    ],
)
def test_an_image_that_is_no_slice_is_called_by_what_tells(change: dict[str, Any], words: str) -> None:
    said = refusal(*stack(4, **change))
    assert said.code == "NOT_A_SLICE"
    assert "4 × " in said.message
    assert words in said.message
    assert "does not help" in said.message


@pytest.mark.parametrize(
    ("sop_class", "words"),
    [
        (EnhancedMRColorImageStorage, "Enhanced MR Color Image (SOPClassUID)"),
        (EnhancedPETImageStorage, "Enhanced PET Image (SOPClassUID)"),
        (EnhancedXAImageStorage, "Enhanced XA Image (SOPClassUID)"),
        (EnhancedUSVolumeStorage, "Enhanced US Volume (SOPClassUID)"),
    ],
)
def test_enhanced_objects_of_other_kinds_are_called_by_their_names(sop_class: str, words: str) -> None:
    said = refusal(tags(SOPClassUID=sop_class, SOPInstanceUID="2.25.5", NumberOfFrames=80, Rows=512, Modality="MR"))
    assert said.code == "NOT_A_SLICE"
    assert f"1 × {words}" in said.message


def test_mr_spectroscopy_is_no_image() -> None:
    said = refusal(tags(SOPClassUID=MRSpectroscopyStorage, SOPInstanceUID="2.25.5", Modality="MR"))
    assert said.code == "NO_IMAGE"
    assert "1 × MR Spectroscopy" in said.message


@pytest.mark.parametrize("word", ["MOSAIC", "VFRAME"])
def test_a_mosaic_is_several_images_in_one(word: str) -> None:
    said = refusal(*stack(3, ImageType=f"ORIGINAL\\PRIMARY\\M\\ND\\{word}"))
    assert said.code == "SEVERAL_IMAGES"
    assert "mosaic" in said.message


def test_empty_marks_of_a_secondary_capture_say_nothing() -> None:
    found = volumes_of(series(*stack(6, ConversionType="", SecondaryCaptureDeviceManufacturer="\\")))
    assert [len(volume.slices) for volume in found.volumes] == [6]


def test_without_a_sop_class_an_object_is_taken_for_a_slice() -> None:
    assert not volumes_of(series(*stack(6, SOPClassUID=""))).others


def test_what_is_no_slice_is_set_aside_from_the_slices_beside_it() -> None:
    captures = [slice_tags(3 * n, 100 + n, SOPInstanceUID=f"2.25.9{n}", **PLAIN_CAPTURE) for n in range(6)]
    report = tags(SOPClassUID=ComprehensiveSRStorage, SOPInstanceUID="2.25.80", Modality="CT")
    selection = select(volumes_of(series(*stack(8), *captures, report)))
    assert len(selection.kept) == 8
    assert {reason for _, reason in selection.left_out} == {Reason.KIND}
    assert len(selection.left_out) == 7


def test_localizers_alone_are_said_to_be_localizers() -> None:
    found = volumes_of(series(*stack(3, ImageType="ORIGINAL\\PRIMARY\\LOCALIZER")))
    with pytest.raises(InputRefused) as refused:
        select(found)
    assert refused.value.code == "SERIES_EMPTY"
    assert "3 localizer" in refused.value.message
    assert completeness_of(found).state is CompletenessState.WAITING
