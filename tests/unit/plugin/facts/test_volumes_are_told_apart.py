"""Acquisitions, orientations and localizers inside one series are told apart."""

from __future__ import annotations

import random
from typing import Any

import pytest

from model.errors import InputRefused
from plugin.facts.selection import Reason, select
from plugin.facts.volumes import Volumes, volumes_of
from tests.builders.orthanc_tags import CORONAL, SAGITTAL, series, slice_tags, stack


def found(*slices: dict[str, Any]) -> Volumes:
    shuffled = list(slices)
    random.Random(7).shuffle(shuffled)
    return volumes_of(series(*shuffled))


def sizes(volumes: Volumes) -> tuple[list[int], int]:
    return [len(volume.slices) for volume in volumes.volumes], len(volumes.localizers)


def test_a_plain_series_is_one_volume() -> None:
    assert sizes(found(*stack(20))) == ([20], 0)


def test_slices_that_image_type_calls_localizer() -> None:
    scouts = [slice_tags(n, 900 + n, CORONAL, ImageType="ORIGINAL\\PRIMARY\\LOCALIZER") for n in range(4)]
    assert sizes(found(*stack(8), *scouts)) == ([8], 4)


def test_scouts_that_nothing_calls_localizer() -> None:
    scouts = [slice_tags(0, 900, CORONAL), slice_tags(0, 901, SAGITTAL, Rows=888)]
    assert sizes(found(*stack(30), *scouts)) == ([30], 2)


def test_few_slices_beside_few_are_no_scouts() -> None:
    assert sizes(found(*stack(6), *stack(3, orientation=CORONAL))) == ([6, 3], 0)


def test_orientations() -> None:
    assert sizes(found(*stack(20), *stack(15, orientation=CORONAL))) == ([20, 15], 0)


@pytest.mark.parametrize("other", [{"Rows": 256}, {"PixelSpacing": "1\\1"}, {"FrameOfReferenceUID": "2.25.9"}])
def test_matrix_spacing_and_frame(other: dict[str, Any]) -> None:
    assert sizes(found(*stack(20), *stack(12, **other))) == ([20, 12], 0)


@pytest.mark.parametrize(
    ("keyword", "one", "other"),
    [
        ("AcquisitionNumber", "1", "2"),
        ("TemporalPositionIdentifier", "1", "2"),
        ("EchoTime", "4.6", "9.2"),
        ("DiffusionBValue", "0", "800"),
        ("ImageType", "DERIVED\\PRIMARY\\W", "DERIVED\\PRIMARY\\F"),
        ("ConvolutionKernel", "B30f", "B70f"),
    ],
)
def test_repeats_at_the_same_places(keyword: str, one: str, other: str) -> None:
    first: dict[str, Any] = {keyword: one}
    second: dict[str, Any] = {keyword: other}
    assert sizes(found(*stack(20, **first), *stack(20, **second))) == ([20, 20], 0)


def test_two_ranges_of_one_scan_with_a_hole_between_them() -> None:
    assert sizes(found(*stack(20, AcquisitionNumber=1), *stack(30, start=300, AcquisitionNumber=2))) == ([30, 20], 0)


def test_two_acquisitions_that_continue_each_other_are_one_volume() -> None:
    assert sizes(found(*stack(20, AcquisitionNumber=1), *stack(30, start=60, AcquisitionNumber=2))) == ([50], 0)


def test_a_hole_in_one_acquisition_stays_a_hole() -> None:
    slices = stack(20, AcquisitionNumber=1)
    del slices[9]
    assert sizes(found(*slices)) == ([19], 0)


def test_slices_each_with_an_acquisition_of_its_own_and_a_hole() -> None:
    slices = [slice_tags(3 * n, n, AcquisitionNumber=n) for n in range(20) if n != 9]
    assert sizes(found(*slices)) == ([19], 0)


def test_what_nothing_tells_apart_is_one_volume_that_is_refused() -> None:
    volumes = found(*stack(10), *stack(10, SOPInstanceUID="2.25.77"))
    assert sizes(volumes) == ([20], 0)
    assert volumes.volumes[0].refusal is not None


def test_localizers_are_left_out_with_the_reason() -> None:
    scout = slice_tags(0, 900, CORONAL, ImageType="A\\B\\LOCALIZER", SOPInstanceUID="2.25.88")
    selection = select(found(*stack(8), scout))
    assert len(selection.kept) == 8
    assert selection.left_out == (("2.25.88", "localizer"),)


def test_or_refused_as_configured() -> None:
    scout = slice_tags(0, 900, CORONAL, ImageType="A\\B\\LOCALIZER")
    with pytest.raises(InputRefused) as refusal:
        select(found(*stack(8), scout), localizers="refuse")
    assert refusal.value.code == "LOCALIZERS"


def test_several_volumes_are_refused() -> None:
    with pytest.raises(InputRefused) as refusal:
        select(found(*stack(20), *stack(15, orientation=CORONAL)))
    assert refusal.value.code == "SEVERAL_VOLUMES"
    assert "20, 15" in refusal.value.message


def test_or_the_largest_is_taken_as_configured() -> None:
    selection = select(found(*stack(20), *stack(15, orientation=CORONAL)), mixed="largest")
    assert len(selection.kept) == 20
    assert {reason for _, reason in selection.left_out} == {Reason.ACQUISITION}
    assert len(selection.left_out) == 15


def test_a_series_of_localizers_alone_is_refused() -> None:
    with pytest.raises(InputRefused) as refusal:
        select(found(*stack(3, ImageType="A\\B\\LOCALIZER")))
    assert refusal.value.code == "SERIES_EMPTY"
