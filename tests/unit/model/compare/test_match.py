"""ROIs are paired by code and name, never by number; what is ambiguous is paired with nothing, and said."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterable, Mapping

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from model.compare.compare import compare_structure_sets
from model.compare.comparison import RoiComparison
from model.compare.options import CompareOptions
from tests.builders import series
from tests.builders.drawings import written

PLAN = series.GEOMETRIES["axial"]
GEOMETRY = series.geometry(PLAN)


def ours(*labels: str) -> Dataset:
    """Each structure is a box of its own, so that a wrong pair is seen by its numbers."""
    masks = []
    for number, label in enumerate(labels):
        mask = np.zeros(GEOMETRY.shape, dtype=np.bool_)
        mask[1:7, 2 + 12 * number : 12 + 12 * number, 10:40] = True
        masks.append((label, mask))
    return dcmread(io.BytesIO(written(PLAN, masks).content))


def renamed(dataset: Dataset, names: Iterable[str], *, coded: bool = False) -> Dataset:
    """The ROIs of a structure set under other names; without their codes, unless they are kept."""
    made = copy.deepcopy(dataset)
    for roi, name in zip(made.StructureSetROISequence, names, strict=True):
        roi.ROIName = name
    if not coded:
        del made.RTROIObservationsSequence
    return made


def found(reference: Dataset, other: Dataset, aliases: Mapping[str, str] | None = None) -> list[RoiComparison]:
    return list(compare_structure_sets(reference, other, GEOMETRY, CompareOptions(aliases=aliases or {})).rois)


def verdicts(reference: Dataset, other: Dataset, aliases: Mapping[str, str] | None = None) -> dict[str | None, str]:
    return {roi.name: roi.verdict.value for roi in found(reference, other, aliases)}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("kidney_left", "kidney_left"),
        ("kidney_left", "LEFT KIDNEY"),
        ("kidney_left", "Kidney, lt"),
        ("kidney_left", "  Kidney_L\0"),
        ("heart", "HEART "),
        ("esophagus", "Esophagus"),
        ("my structure", "My_Structure"),
    ],
)
def test_another_spelling_is_the_same_name(label: str, name: str) -> None:
    reference = ours(label)
    assert set(verdicts(reference, renamed(reference, [name])).values()) == {"untouched"}


@pytest.mark.parametrize("name", ["Kidney_R", "right kidney", "PTV_Kidney_L", "Kidney_L_PRV05", "Kidney"])
def test_another_side_a_margin_and_less_than_the_name_are_another_structure(name: str) -> None:
    reference = ours("kidney_left")
    assert verdicts(reference, renamed(reference, [name]))["Kidney_L"] == "deleted"


def test_the_code_comes_before_the_name_and_a_name_at_odds_with_it_is_said() -> None:
    reference = ours("heart", "liver")
    swapped = renamed(reference, ["Liver", "Heart"], coded=True)
    rows = found(reference, swapped)
    assert [(roi.name, roi.other_name, roi.verdict.value) for roi in rows] == [
        ("Heart", "Liver", "untouched"),
        ("Liver", "Heart", "untouched"),
    ]
    assert {roi.code for roi in rows} == {"ROI_AT_ODDS"}


def test_a_name_whose_code_is_of_another_structure_is_said() -> None:
    reference = ours("heart")
    other = copy.deepcopy(reference)
    other.RTROIObservationsSequence[0].RTROIIdentificationCodeSequence[0].CodeValue = "10200004"
    (roi,) = found(reference, other)
    assert (roi.verdict.value, roi.code) == ("untouched", "ROI_AT_ODDS")


def test_a_code_that_lost_its_side_takes_it_from_the_name() -> None:
    reference = ours("kidney_left", "kidney_right")
    other = copy.deepcopy(reference)
    for observation in other.RTROIObservationsSequence:
        del observation.RTROIIdentificationCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence
    assert set(verdicts(reference, other).values()) == {"untouched"}
    only_right = copy.deepcopy(other)
    del only_right.StructureSetROISequence[0], only_right.ROIContourSequence[0]
    assert verdicts(reference, only_right) == {"Kidney_L": "deleted", "Kidney_R": "untouched"}


def test_codes_without_sides_and_names_that_say_none_are_ambiguous() -> None:
    reference = ours("kidney_left", "kidney_right")
    other = renamed(reference, ["niere 1", "niere 2"], coded=True)
    for observation in other.RTROIObservationsSequence:
        del observation.RTROIIdentificationCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence
    rows = found(reference, other)
    assert {(roi.verdict.value, roi.code) for roi in rows} == {("not comparable", "ROI_AMBIGUOUS")}
    assert len(rows) == 4
    named = {"niere 1": "Kidney_L", "Niere 2": "Kidney_R"}
    assert verdicts(reference, other, named) == {"Kidney_L": "untouched", "Kidney_R": "untouched"}


def test_two_rois_of_one_name_are_ambiguous_unless_only_one_is_drawn() -> None:
    reference = ours("heart")
    both = renamed(ours("heart", "liver"), ["Heart", "Heart"])
    assert verdicts(reference, both) == {"Heart": "not comparable", None: "not comparable"}
    del both.ROIContourSequence[1]
    assert verdicts(reference, both) == {"Heart": "untouched"}


def test_a_copy_that_kept_the_code_does_not_come_between() -> None:
    reference = ours("heart")
    both = renamed(ours("heart", "liver"), ["Herz", "zz_Herz"], coded=True)
    for observation in both.RTROIObservationsSequence:
        observation.RTROIIdentificationCodeSequence[0].CodeValue = "80891009"
    assert verdicts(reference, both) == {"Heart": "untouched"}


def test_numbers_pair_nothing() -> None:
    reference = ours("heart", "liver")
    assert verdicts(reference, renamed(reference, ["", ""])) == {
        "Heart": "deleted",
        "Liver": "deleted",
        None: "added",
    }
    nameless = renamed(reference, ["", ""])
    assert set(verdicts(nameless, nameless).values()) == {"deleted", "added"}


def test_an_alias_and_a_cut_name_pair() -> None:
    reference = ours("heart")
    assert verdicts(reference, renamed(reference, ["Herz gesamt"]), {"herz gesamt ": "heart"}) == {"Heart": "untouched"}
    long = renamed(reference, ["Heart and great vessels"])
    assert verdicts(long, renamed(reference, ["Heart and great "[:15]])) == {"Heart and great vessels": "untouched"}


def test_a_name_whose_code_says_the_other_side_is_said_first() -> None:
    reference = ours("kidney_left", "kidney_right")
    other = copy.deepcopy(reference)
    left, right = other.RTROIObservationsSequence
    right.RTROIIdentificationCodeSequence = copy.deepcopy(left.RTROIIdentificationCodeSequence)
    of = {roi.name: roi for roi in found(reference, other)}
    assert (of["Kidney_L"].verdict.value, of["Kidney_L"].code) == ("untouched", None)
    assert (of["Kidney_R"].verdict.value, of["Kidney_R"].code) == ("untouched", "ROI_AT_ODDS")
    assert of["Kidney_R"].reason == "paired by its name, while its code says another side"


def test_codes_that_were_exchanged_are_said_before_what_the_numbers_tell() -> None:
    reference = ours("kidney_left", "kidney_right")
    other = copy.deepcopy(reference)
    left, right = other.RTROIObservationsSequence
    left.ReferencedROINumber, right.ReferencedROINumber = right.ReferencedROINumber, left.ReferencedROINumber
    del other.ROIContourSequence[0].ContourSequence[0]
    for roi in found(reference, other):
        assert (roi.verdict.value, roi.code) == ("edited", "ROI_AT_ODDS")
        assert str(roi.reason).startswith("paired by its code, while another ROI has its name")


@pytest.mark.parametrize("name", ["gtv-1", "GTV 1", "Gtv-1  "])
def test_a_target_of_the_reference_is_paired_in_any_spelling(name: str) -> None:
    reference = renamed(ours("heart"), ["GTV-1"])
    assert verdicts(reference, renamed(reference, [name], coded=True)) == {"GTV-1": "untouched"}


def test_an_roi_that_was_renamed_is_paired_by_nothing_but_the_table_and_that_is_said() -> None:
    reference = ours("heart", "liver")
    rows = found(reference, renamed(reference, ["Herz", "Liver"]))
    assert [(roi.name, roi.verdict.value, roi.code) for roi in rows] == [
        ("Heart", "deleted", "ROI_RENAMED"),
        ("Liver", "untouched", None),
        (None, "added", None),
    ]
