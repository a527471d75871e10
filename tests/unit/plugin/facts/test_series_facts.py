"""The facts of a series, from what Orthanc says of every slice."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.facts.given import given_facts
from plugin.facts.series import Circumstances, Sibling, facts_of
from plugin.facts.series_tags import SeriesTags
from routing.facts import FACTS, SeriesFacts
from routing.names import FactName, parse_steps
from tests.builders.orthanc_tags import AXIAL, CORONAL, SAGITTAL, series, slice_tags, stack, tags

TILTED = (1.0, 0.0, 0.0, 0.0, 0.9659258, -0.2588190)


def shown(facts: SeriesFacts) -> dict[str, Any]:
    return {name: attribute.shown for name, attribute in facts.named.items()}


def seen(facts: SeriesFacts, name: str) -> Any:
    return facts.attribute(FactName(name, parse_steps(name))).shown


def test_facts_of_a_plain_axial_series() -> None:
    facts = shown(facts_of(series(*stack(40, step=2.5))))
    assert facts == {
        "Slices": 40,
        "Localizers": 0,
        "Acquisitions": 1,
        "Orientation": "AXIAL",
        "SpacingMm": 2.5,
        "ExtentMm": 100.5,
        "ThicknessMm": 3.0,
        "Uniform": True,
        "TiltDegrees": 0.0,
        "Contrast": False,
    }


@pytest.mark.parametrize(("orientation", "called"), [(AXIAL, "AXIAL"), (CORONAL, "CORONAL"), (SAGITTAL, "SAGITTAL")])
def test_orientation(orientation: tuple[int, ...], called: str) -> None:
    assert shown(facts_of(series(*stack(5, orientation=orientation))))["Orientation"] == called


def test_a_tilted_gantry() -> None:
    assert shown(facts_of(series(*stack(5, orientation=TILTED))))["TiltDegrees"] == pytest.approx(15, abs=0.01)


def test_a_hole_is_not_uniform() -> None:
    slices = stack(10)
    del slices[4]
    facts = shown(facts_of(series(*slices)))
    assert (facts["Uniform"], facts["Slices"], facts["SpacingMm"]) == (False, 9, 3.0)


def test_localizers_are_counted_apart() -> None:
    scout = slice_tags(-50, 0, CORONAL, ImageType="ORIGINAL\\PRIMARY\\LOCALIZER")
    facts = shown(facts_of(series(scout, *stack(20))))
    assert (facts["Slices"], facts["Localizers"], facts["Orientation"]) == (20, 1, "AXIAL")


def test_volumes_that_differ_show_that_they_do() -> None:
    facts = shown(facts_of(series(*stack(10), *stack(10, orientation=CORONAL))))
    assert facts["Acquisitions"] == 2
    assert facts["Orientation"] == "differs between slices: AXIAL | CORONAL"


def test_a_series_without_geometry_has_the_facts_that_it_can_have() -> None:
    facts = shown(facts_of(series(tags(Modality="CT"), tags(Modality="CT"))))
    assert facts["Slices"] == 2
    assert facts["Orientation"] is None
    assert facts["Uniform"] is None


def test_no_slice_at_all() -> None:
    facts = facts_of({})
    assert shown(facts)["Slices"] == 0
    assert seen(facts, "Modality") is None


def test_one_slice_has_no_spacing() -> None:
    facts = shown(facts_of(series(*stack(1))))
    assert facts["SpacingMm"] is None
    assert facts["ExtentMm"] == 3.0


def test_contrast_given() -> None:
    assert shown(facts_of(series(*stack(3, ContrastBolusAgent="Iodine"))))["Contrast"] is True


def test_sender_and_time_of_arrival_in_the_sites_own_time() -> None:
    metadata = {
        "RemoteAET": "CT_1",
        "CalledAET": "ORTHANC",
        "Origin": "DicomProtocol",
        "RemoteIP": "10.0.0.7",
        "ReceptionDate": "20260103T233000",
    }
    facts = shown(facts_of({}, metadata=metadata, zone=timezone(timedelta(hours=2))))
    assert {name: facts[name] for name in ("CallingAet", "CalledAet", "Origin", "RemoteIp", "Weekday", "Time")} == {
        "CallingAet": "CT_1",
        "CalledAet": "ORTHANC",
        "Origin": "DicomProtocol",
        "RemoteIp": "10.0.0.7",
        "Weekday": "Sunday",
        "Time": "01:30",
    }


def test_what_orthanc_made_of_another_series_is_known() -> None:
    facts = shown(facts_of({}, metadata={"Origin": "Plugins", "ModifiedFrom": "a", "AnonymizedFrom": "b"}))
    assert (facts["Modified"], facts["Anonymized"]) == (True, True)
    assert shown(facts_of({}, metadata={"Origin": "RestApi"}))["Modified"] is False
    assert "Modified" not in shown(facts_of({}))


@pytest.mark.parametrize("written", ["", "yesterday", "20261399T000000"])
def test_a_reception_that_cannot_be_read_is_a_missing_fact(written: str) -> None:
    assert "Time" not in shown(facts_of({}, metadata={"ReceptionDate": written}))


def test_siblings_in_the_study() -> None:
    around = Circumstances(siblings=(Sibling("PT", "WB AC"), Sibling("CT", "")), objection=False, veto="x")
    facts = shown(facts_of(series(*stack(2)), around=around))
    assert facts["StudySeries"] == 3
    assert facts["StudyModalities"] == ["CT", "PT"]
    assert facts["StudyDescriptions"] == "WB AC"
    assert facts["Objection"] is False
    assert facts["Veto"] == "x"


def test_every_fact_that_is_built_is_one_that_rules_know() -> None:
    metadata = {"RemoteAET": "A", "CalledAET": "B", "Origin": "C", "RemoteIP": "D", "ReceptionDate": "20260101T000000"}
    around = Circumstances(siblings=(Sibling("PT", "WB"),), objection=True, veto="x")
    built = shown(facts_of(series(*stack(3)), metadata=metadata, around=around))
    assert set(built) == set(FACTS)


def test_attributes_of_every_slice() -> None:
    request = [{"RequestedProcedureDescription": "CT Thorax"}]
    facts = facts_of(
        series(*(slice_tags(n, n, ImageComments=f"{n}", RequestAttributesSequence=request) for n in range(3)))
    )
    assert seen(facts, "Modality") == "CT"
    assert seen(facts, "0008,0060") == "CT"
    assert seen(facts, "RequestAttributesSequence.RequestedProcedureDescription") == "CT Thorax"
    assert seen(facts, "ImageComments") == "differs between slices: 0 | 1 | 2"


def private(**elements: Any) -> dict[str, Any]:
    return tags(**{tag.replace("_", ","): value for tag, value in elements.items()})


def test_private_attributes_follow_their_creator_wherever_its_block_is() -> None:
    here = private(**{"0029_0010": "OTHER", "0029_0011": "ACME 1.1 ", "0029_1008": "wrong", "0029_1108": "right"})
    there = private(**{"0029_0010": "ACME 1.1", "0029_1008": "right", "0029_1009": None})
    facts = facts_of(series(here, there))
    assert seen(facts, "0029,xx08:ACME 1.1") == "right"
    assert seen(facts, "0029,1008:ACME 1.1") == "right"
    assert seen(facts, "0029,xx08:NOBODY") is None


def test_binary_values_are_there_but_not_to_be_compared() -> None:
    facts = facts_of(series(private(**{"0029_0010": "ACME", "0029_1009": None})))
    assert seen(facts, "0029,xx09:ACME") == "(present, no text)"


def test_a_backslash_in_free_text_separates_nothing() -> None:
    facts = facts_of(series(tags(ImageComments="a\\b", ImageType="a\\b")))
    assert seen(facts, "ImageComments") == "a\\b"
    assert seen(facts, "ImageType") == ["a", "b"]


def test_names_of_the_sites_own_dictionary_are_found_by_orthancs_name() -> None:
    own = {"0029,1008": {"Name": "VendorProtocol", "Type": "String", "Value": "x"}}
    assert seen(facts_of(series(own)), "VendorProtocol") == "x"


def test_headers_for_the_geometry() -> None:
    header = SeriesTags.parse(series(*stack(2))).slices[0].header
    assert header.modality == "CT"
    assert header.pixel_spacing == ("0.8", "0.8")


def test_tags_given_in_orthancs_own_forms() -> None:
    one = stack(1)[0]
    assert seen(given_facts(one), "Modality") == "CT"
    assert shown(given_facts(series(*stack(4))))["Slices"] == 4


ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["Name", "Type", "Value", "0008,0060"]), inner, max_size=3),
    ),
    max_leaves=8,
)
TAGS = st.sampled_from(
    [
        "0008,0008",
        "0008,0060",
        "0020,0032",
        "0020,0037",
        "0028,0030",
        "0018,0050",
        "0020,1002",
        "0029,0010",
        "0029,1008",
        "x",
    ]
)
NUMBERS = st.sampled_from(
    ["0\\0\\1", "nan\\0\\0", "1e400\\0\\0", "1\\0\\0\\0\\1\\0", "0\\0", "-1", "LOCALIZER", "\0", "1\\1"]
)
ELEMENT = st.one_of(ODD, NUMBERS.map(lambda text: {"Name": "", "Type": "String", "Value": text}))


@given(
    st.dictionaries(st.text(max_size=3), st.one_of(ODD, st.dictionaries(TAGS, ELEMENT, max_size=8)), max_size=4), ODD
)
def test_odd_input_never_raises(instances: Any, metadata: Any) -> None:
    facts = facts_of(instances, metadata=metadata if isinstance(metadata, dict) else None)
    for name in (
        "Modality",
        "0029,xx08:ACME",
        "0029,10xx:ACME",
        "RequestAttributesSequence.Modality",
        "VendorProtocol",
    ):
        seen(facts, name)
    assert shown(facts)["Slices"] >= 0
