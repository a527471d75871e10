"""Several images of one place are named by what they are, and never blamed on the sender."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from model.errors import InputRefused
from plugin.facts.completeness import Completeness, CompletenessState, completeness_of
from plugin.facts.selection import select
from plugin.facts.series import facts_of
from plugin.facts.volumes import volumes_of
from routing.names import FactName
from tests.builders.orthanc_tags import CORONAL, series, slice_tags, stack


def repeated(variants: Sequence[Mapping[str, Any]], places: int = 8) -> list[dict[str, Any]]:
    """One slice of each place with each of these attributes, in the order of a bad day."""
    made = [
        slice_tags(3.0 * place, 1 + place, SOPInstanceUID=f"2.25.{1000 * number + place}", **variant)
        for number, variant in enumerate(variants)
        for place in range(places)
    ]
    random.Random(3).shuffle(made)
    return made


def refused(*slices: dict[str, Any], **policy: Any) -> InputRefused:
    with pytest.raises(InputRefused) as refusal:
        select(volumes_of(series(*slices)), **policy)
    return refusal.value


def judged(*slices: dict[str, Any]) -> Completeness:
    return completeness_of(volumes_of(series(*slices)))


MR: Mapping[str, Any] = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}
DIXON = [{**MR, "ImageType": f"DERIVED\\PRIMARY\\{word}\\NORM"} for word in ("W", "F", "IP", "OP")]


@pytest.mark.parametrize(
    ("variants", "count", "words"),
    [
        ([{**MR, "DiffusionBValue": b} for b in (0, 1000)], 2, "diffusion, b = 0 and 1000"),
        (
            [{**MR, "0019,0010": "SIEMENS MR HEADER", "0019,100c": str(b)} for b in (0, 50, 800)],
            3,
            "diffusion, b = 0, 50 and 800",
        ),
        (
            [{**MR, "0043,0010": "GEMS_PARM_01", "0043,1039": f"{b}\\8\\0\\0"} for b in (0, 1000001000)],
            2,
            "diffusion, b = 0 and 1000",
        ),
        (
            [{**MR, "DiffusionBValue": 1000, "DiffusionGradientOrientation": f"{n}\\0\\1"} for n in range(6)],
            6,
            "several directions of diffusion",
        ),
        ([{**MR, "EchoTime": t} for t in ("4.6", "9.2")], 2, "echoes, EchoTime = 4.6 and 9.2 ms"),
        ([{**MR, "TriggerTime": 40 * n} for n in range(25)], 25, "TriggerTime = 0 to 960 ms (25 values)"),
        (
            [{"NominalPercentageOfRespiratoryPhase": 10 * n} for n in range(10)],
            10,
            "phases of breathing, NominalPercentageOfRespiratoryPhase = 0 to 90 % (10 values)",
        ),
        ([{"TemporalPositionIdentifier": 1 + n} for n in range(3)], 3, "TemporalPositionIdentifier = 1, 2 and 3"),
        ([{"AcquisitionNumber": 1 + n} for n in range(2)], 2, "AcquisitionNumber = 1 and 2"),
        (DIXON, 4, "water, fat, in phase and opposed phase (ImageType)"),
        (
            [{**MR, "ImageType": f"ORIGINAL\\PRIMARY\\{word}", "EchoTime": t} for word in "MP" for t in (4, 9)],
            4,
            "echoes, EchoTime = 4 and 9 ms; magnitude and phase (ImageType)",
        ),
        ([{"ConvolutionKernel": kernel} for kernel in ("B30f", "B70f")], 2, "different kernels (ConvolutionKernel)"),
        ([{"AcquisitionTime": f"10{n}000"} for n in range(3)], 3, "AcquisitionTime"),
        ([{}, {}], 2, "nothing in their headers tells them apart"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_they_are_counted_and_called_by_what_tells_them_apart(
    variants: list[dict[str, Any]], count: int, words: str
) -> None:
    slices = repeated(variants)
    said = refused(*slices)
    assert said.code == "SEVERAL_IMAGES"
    assert said.message.startswith(f"{count} images of each place: ")
    assert words in said.message
    assert "does not help" in said.message
    assert judged(*slices).state is not CompletenessState.WAITING
    assert facts_of(series(*slices)).attribute(FactName("Acquisitions")).distinct == ((count,),)


def test_two_parameters_are_both_named_and_points_in_time_only_where_these_do_not_tell() -> None:
    both = [
        {**MR, "EchoTime": t, "ImageType": f"ORIGINAL\\PRIMARY\\{w}", "AcquisitionNumber": n}
        for n, (t, w) in enumerate([("4.6", "M"), ("4.6", "P"), ("9.2", "M"), ("9.2", "P")], 1)
    ]
    said = refused(*repeated(both)).message
    assert said.startswith(
        "4 images of each place: echoes, EchoTime = 4.6 and 9.2 ms; magnitude and phase (ImageType). "
    )
    again = refused(*repeated(both + [one | {"AcquisitionNumber": 9, "SOPClassUID": ""} for one in both])).message
    assert "AcquisitionNumber" in again


def test_values_that_are_no_parameters_are_counted_and_never_repeated() -> None:
    odd = [{**MR, "EchoTime": "19450312", "ImageType": "MUELLER\\HANS"}, {**MR, "EchoTime": "Mueller"}]
    said = refused(*repeated(odd)).message
    assert "2 values of EchoTime" in said
    assert "2 kinds of image (ImageType)" in said
    assert not [word for word in ("MUELLER", "Mueller", "1945", "e+07") if word in said]


def test_one_place_with_many_images_is_a_film() -> None:
    said = refused(*repeated([{**MR, "TriggerTime": 40 * n} for n in range(20)], places=1))
    assert said.message.startswith("20 images of each place: ")


def test_a_place_that_lacks_one_is_waited_for_and_then_told_apart_all_the_same() -> None:
    slices = repeated([{**MR, "DiffusionBValue": b} for b in (0, 1000)])[1:]
    answer = judged(*slices)
    assert (answer.state, answer.code) == (CompletenessState.WAITING, "GEOMETRY_GAP")
    assert refused(*slices).message.startswith("up to 2 images of one place: diffusion")


def test_a_single_slice_that_came_twice_is_no_second_volume() -> None:
    found = volumes_of(series(*stack(10), slice_tags(9, 4, SOPInstanceUID="2.25.99")))
    assert found.repeats is None
    assert completeness_of(found).code == "SLICES_COINCIDE"


def test_the_largest_is_taken_only_where_one_is_the_largest() -> None:
    echoes = repeated([{**MR, "EchoTime": t} for t in ("4.6", "9.2")])
    assert refused(*echoes, mixed="largest").code == "SEVERAL_IMAGES"
    longer = [slice_tags(3.0 * n, n, EchoTime="4.6") for n in range(12)]
    longer += [slice_tags(3.0 * n, n, EchoTime="9.2") for n in range(8)]
    assert len(select(volumes_of(series(*longer)), mixed="largest").kept) == 12


def test_other_planes_are_no_images_of_the_same_place() -> None:
    assert refused(*stack(20), *stack(15, orientation=CORONAL)).code == "SEVERAL_VOLUMES"


def test_a_series_in_time_that_is_only_numbered_is_not_said_to_have_come_twice() -> None:
    slices = [
        slice_tags(3.0 * place, 1 + place + 8 * time, SOPInstanceUID=f"2.25.{100 * time + place}", **MR)
        for time in range(3)
        for place in range(8)
    ]
    said = refused(*slices).message
    assert said.startswith("3 images of each place: repeats or points in time, numbered one after the other")
    assert "twice" not in said
