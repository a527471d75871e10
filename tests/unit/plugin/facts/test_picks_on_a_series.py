"""Pick, Each and the default on echoes, Dixon, diffusion and a 4D CT: which volume is meant, or why none is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from model.errors import InputRefused
from plugin.facts.selection import Reason, Selection, select
from plugin.facts.series import known_keywords
from plugin.facts.volumes import Volumes, tell_apart, volumes_of
from plugin.facts.wanted import MOST_VOLUMES, WantedVolume, each_of
from routing.pick import WrittenPick
from routing.rules import read_rules
from tests.builders.images_of_places import B_VALUE, BREATHING, DIFFUSION, DIXON, ECHOES, MR, PHASE, repeated
from tests.builders.orthanc_tags import CORONAL, element, series, slice_tags, stack

PLACES = 8
PAGE = (Path(__file__).resolve().parents[4] / "docs" / "routing.md").read_text(encoding="utf-8")


def found(variants: Sequence[Mapping[str, Any]], places: int = PLACES) -> Volumes:
    return volumes_of(series(*repeated(variants, places)))


def picked(volumes: Volumes, pick: WrittenPick) -> Selection:
    return select(volumes, wanted=WantedVolume(pick))


def variants_of(selection: Selection) -> set[int]:
    """Which of the variants the slices are of, by the UIDs that the builder gives."""
    return {int(header.sop_instance_uid.rsplit(".", 1)[1]) // 1000 for header in selection.kept}


def refused(volumes: Volumes, pick: WrittenPick | None = None) -> InputRefused:
    with pytest.raises(InputRefused) as refusal:
        select(volumes, wanted=WantedVolume(pick))
    return refusal.value


@pytest.mark.parametrize(
    ("variants", "pick", "variant", "name"),
    [
        (ECHOES, {"EchoTime": "shortest"}, 0, "EchoTime = 2.46 ms"),
        (ECHOES, {"EchoTime": "longest"}, 1, "EchoTime = 7.38 ms"),
        (ECHOES, {"EchoTime": 7.38}, 1, "EchoTime = 7.38 ms"),
        (ECHOES, {"0018,0081": "2.460"}, 0, "EchoTime = 2.46 ms"),
        (ECHOES, {"EchoNumbers": "last"}, 1, "EchoTime = 7.38 ms"),
        (DIXON, {"ImageType": "W"}, 0, "water"),
        (DIXON, {"ImageType": "fat"}, 1, "fat"),
        (DIXON, {"ImageType": "in_phase"}, 2, "in phase"),
        (DIXON, {"ImageType": "opposed phase"}, 3, "opposed phase"),
        (DIFFUSION, {B_VALUE: 0}, 0, "b = 0"),
        (DIFFUSION, {B_VALUE: 1000, "ImageType": "TRACEW"}, 4, "trace"),
        (DIFFUSION, {"ImageType": "trace"}, 4, "trace"),
        (DIFFUSION, {B_VALUE: "missing"}, 5, "apparent diffusion coefficient"),
        (BREATHING, {PHASE: 50}, 5, f"{PHASE} = 50 %"),
        (BREATHING, {PHASE: "last"}, 9, f"{PHASE} = 90 %"),
        (BREATHING, {"ImageType": "average"}, 10, "average"),
        (BREATHING, {"ImageType": "maximum"}, 11, "maximum"),
        (BREATHING, {"ImageType": "MAXIMUM", PHASE: "missing"}, 11, "maximum"),
    ],
    ids=str,
)
def test_the_volume_is_the_one_that_was_picked(
    variants: Sequence[Mapping[str, Any]], pick: WrittenPick, variant: int, name: str
) -> None:
    selection = picked(found(variants), pick)
    assert variants_of(selection) == {variant}
    assert len(selection.kept) == PLACES
    assert selection.name is not None
    assert selection.name.words.startswith(name)
    assert selection.why is not None
    assert selection.name.words in selection.why
    assert len(selection.left_out) == PLACES * (len(variants) - 1)
    assert {reason for _, reason in selection.left_out} == {Reason.VOLUME}


@pytest.mark.parametrize(
    ("variants", "pick", "code", "said"),
    [
        (ECHOES, {"EchoTime": 2.5}, "NOTHING_PICKED", "EchoTime = 2.46 and 7.38 ms"),
        (ECHOES, {"EchoTime": "missing"}, "NOTHING_PICKED", "EchoTime = 2.46 and 7.38 ms"),
        (DIXON, {"ImageType": "P"}, "NOTHING_PICKED", "water, fat, in phase, opposed phase"),
        (DIXON, {"Modality": "CT"}, "NOTHING_PICKED", "there are 1 different values of it"),
        (ECHOES, {"TriggerTime": "first"}, "NOTHING_PICKED", "TriggerTime is missing in all of them"),
        (ECHOES, {"ScanOptions": "FAST"}, "NOTHING_PICKED", "ScanOptions is missing in all of them"),
        (DIFFUSION, {B_VALUE: 1000}, "SEVERAL_IMAGES", "leaves 4 images of each place: in several directions"),
        (DIFFUSION, {B_VALUE: 1000}, "SEVERAL_IMAGES", '"Pick": {"DiffusionBValue": 1000, "ImageType": "trace"}'),
        (BREATHING, {"Modality": "CT"}, "SEVERAL_IMAGES", "12 images of each place"),
        (ECHOES, "largest", "SEVERAL_IMAGES", "2 images of each place: echoes"),
    ],
    ids=str,
)
def test_a_pick_that_leaves_none_or_several_says_what_is_there(
    variants: Sequence[Mapping[str, Any]], pick: WrittenPick, code: str, said: str
) -> None:
    refusal = refused(found(variants), pick)
    assert refusal.code == code
    assert said in refusal.message
    assert "does not help" in refusal.message


@pytest.mark.parametrize(
    ("variants", "example"),
    [
        (ECHOES, '"Pick": {"EchoTime": 2.46}'),
        (DIXON, '"Pick": {"ImageType": "water"}'),
        (DIFFUSION, '"Pick": {"ImageType": "trace"}'),
        (BREATHING, '"Pick": {"ImageType": "average"}'),
        ([{**MR, "TriggerTime": 40 * n} for n in range(3)], '"Pick": {"TriggerTime": 0}'),
        ([{"ConvolutionKernel": kernel} for kernel in ("B30f", "B70f")], '"Pick": {"ConvolutionKernel": "B30F"}'),
    ],
    ids=str,
)
def test_without_a_pick_the_sentence_names_the_keys_with_an_example_that_works(
    variants: Sequence[Mapping[str, Any]], example: str
) -> None:
    volumes = found(variants)
    message = refused(volumes).message
    assert example in message
    assert '"Each": true' in message
    written = json.loads(message.split('"Pick": ')[1].split("}")[0] + "}")
    assert len(variants_of(picked(volumes, written))) == 1


def test_an_example_names_no_text_of_the_header() -> None:
    odd = [{"ImageType": "ORIGINAL\\MUELLER"}, {"ImageType": "ORIGINAL\\HANS"}]
    odd = [one | {"ConvolutionKernel": name} for one, name in zip(odd, ("MUELLER", "HANS"), strict=True)]
    message = refused(found(odd)).message
    assert not [word for word in ("MUELLER", "HANS", "mueller") if word in message]


def test_magnitude_beside_phase_is_obvious_and_said() -> None:
    variants = [{**MR, "ImageType": f"ORIGINAL\\PRIMARY\\{word}\\ND"} for word in "PM"]
    selection = select(found(variants))
    assert variants_of(selection) == {1}
    assert selection.why == "Of several images of each place magnitude is contoured; the others are phase images."
    components = [{**MR, "ComplexImageComponent": word} for word in ("MAGNITUDE", "REAL", "IMAGINARY")]
    assert variants_of(select(found(components))) == {0}


def test_an_image_beside_its_projection_is_obvious_and_two_images_are_not() -> None:
    variants: list[dict[str, Any]] = [{"ImageType": "ORIGINAL\\PRIMARY"}, {"ImageType": "DERIVED\\SECONDARY\\MIP"}]
    assert variants_of(select(found(variants))) == {0}
    assert refused(found([*variants, {"ImageType": "ORIGINAL\\PRIMARY", "AcquisitionNumber": 2}])).code


def test_each_is_every_volume_with_a_name_and_a_label_of_its_own() -> None:
    volumes = found(BREATHING)
    each = each_of(volumes, None)
    assert len(each) == 12
    assert len({wanted.key for wanted, _ in each}) == 12
    labels = ["average", "maximum", *(f"phase {10 * n} %" for n in range(10))]
    assert [name.label for _, name in each] == labels
    assert all(len(name.label) <= 16 for _, name in each)
    for wanted, name in each:
        selection = select(volumes, wanted=wanted)
        assert len(variants_of(selection)) == 1
        assert selection.name == name
        assert selection.why is not None
        assert "One of several volumes" in selection.why


def test_each_of_what_a_pick_leaves() -> None:
    volumes = found(DIFFUSION)
    each = each_of(volumes, {B_VALUE: 1000})
    assert len(each) == 4
    met = [variants_of(select(volumes, wanted=wanted)) for wanted, _ in each]
    assert sorted(map(sorted, met)) == [[1], [2], [3], [4]]


def test_each_of_a_single_volume_is_the_series_itself() -> None:
    assert each_of(volumes_of(series(*stack(12))), None) == ()


def test_each_of_two_planes_is_called_by_how_they_lie() -> None:
    volumes = volumes_of(series(*stack(20), *stack(15, orientation=CORONAL)))
    each = each_of(volumes, None)
    assert [name.words for _, name in each] == ["AXIAL", "CORONAL"]
    assert [len(select(volumes, wanted=wanted).kept) for wanted, _ in each] == [20, 15]


def test_each_is_limited_and_says_why() -> None:
    film = found([{**MR, "TriggerTime": 20 * n} for n in range(MOST_VOLUMES + 1)], places=3)
    with pytest.raises(InputRefused) as refusal:
        each_of(film, None)
    assert refusal.value.code == "TOO_MANY_VOLUMES"
    assert f"at most {MOST_VOLUMES}, as a person has to look" in refusal.value.message


def test_each_of_images_that_nothing_tells_apart_is_refused() -> None:
    with pytest.raises(InputRefused) as refusal:
        each_of(found([{}, {}]), None)
    assert refusal.value.code == "SEVERAL_IMAGES"


def moving(times: int, places: int) -> Volumes:
    """A film whose moments differ from slice to slice."""
    return volumes_of(
        series(
            *(
                slice_tags(
                    3.0 * place,
                    1 + place,
                    SOPInstanceUID=f"2.25.{1000 * time + place}",
                    TriggerTime=f"{35.2 * time + 0.3 * place:.1f}",
                    **MR,
                )
                for time in range(times)
                for place in range(places)
            )
        )
    )


def test_moments_that_differ_from_slice_to_slice_are_compared_at_each_place() -> None:
    volumes = moving(5, 6)
    assert len(volumes.volumes) == 5
    assert variants_of(picked(volumes, {"TriggerTime": "first"})) == {0}
    assert variants_of(picked(volumes, {"TriggerTime": "last"})) == {4}
    assert [name.label for _, name in each_of(volumes, None)] == [f"time {n}/5" for n in range(1, 6)]


def test_a_place_that_lacks_an_image_never_gets_that_of_another_moment() -> None:
    slices = repeated(ECHOES)
    lacking = [one for one in slices if one["0008,0018"]["Value"] != "2.25.3"]
    refusal = refused(volumes_of(series(*lacking)), {"EchoTime": "shortest"})
    assert refusal.code == "GEOMETRY_GAP"
    film = moving(3, 6)
    most = [one for volume in film.volumes for one in volume.slices if one.header.sop_instance_uid != "2.25.2"]
    with pytest.raises(InputRefused) as refused_film:
        select(tell_apart(most), wanted=WantedVolume({"TriggerTime": "first"}))
    assert "TriggerTime differs from slice to slice" in refused_film.value.message


def test_an_attribute_of_single_slices_picks_no_volume() -> None:
    places = [one | {"0020,1041": element(one["0020,0032"]["Value"].split("\\")[2])} for one in repeated(ECHOES)]
    refusal = refused(volumes_of(series(*places)), {"SliceLocation": "smallest"})
    assert "SliceLocation differs from slice to slice" in refusal.message


def numbered(numbers: Mapping[tuple[int, int], int]) -> Volumes:
    """Images that only their numbers tell apart, by time and place."""
    return volumes_of(
        series(
            *(
                slice_tags(3.0 * place, number, SOPInstanceUID=f"2.25.{1000 * time + place}", **MR)
                for (time, place), number in numbers.items()
            )
        )
    )


@pytest.mark.parametrize(
    "number",
    [lambda time, place: 1 + 6 * time + place, lambda time, place: 1 + 3 * place + time],
    ids=["time", "place"],
)
def test_images_that_are_only_numbered_are_told_apart_where_the_numbers_are_regular(number: Any) -> None:
    film = numbered({(time, place): number(time, place) for time in range(3) for place in range(6)})
    assert variants_of(picked(film, {"InstanceNumber": "first"})) == {0}
    assert variants_of(picked(film, {"InstanceNumber": "last"})) == {2}
    assert '"Pick": {"InstanceNumber": "first"}' in refused(film).message
    assert [name.label for _, name in each_of(film, None)] == ["no. 1/3", "no. 2/3", "no. 3/3"]


def test_irregular_numbers_tell_nothing() -> None:
    odd = [1, 2, 7, 4, 9, 6, 3, 8, 5, 10, 11, 12]
    film = numbered({(at // 6, at % 6): number for at, number in enumerate(odd)})
    assert "InstanceNumber differs from slice to slice" in refused(film, {"InstanceNumber": "first"}).message
    assert '"Pick"' not in refused(film).message


def test_the_largest_of_volumes_of_different_size() -> None:
    volumes = volumes_of(series(*stack(20), *stack(15, orientation=CORONAL)))
    assert len(picked(volumes, "largest").kept) == 20


def test_the_first_of_acquisitions_over_midnight_is_the_earlier_one() -> None:
    late = {"AcquisitionDate": "20260131", "AcquisitionTime": "235900"}
    early = {"AcquisitionDate": "20260201", "AcquisitionTime": "000100"}
    assert variants_of(picked(found([early, late]), {"AcquisitionTime": "first"})) == {1}


@pytest.mark.parametrize(
    ("rule", "variants", "wanted"),
    [
        ("first echo", ECHOES, [{0}]),
        ("Dixon, on water", DIXON, [{0}]),
        ("diffusion, without weighting", DIFFUSION, [{0}]),
        ("diffusion, trace", DIFFUSION, [{4}]),
        ("4D CT, every phase", BREATHING, [{number} for number in range(10)]),
        ("4D CT, average", BREATHING, [{10}]),
    ],
)
def test_the_rules_of_the_page_do_as_it_says(
    rule: str, variants: Sequence[Mapping[str, Any]], wanted: list[set[int]]
) -> None:
    section = re.search(r"^## Several images of one place\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    assert section
    written = re.search(r"^```json\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)
    assert written
    rules, problems = read_rules(json.loads(written[1]), known_keywords())
    assert problems == []
    (meant,) = [one for one in rules if one.name == rule]
    volumes = found(variants)
    each = each_of(volumes, meant.pick) if meant.each else [(WantedVolume(meant.pick), None)]
    assert sorted(variants_of(select(volumes, wanted=one)) for one, _ in each) == wanted
