"""In a real Orthanc: enhanced CT and MR give the contours of the classic series that they were made from."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, MRImageStorage, RLELossless

from tests.builders.enhanced_pixels import BASIC, EXTENDED, NONE, Encapsulation
from tests.builders.enhanced_series import MAKERS, PHILIPS, SIEMENS, Maker, enhanced, frames_of, legacy_converted
from tests.builders.mr_model import NAME, library_for_mr
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, file_of, files_of, phantom_series

PHANTOM = Phantom(slices=12)
Outlines = dict[str, dict[float, list[list[float]]]]


def classic() -> list[Dataset]:
    """A CT whose slices differ, in values and in rescale."""
    made = phantom_series(PHANTOM)
    for number, one in enumerate(made):
        array = one.pixel_array.copy()
        array[40:60, 40 + number : 60 + number] += 200
        one.PixelData = (array - number).tobytes()
        one.RescaleIntercept = str(int(one.RescaleIntercept) + number)
    return made


def job_of(orthanc: OrthancProcess, objects: Sequence[Dataset]) -> dict[str, Any]:
    job = dict(orthanc.job_of(orthanc.store_all(files_of(list(objects))), seconds=240))
    assert job["State"] == "done", job["Error"]
    return job


def outlines(orthanc: OrthancProcess, job: dict[str, Any]) -> Outlines:
    """Points of each contour, by structure and by height."""
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    names = {int(roi.ROINumber): str(roi.ROIName) for roi in made.StructureSetROISequence}
    found: Outlines = {}
    for roi in made.ROIContourSequence:
        heights = found.setdefault(names[int(roi.ReferencedROINumber)], {})
        for contour in roi.ContourSequence:
            points = [float(value) for value in contour.ContourData]
            heights.setdefault(points[2], []).append(points)
    return {name: {height: sorted(found) for height, found in places.items()} for name, places in found.items()}


@pytest.fixture
def expected(orthanc: OrthancProcess) -> Outlines:
    return outlines(orthanc, job_of(orthanc, classic()))


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_enhanced_ct_gives_the_contours_of_the_classic_one(
    maker: Maker, orthanc: OrthancProcess, expected: Outlines
) -> None:
    job = job_of(orthanc, enhanced(classic(), maker, shuffle=5))
    assert job["Instances"] == PHANTOM.slices
    assert f"Read from {PHANTOM.slices} frame(s) of 1 enhanced object(s)." in job["Warnings"]
    assert outlines(orthanc, job) == expected


def test_legacy_converted_ct_gives_the_contours_of_the_classic_one(orthanc: OrthancProcess, expected: Outlines) -> None:
    pytest.importorskip("highdicom.legacy", reason="the extra seg is not installed")
    assert outlines(orthanc, job_of(orthanc, [legacy_converted(classic())])) == expected


@pytest.mark.parametrize(
    ("syntax", "how"),
    [
        (RLELossless, Encapsulation(BASIC)),
        (JPEGLSLossless, Encapsulation(EXTENDED)),
        (JPEG2000Lossless, Encapsulation(NONE)),
        (JPEG2000Lossless, Encapsulation(BASIC, fragments=3)),
    ],
)
def test_compressed_frames_give_the_same_contours(
    syntax: str, how: Encapsulation, orthanc: OrthancProcess, expected: Outlines
) -> None:
    made = enhanced(classic(), SIEMENS, syntax=syntax, encapsulation=how)
    assert outlines(orthanc, job_of(orthanc, made)) == expected


def test_a_concatenation_is_contoured_when_its_last_part_came(
    start_orthanc: Callable[..., OrthancProcess], expected: Outlines
) -> None:
    orthanc = start_orthanc(section={"IncompleteSeconds": 600})
    first, *others = enhanced(classic(), PHILIPS, parts=3)
    series = orthanc.store_all([file_of(one) for one in others])

    def waits() -> bool:
        said = orthanc.json(f"/autocontour/series/{series}")
        return "InConcatenationNumber" in str(said)

    until(waits, "the series waits for the part that is missing")
    assert orthanc.jobs() == []
    job = orthanc.job_of(orthanc.store_all([file_of(first)]), seconds=240)
    assert (job["State"], job["Instances"]) == ("done", PHANTOM.slices)
    assert outlines(orthanc, job) == expected


def test_rules_and_explain_ask_frames_what_they_ask_slices(start_orthanc: Callable[..., OrthancProcess]) -> None:
    asked = {
        "SeriesDescription": "Phantom",
        "SliceThickness": {"Max": 5},
        "ConvolutionKernel": "B30f",
        "Slices": {"Min": 12},
    }
    rule = {"Name": "thin", "When": asked, "Then": {"Model": "hu-ct", "Target": "local"}}
    orthanc = start_orthanc(section={"Rules": [rule]})
    series = orthanc.store_all(files_of(enhanced(classic(), PHILIPS)))
    job = orthanc.job_of(series, seconds=240)
    assert (job["State"], job["Rule"]) == ("done", "thin")
    explained = orthanc.post("/autocontour/routing/explain", json={"Series": series}).json()
    assert [decision["Rule"] for decision in explained["Decisions"]] == ["thin"]


def test_rules_ask_an_enhanced_mr_for_its_sequence(start_orthanc: Callable[..., OrthancProcess]) -> None:
    asked = {"Modality": "MR", "ScanningSequence": "GR", "SequenceVariant": "SP"}
    rule = {"Name": "spoiled gradient echo", "When": asked, "Then": {"Exclude": "of no use"}}
    orthanc = start_orthanc(section={"Rules": [rule]})
    job = orthanc.job_of(orthanc.store_all(files_of(enhanced(frames_of(mr(), echo_ms=4.6), PHILIPS))))
    assert (job["State"], job["Rule"]) == ("excluded", "spoiled gradient echo")


def mr() -> list[Dataset]:
    """An MR of which each slice has a rescale of its own, as one maker's scanners write it."""
    made = classic()
    for number, one in enumerate(made):
        one.Modality, one.SOPClassUID, one.file_meta.MediaStorageSOPClassUID = "MR", MRImageStorage, MRImageStorage
        one.ImageType, one.RescaleType, one.RescaleSlope = ["ORIGINAL", "PRIMARY", "M"], "US", str(1 + number / 8)
        one.ScanningSequence, one.SequenceVariant, one.EchoTime = "SE", "NONE", "4.6"
    return made


@pytest.fixture
def of_mr(start_orthanc: Callable[..., OrthancProcess], tmp_path: Path) -> OrthancProcess:
    """An Orthanc with a model for MR."""
    rule = {"Name": "MR", "When": {"Modality": "MR"}, "Then": {"Model": NAME, "Target": "local"}}
    return start_orthanc(section={"Rules": [rule], "ModelsDirectory": str(library_for_mr(tmp_path))})


def test_enhanced_mr_gives_the_contours_of_the_classic_one(of_mr: OrthancProcess) -> None:
    expected = outlines(of_mr, job_of(of_mr, mr()))
    assert sorted(expected) == ["Kidney_L", "Kidney_R"]
    for made in (enhanced(frames_of(mr(), echo_ms=4.6), PHILIPS, shuffle=5), enhanced(mr(), SIEMENS, parts=2)):
        assert outlines(of_mr, job_of(of_mr, made)) == expected
