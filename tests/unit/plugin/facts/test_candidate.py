"""What is compared of a series: its facts, its kind of image and kernel, where it lies, and no text of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydicom import Dataset

from plugin.facts.candidate import candidate_of
from plugin.facts.completeness import CompletenessState, completeness_of
from plugin.facts.series_tags import SeriesTags
from routing.candidates import ANNOUNCED, PLAIN, PROJECTION, REFORMAT, REFUSED, SHARP, SOFT, WHOLE, Candidate
from tests.builders.orthanc_tags import tags_of
from tests.builders.planning_study import CORONAL, MIP, THICK_SOFT, THIN_BONE, THIN_SOFT, PlanningStudy, Reconstruction
from tests.builders.series_of_volumes import volumes

STUDY = PlanningStudy("a study")


def described(slices: list[Dataset], *, refused: bool = False, chosen: frozenset[str] | None = None) -> Candidate:
    tags = SeriesTags.parse({str(number): tags_of(one) for number, one in enumerate(slices)})
    whole = completeness_of(tags.volumes).state is CompletenessState.WHOLE
    return candidate_of("id", tags, chosen, whole=whole, refused=refused)


@pytest.mark.parametrize(
    ("reconstruction", "expected"),
    [
        (THICK_SOFT, (PLAIN, "AXIAL", 5.0, SOFT, 60.0, 12)),
        (THIN_SOFT, (PLAIN, "AXIAL", 1.25, SOFT, 60.0, 48)),
        (THIN_BONE, (PLAIN, "AXIAL", 1.25, SHARP, 60.0, 48)),
        (CORONAL, (REFORMAT, "CORONAL", 1.25, SOFT, 20.0, 16)),
        (MIP, (PROJECTION, "AXIAL", 1.0, SOFT, 60.0, 60)),
    ],
)
def test_each_reconstruction_is_described(reconstruction: Reconstruction, expected: tuple[object, ...]) -> None:
    one = described(STUDY.series(reconstruction))
    assert (one.image, one.orientation, one.thickness, one.kernel, one.extent, one.slices) == expected
    assert (one.state, one.contrast) == (WHOLE, False)


def test_where_it_lies_is_along_the_patient_whatever_its_plane() -> None:
    axial, coronal = described(STUDY.series(THIN_SOFT)), described(STUDY.series(CORONAL))
    assert (axial.low, axial.high) == (-300.0, -241.25)
    assert coronal.high == -78.0
    assert coronal.low == pytest.approx(-78.0 - 63 * 6)
    higher = described(STUDY.series(replace(THIN_SOFT, start_mm=400.0)))
    assert (higher.low, higher.high) == (100.0, 158.75)


def test_what_keeps_series_apart_is_a_digest() -> None:
    here, there = described(STUDY.series(THICK_SOFT)), described(STUDY.series(THIN_SOFT, frame="two"))
    assert here.apart["FrameOfReferenceUID"] != there.apart["FrameOfReferenceUID"]
    assert here.apart["BodyPartExamined"] == there.apart["BodyPartExamined"]
    assert "CHEST" not in str(here)
    assert {len(digest) for digest in here.apart.values()} == {16}


def test_a_series_that_is_not_whole_or_refused_says_so() -> None:
    announced = STUDY.series(replace(THICK_SOFT, attributes={"ImagesInAcquisition": "20"}))
    assert described(announced).state == ANNOUNCED
    assert described(STUDY.series(THICK_SOFT), refused=True).state == REFUSED


def test_a_contrast_agent_and_mixed_kernels_are_seen() -> None:
    with_agent = STUDY.series(replace(THICK_SOFT, attributes={"ContrastBolusAgent": "agent"}))
    assert described(with_agent).contrast is True
    mixed = STUDY.series(THICK_SOFT)
    mixed[3].ConvolutionKernel = "B70f"
    assert described(mixed).kernel is None


def test_of_several_volumes_the_one_that_is_contoured_is_described() -> None:
    phase = [{"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}, {"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "MIP"]}]
    slices = volumes(phase)
    projection = frozenset(str(one.SOPInstanceUID) for one in slices if "MIP" in one.ImageType)
    plain = frozenset(str(one.SOPInstanceUID) for one in slices if "MIP" not in one.ImageType)
    assert described(slices, chosen=plain).image == PLAIN
    assert described(slices, chosen=projection).image == PROJECTION
    assert {described(slices, chosen=one).slices for one in (plain, projection)} == {6}


def test_a_series_without_a_volume_is_described_by_what_is_known() -> None:
    one = described(STUDY.scout(), refused=True)
    assert (one.slices, one.low, one.high, one.orientation, one.thickness) == (0, None, None, None, None)
