"""What is a slice and what is a page: ImageType by its words; attributes that are there and empty say nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydicom.dataset import Dataset

from model.errors import PrivacyRefused
from model.gate import canonical
from model.gate.image_kind import SECONDARY_CAPTURE, is_no_slice
from model.gate.terms import IMAGE_TYPE
from model.gate.verify import verify
from tests.builders.marked import ct, encoded, mr
from tests.builders.untouched import cleaned

PAGES = (
    "CT_SOM5 PROT", "CT_SOM7 PROT", "CT_SOM5 TOP", "LOCALIZER", "LOCALISER", "3-PLANE LOC", "SCOUT", "TOPOGRAM",
    "SURVIEW", "SCANOGRAM", "SCREEN SAVE", "SCREENSAVE", "SCREEN_SAVE", "SCREENSHOT", "SCREEN CAPTURE", "SCREEN",
    "DOSE", "DOSE_INFO", "DOSE INFO", "DOSE REPORT", "DOSEREPORT", "DOSE SHEET", "PATIENT PROTOCOL", "PATIENTPROTOCOL",
    "PROTOCOL", "EXAM PROTOCOL", "PROTOCOL_PAGE", "REPORT", "CSA REPORT", "SECONDARY CAPTURE", "CAPTURE", "SNAPSHOT",
    "SCANNED", "SCAN", "GRAPHICS", "VOLUME_RENDER", "VOLUME RENDERING", "FUSION IMAGE", "PRESENTATION", "POSDISP",
    "PROJECTION IMAGE", "SUMMARY PAGE", "PATIENT INFO", "screen save", "Dose_Info",
)  # fmt: skip
# As scanners and workstations of several makers write them on slices.
SLICES = (
    "AXIAL", "HELIX", "CT_SOM5 SPI", "CT_SOM5 SEQ", "CT_SOM5 SPI DUAL", "CT_SOM7 SPI", "CT_SOM7 SPI DUAL",
    "CT_SOM8 SPI",
    "CSA MPR", "CSA MPR THICK", "CSAPARALLEL", "CSA PARALLEL", "CSA RESAMPLED", "CSA MANIPULATED", "CSA 3D EDITOR",
    "MPR", "REFORMATTED", "AVERAGE", "VOLUME", "OTHER", "STD", "SNRG", "DET_AB", "JP2K LOSSY 6:1", "MIP", "MIN IP",
    "GSI MONO", "MONO_E", "IODINE", "PERFUSION", "CARDIAC", "BESTDIAST", "LOW DOSE", "LOW_DOSE", "SNAPSHOT FREEZE",
    "M", "P", "R", "I", "ND", "NORM", "DIS2D", "DIS3D", "FM", "FS", "M_FFE", "FFE", "M_SE", "SE", "M_IR", "PHASE MAP",
    "T1 MAP", "ADC", "TRACEW", "FA", "DIFFUSION", "MOSAIC", "EPI", "PROPELLER", "PROTON DENSITY", "WATER", "FAT",
    "IN_PHASE", "OUT_PHASE", "OPP_PHASE", "ADD", "SUB", "MEAN", "NONE", "RESAMPLED", "FILTERED", "TOPUP",
)  # fmt: skip


def findings(change: Callable[[Dataset], None], kind: Callable[[int], Dataset] = ct) -> dict[str, int]:
    files = []
    for at in range(2):
        dataset = kind(at)
        change(dataset)
        files.append(encoded(dataset))
    try:
        cleaned(files)
    except PrivacyRefused as refused:
        return refused.findings
    return {}


@pytest.mark.parametrize("value", PAGES)
@pytest.mark.parametrize("first", [("ORIGINAL", "PRIMARY"), ("DERIVED", "SECONDARY"), ("ORIGINAL", "PRIMARY", "AXIAL")])
def test_a_page_is_refused_at_the_source_wherever_its_word_stands(value: str, first: tuple[str, ...]) -> None:
    def change(dataset: Dataset) -> None:
        dataset.ImageType = [*first, value]

    assert findings(change) == {"SOURCE_IMAGE_TYPE": 2}


@pytest.mark.parametrize("value", PAGES)
def test_a_page_is_refused_by_the_receiver(value: str) -> None:
    clean = cleaned([encoded(ct(0))]).files[0]
    parsed = canonical.parse(clean.data)
    values = dict(parsed.values) | {0x00080008: ("CS", f"ORIGINAL\\PRIMARY\\{value}".encode())}
    with pytest.raises(PrivacyRefused) as refused:
        verify({"0001.dcm": canonical.encode(values, bytes(parsed.pixels))})
    assert refused.value.findings == {"VALUE_NOT_ALLOWED:ImageType": 1}


@pytest.mark.parametrize("value", SLICES)
@pytest.mark.parametrize("first", [("ORIGINAL", "PRIMARY"), ("DERIVED", "SECONDARY"), ("DERIVED", "PRIMARY", "AXIAL")])
def test_a_slice_passes(value: str, first: tuple[str, ...]) -> None:
    assert not is_no_slice([*first, value])


def test_no_term_that_may_leave_names_a_page() -> None:
    assert not [term for term in IMAGE_TYPE if is_no_slice([term.decode()])]


@pytest.mark.parametrize("kind", [ct, mr])
def test_attributes_of_a_secondary_capture_that_are_empty_say_nothing(kind: Callable[[int], Dataset]) -> None:
    def change(dataset: Dataset) -> None:
        for tag in SECONDARY_CAPTURE:
            dataset.add_new(tag, "LO", "")
        for keyword in ("NumberOfFrames", "BurnedInAnnotation", "RescaleType", "PixelPaddingValue", "BodyPartExamined"):
            setattr(dataset, keyword, None)

    assert findings(change, kind) == {}


@pytest.mark.parametrize("tag", SECONDARY_CAPTURE)
def test_one_of_them_with_a_value_is_still_refused(tag: int) -> None:
    assert findings(lambda dataset: dataset.add_new(tag, "LO", "X")) == {"SOURCE_SECONDARY_CAPTURE": 2}


@pytest.mark.parametrize("keyword", ["SamplesPerPixel", "PhotometricInterpretation"])
def test_an_empty_attribute_of_the_pixels_is_missing_and_no_colour(keyword: str) -> None:
    assert findings(lambda dataset: setattr(dataset, keyword, None)) == {f"REBUILD_VALUE:{keyword}": 2}
