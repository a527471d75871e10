"""Each frame of an enhanced CT or MR image is a slice, with the attributes that a classic slice has."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydicom.dataset import Dataset

from model.errors import InputRefused
from model.series.frame_reference import parse_image_reference
from plugin.facts.completeness import Completeness, CompletenessState, completeness_of
from plugin.facts.selection import select
from plugin.facts.series import facts_of
from plugin.facts.volumes import Volumes, volumes_of
from routing.facts import FACTS, SeriesFacts
from routing.names import FactName, parse_steps
from tests.builders.enhanced_series import GE, MAKERS, PHILIPS, Maker, enhanced, frames_of, legacy_converted
from tests.builders.functional_groups import Frame
from tests.builders.orthanc_tags import tags_of
from tests.builders.phantom import Phantom, phantom_series

SMALL = Phantom(slices=12, size=16)
CLASSIC = ("SliceThickness", "KVP", "PatientPosition", "SeriesDescription", "Modality", "RescaleSlope")
SHAPES = ("Slices", "Orientation", "SpacingMm", "ExtentMm", "ThicknessMm", "Uniform", "TiltDegrees", "Acquisitions")


def slices(phantom: Phantom = SMALL, **attributes: Any) -> list[Dataset]:
    return phantom_series(phantom, KVP="120", **attributes)


def mr(count: int = 6) -> list[Dataset]:
    made = phantom_series(Phantom(slices=count, size=16))
    for one in made:
        one.Modality, one.SOPClassUID = "MR", "1.2.840.10008.5.1.4.1.1.4"
        one.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    return made


def answer(*objects: Dataset) -> dict[str, dict[str, Any]]:
    return {f"instance-{number}": tags_of(one) for number, one in enumerate(objects)}


def seen(facts: SeriesFacts, name: str) -> object:
    return facts.attribute(FactName(name, () if name in FACTS else parse_steps(name))).shown


def found(*objects: Dataset) -> Volumes:
    return volumes_of(answer(*objects))


def judged(*objects: Dataset) -> Completeness:
    return completeness_of(found(*objects))


def sizes(*objects: Dataset) -> list[int]:
    return [len(volume.slices) for volume in found(*objects).volumes]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_rules_ask_an_enhanced_series_what_they_ask_the_classic_one(maker: Maker) -> None:
    classic = slices()
    facts, expected = facts_of(answer(*enhanced(classic, maker))), facts_of(answer(*classic))
    for name in (*CLASSIC, *SHAPES):
        assert seen(facts, name) == seen(expected, name) is not None, name


def test_a_legacy_converted_series_says_what_it_said() -> None:
    pytest.importorskip("highdicom.legacy", reason="the extra seg is not installed")
    classic = slices(ConvolutionKernel="B30f", ProtocolName="Head")
    facts, expected = facts_of(answer(legacy_converted(classic))), facts_of(answer(*classic))
    for name in ("ConvolutionKernel", "KVP", "ProtocolName", "SliceThickness", *SHAPES):
        assert seen(facts, name) == seen(expected, name) is not None, name


def test_attributes_with_another_name_are_found_under_the_classic_one() -> None:
    frames = frames_of(mr(), echo_ms=4.6, temporal=3, trigger_ms=120.5)
    facts = facts_of(answer(*enhanced(frames, GE)))
    said = {name: seen(facts, name) for name in ("EchoTime", "TemporalPositionIdentifier", "TriggerTime")}
    assert said == {"EchoTime": "4.6", "TemporalPositionIdentifier": "3", "TriggerTime": "120.5"}


def test_frames_in_any_order_are_named_by_their_number() -> None:
    classic = slices()
    (one,) = enhanced(classic, PHILIPS, shuffle=7)
    kept = select(found(one)).kept
    references = [parse_image_reference(header.sop_instance_uid) for header in kept]
    assert {reference.sop_instance_uid for reference in references} == {one.SOPInstanceUID}
    assert sorted(reference.frame or 0 for reference in references) == list(range(1, SMALL.slices + 1))
    for header, reference in zip(kept, references, strict=True):
        frame = one.PerFrameFunctionalGroupsSequence[(reference.frame or 0) - 1]
        position = frame.PlanePositionSequence[0].ImagePositionPatient
        assert [float(text) for text in header.position] == [float(value) for value in position]


def test_what_makers_put_into_groups_of_their_own_changes_nothing() -> None:
    (one,) = enhanced(slices(), PHILIPS)
    assert seen(facts_of(answer(one)), "SliceThickness") == seen(facts_of(answer(*slices())), "SliceThickness")


@pytest.mark.parametrize(
    ("name", "values"),
    [("stack", ("1", "2")), ("temporal", (1, 2)), ("echo_ms", (4.6, 9.2)), ("b_value", (0.0, 1000.0))],
)
def test_several_images_of_one_place_in_one_object_are_told_apart(name: str, values: Sequence[Any]) -> None:
    classic = mr()
    frames = [replace(Frame(one), **{name: value}) for one in classic for value in values]
    assert sizes(*enhanced(frames, GE)) == [6, 6]


def test_all_parts_of_a_concatenation_are_waited_for() -> None:
    parts = enhanced(slices(), GE, parts=3)
    waiting = judged(*parts[:2])
    assert (waiting.state, waiting.code, waiting.certain) == (CompletenessState.WAITING, "CONCATENATION", True)
    assert "1 of 3 parts" in waiting.reason
    whole = judged(*reversed(parts))
    assert (whole.state, whole.slices) == (CompletenessState.WHOLE, SMALL.slices)


def test_without_a_total_a_part_is_missing_where_a_later_one_came() -> None:
    parts = enhanced(slices(), GE, parts=3)
    for one in parts:
        del one.InConcatenationTotalNumber
    assert judged(parts[0], parts[2]).code == "CONCATENATION"
    assert judged(*parts).state is CompletenessState.WHOLE


@pytest.mark.parametrize("broken", ["NumberOfFrames", "PerFrameFunctionalGroupsSequence"])
def test_frames_that_are_not_described_one_by_one_are_refused_with_the_attribute(broken: str) -> None:
    whole, other = enhanced(slices(), GE), enhanced(slices(), GE)[0]
    if broken == "NumberOfFrames":
        other.NumberOfFrames = SMALL.slices + 1
    else:
        del other.PerFrameFunctionalGroupsSequence
    for objects in ([other], [*whole, other]):
        with pytest.raises(InputRefused, match=broken) as refused:
            select(found(*objects))
        assert refused.value.code == "FRAME_GROUPS"
        said = judged(*objects)
        assert (said.state, said.code) == (CompletenessState.BROKEN, "FRAME_GROUPS")


@pytest.mark.parametrize(
    ("group", "keyword"),
    [
        ("PlanePositionSequence", "ImagePositionPatient"),
        ("PlaneOrientationSequence", "ImageOrientationPatient"),
        ("PixelMeasuresSequence", "PixelSpacing"),
    ],
)
def test_frames_without_a_place_are_refused_with_the_attribute(group: str, keyword: str) -> None:
    (one,) = enhanced(slices(), PHILIPS)
    for frame in one.PerFrameFunctionalGroupsSequence:
        del frame[group]
    said = judged(one)
    assert (said.state, said.code) == (CompletenessState.BROKEN, "GEOMETRY_MISSING")
    assert keyword in said.reason


def test_colour_frames_are_no_slices() -> None:
    said = judged(*enhanced(slices(), GE, SamplesPerPixel=3))
    assert said.code == "NOT_A_SLICE"
    assert "SamplesPerPixel" in said.reason


def test_localizer_frames_are_left_out() -> None:
    scout = [replace(Frame(one), kind=("ORIGINAL", "PRIMARY", "LOCALIZER", "NONE")) for one in slices()[:3]]
    facts = facts_of(answer(*enhanced([*frames_of(slices()), *scout], GE)))
    assert (seen(facts, "Localizers"), seen(facts, "Slices")) == (3, SMALL.slices)


def test_the_time_of_an_object_grows_with_its_frames() -> None:
    tags = {count: tags_of(enhanced(slices(Phantom(slices=count, size=4)), PHILIPS)[0]) for count in (100, 400)}

    def seconds(count: int) -> float:
        started = time.process_time()
        volumes_of({"one": tags[count]})
        return time.process_time() - started

    few, many = (min(seconds(count) for _ in range(3)) for count in (100, 400))
    assert many < 10 * few


@pytest.mark.parametrize(("said", "found"), [("CHEST", "CHEST"), ("HEAD", "HEAD"), (None, "CHEST")])
def test_the_region_of_a_frame_is_its_body_part_where_the_object_says_none(said: str | None, found: str) -> None:
    (one,) = enhanced(slices(), GE)
    if said is None:
        del one.BodyPartExamined
    else:
        one.BodyPartExamined = said
    assert seen(facts_of(answer(one)), "BodyPartExamined") == found


@pytest.mark.parametrize(
    ("said", "scanning", "variant"),
    [
        ({}, "GR", "SP"),
        ({"EchoPulseSequence": "SPIN", "EchoPlanarPulseSequence": "YES"}, ["SE", "EP"], "SP"),
        ({"EchoPulseSequence": "BOTH", "SteadyStatePulseSequence": "TIME_REVERSED"}, ["SE", "GR"], ["TRSS", "SP"]),
        ({"SegmentedKSpaceTraversal": "FULL", "OversamplingPhase": "3D"}, "GR", ["SK", "SP", "OSP"]),
        ({"EchoPulseSequence": None}, None, "SP"),
        ({"EchoPulseSequence": "A NAME", "SteadyStatePulseSequence": None}, None, None),
    ],
)
def test_an_enhanced_mr_says_its_sequence_as_a_classic_one(
    said: dict[str, Any], scanning: object, variant: object
) -> None:
    (one,) = enhanced(frames_of(mr(), echo_ms=4.6), PHILIPS, **said)
    facts = facts_of(answer(one))
    assert (seen(facts, "ScanningSequence"), seen(facts, "SequenceVariant")) == (scanning, variant)


def test_a_sequence_that_is_none_of_the_variants_says_so() -> None:
    (one,) = enhanced(frames_of(mr(), echo_ms=4.6), PHILIPS)
    shared, groups = one.SharedFunctionalGroupsSequence[0], one.PerFrameFunctionalGroupsSequence
    for item in (shared, *groups):
        for modifier in item.get("MRModifierSequence") or ():
            modifier.Spoiling, modifier.InversionRecovery = "NONE", "YES"
    facts = facts_of(answer(one))
    assert (seen(facts, "ScanningSequence"), seen(facts, "SequenceVariant")) == (["GR", "IR"], "NONE")
