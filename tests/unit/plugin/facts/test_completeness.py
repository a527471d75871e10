"""Whole, still waiting, or never to be whole: each with its reason, and whether it is certain."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.facts.completeness import Completeness, CompletenessState, completeness_of
from plugin.facts.volumes import volumes_of
from tests.builders.orthanc_tags import CORONAL, element, series, slice_tags, stack


def judged(*slices: dict[str, Any]) -> Completeness:
    return completeness_of(volumes_of(series(*slices)))


def test_a_series_without_holes_is_whole() -> None:
    answer = judged(*stack(20))
    assert (answer.state, answer.slices, answer.certain) == (CompletenessState.WHOLE, 20, True)


def test_one_slice_is_whole_as_far_as_one_can_know() -> None:
    assert judged(*stack(1)).state is CompletenessState.WHOLE


def test_nothing_yet() -> None:
    assert judged().state is CompletenessState.WAITING
    assert judged(*stack(2, ImageType="A\\B\\LOCALIZER")).code == "SERIES_EMPTY"


def test_a_hole_is_waited_for_and_named_in_mm() -> None:
    slices = stack(20)
    del slices[7]
    answer = judged(*slices)
    assert (answer.state, answer.code, answer.certain) == (CompletenessState.WAITING, "GEOMETRY_GAP", True)
    assert "1 between 18.0 and 24.0 mm" in answer.reason


@pytest.mark.parametrize(
    "announced",
    [
        {"ImagesInAcquisition": 20},
        {"NumberOfSeriesRelatedInstances": 20},
        {"NumberOfSlices": 20},
        {"NumberOfSlices": 10, "NumberOfTimeSlices": 2},
        {"ImagesInAcquisition": 10, "NumberOfTemporalPositions": 2},
        {"ImagesInAcquisition": "20 "},
        {"0025,0010": "GEMS_SERS_01", "0025,1007": 20},
    ],
    ids=str,
)
def test_an_announced_count_is_waited_for_but_not_certain(announced: dict[str, Any]) -> None:
    waiting = judged(*(one | {} for one in stack(19, **announced)))
    assert (waiting.state, waiting.code, waiting.certain) == (CompletenessState.WAITING, "COUNT_EXPECTED", False)
    assert waiting.expected == 20
    assert "19 of 20" in waiting.reason
    whole = judged(*stack(20, **announced))
    assert (whole.state, whole.expected) == (CompletenessState.WHOLE, 20)


def test_a_count_names_the_attribute_that_announced_it() -> None:
    assert "(ImagesInAcquisition)" in judged(*stack(10, ImagesInAcquisition=20)).reason
    assert "(NumberOfSeriesRelatedInstances)" in judged(*stack(10, NumberOfSeriesRelatedInstances=20)).reason
    several = stack(10, ImagesInAcquisition=10, NumberOfTemporalPositions=2)
    assert "(ImagesInAcquisition × NumberOfTemporalPositions)" in judged(*several).reason


def test_more_than_announced_is_whole() -> None:
    assert judged(*stack(20, ImagesInAcquisition=10)).state is CompletenessState.WHOLE


def test_what_counts_the_series_goes_before_what_counts_the_scan() -> None:
    assert (
        judged(*stack(20, ImagesInAcquisition=300, NumberOfSeriesRelatedInstances=20)).state is CompletenessState.WHOLE
    )


def test_places_with_fewer_images_than_others_are_waited_for_but_not_certain() -> None:
    phases = [stack(12 if n < 9 else 5, NominalPercentageOfRespiratoryPhase=10 * n) for n in range(10)]
    answer = judged(*(one for phase in phases for one in phase))
    assert (answer.state, answer.code, answer.certain) == (CompletenessState.WAITING, "PLACES_EXPECTED", False)
    assert "9 image(s) and others 10" in answer.reason
    whole = [stack(12, NominalPercentageOfRespiratoryPhase=10 * n) for n in range(10)]
    assert judged(*(one for phase in whole for one in phase)).state is CompletenessState.WHOLE


def test_points_in_time_that_were_announced_are_waited_for_but_not_certain() -> None:
    points = [stack(12, TemporalPositionIdentifier=n, NumberOfTemporalPositions=4) for n in (1, 2, 3, 4)]
    answer = judged(*points[0], *points[1])
    assert (answer.state, answer.code, answer.certain) == (CompletenessState.WAITING, "POSITIONS_EXPECTED", False)
    assert judged(*(one for point in points for one in point)).state is CompletenessState.WHOLE


def test_each_of_several_acquisitions_has_its_count() -> None:
    first = stack(10, AcquisitionNumber=1, ImagesInAcquisition=10)
    second = stack(10, start=30, AcquisitionNumber=2, ImagesInAcquisition=10)
    assert judged(*first, *second[:-1]).state is CompletenessState.WAITING
    assert judged(*first, *second).state is CompletenessState.WHOLE


@pytest.mark.parametrize("written", ["", "0", "1", "many", "-5", "20.5", "1e9", "20\\20"])
def test_a_count_that_is_none_is_passed_over(written: str) -> None:
    assert judged(*stack(10, ImagesInAcquisition=written)).state is CompletenessState.WHOLE


def test_a_count_on_which_slices_disagree_is_passed_over() -> None:
    slices = stack(10)
    slices[0]["0020,1002"] = element(20)
    assert judged(*slices).state is CompletenessState.WHOLE


def test_localizers_count_where_the_series_is_counted() -> None:
    scout = slice_tags(0, 900, CORONAL, ImageType="A\\B\\LOCALIZER", NumberOfSeriesRelatedInstances=11)
    assert judged(scout, *stack(10, NumberOfSeriesRelatedInstances=11)).state is CompletenessState.WHOLE


def test_every_other_slice_first_is_noticed_by_the_spacing() -> None:
    answer = judged(*stack(10, step=6, SpacingBetweenSlices=3))
    assert (answer.state, answer.code, answer.certain) == (CompletenessState.WAITING, "SPACING_EXPECTED", False)


def test_every_other_slice_first_is_noticed_by_the_instance_numbers() -> None:
    answer = judged(*(slice_tags(6 * n, 2 * n + 1) for n in range(10)))
    assert (answer.state, answer.code, answer.certain) == (CompletenessState.WAITING, "NUMBERS_EXPECTED", False)


def test_instance_numbers_that_begin_anywhere_are_no_hint() -> None:
    assert judged(*(slice_tags(3 * n, 500 + n) for n in range(10))).state is CompletenessState.WHOLE


def test_what_no_late_slice_can_mend_is_broken() -> None:
    answer = judged(*stack(10, ImagePositionPatient=""))
    assert (answer.state, answer.code) == (CompletenessState.BROKEN, "GEOMETRY_MISSING")
    assert judged(*stack(10, FrameOfReferenceUID="")).code == "FRAME_OF_REFERENCE"


def test_a_repeat_that_is_still_arriving_is_waited_for() -> None:
    first, second = stack(20, AcquisitionNumber=1), stack(20, AcquisitionNumber=2)
    half = judged(*first, *second[:6], *second[9:12])
    assert (half.state, half.code) == (CompletenessState.WAITING, "SLICES_COINCIDE")
    assert judged(*first, *second).state is CompletenessState.WHOLE


def test_each_volume_of_a_mixed_series_must_be_whole() -> None:
    other = stack(15, orientation=CORONAL)
    assert judged(*stack(20), *other).state is CompletenessState.WHOLE
    del other[5]
    assert judged(*stack(20), *other).state is CompletenessState.WAITING
