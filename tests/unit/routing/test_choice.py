"""The best of several series: criteria in their order, each told; alternatives kept apart from what is none."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from routing.candidates import ANNOUNCED, AVERAGE, DERIVED, PROJECTION, REFORMAT, REFUSED, SHARP, SOFT, Candidate
from routing.choice import Verdict, choose
from routing.one_per_study import OnePerStudy

ANY = OnePerStudy()
BEST = Candidate(
    "b", orientation="AXIAL", thickness=1.25, kernel=SOFT, contrast=False, extent=300.0, slices=240, low=0.0, high=300.0
)


def verdict_on(other: Candidate, best: Candidate = BEST, wanted: OnePerStudy = ANY) -> Verdict:
    """What is said of the one that is not chosen of two; ``best`` is."""
    verdicts = {verdict.candidate.series: verdict for verdict in choose([other, best], wanted)}
    assert verdicts[best.series].is_chosen
    assert not verdicts[other.series].is_chosen
    return verdicts[other.series]


@pytest.mark.parametrize(
    ("other", "criterion", "said"),
    [
        ({"state": ANNOUNCED, "thickness": 1.0}, "Whole", "the whole one was contoured: series b"),
        ({"state": REFUSED, "thickness": 1.0}, "Whole", "the whole one was contoured: series b"),
        ({"image": DERIVED, "thickness": 1.0}, "Image", "the plain one was contoured: series b; this one is derived"),
        ({"image": AVERAGE, "thickness": 1.0}, "Image", "this one is an average"),
        ({"image": REFORMAT, "thickness": 1.0}, "Image", "this one is a reformat (MPR)"),
        ({"image": PROJECTION, "thickness": 1.0}, "Image", "this one is a projection (MIP, MinIP)"),
        ({"orientation": "CORONAL", "thickness": 1.0}, "Orientation", "the AXIAL one was contoured: series b"),
        ({"orientation": None}, "Orientation", "of unknown orientation"),
        (
            {"thickness": 5.0},
            "Thickness",
            "the thinner one was contoured: series b; it has 1.25 mm, this one 5 mm.",
        ),
        ({"thickness": 0.4}, "Thickness", "the thicker one was contoured: series b; it has 1.25 mm, this one 0.4 mm"),
        ({"thickness": None}, "Thickness", "the one whose thickness is known"),
        (
            {"kernel": SHARP},
            "Kernel",
            "the one with the soft kernel was contoured: series b; that of this",
        ),
        ({"kernel": None}, "Kernel", "is of no known kind"),
        ({"extent": 200.0}, "Extent", "the longer one was contoured: series b; it covers 300 mm, this one 200 mm."),
        ({"slices": 120}, "Slices", "the one with more slices was contoured: series b; it has 240, this one 120."),
        ({}, "OrthancId", "alike in all that is compared"),
    ],
)
def test_the_first_criterion_that_differs_decides_and_is_told(
    other: dict[str, object], criterion: str, said: str
) -> None:
    verdict = verdict_on(replace(BEST, series="c", **other))  # type: ignore[arg-type]
    assert verdict.criterion == criterion
    assert verdict.reason.startswith("OnePerStudy: ")
    assert said in verdict.reason


def test_the_order_in_which_series_come_does_not_matter() -> None:
    five = [replace(BEST, series=f"s{n}", thickness=1.0 + n % 3, kernel=[SOFT, SHARP, None][n % 3]) for n in range(9)]
    expected = choose(five, ANY)
    for seed in range(20):
        random.Random(seed).shuffle(five)
        assert choose(five, ANY) == expected


def test_a_wanted_thickness_takes_the_closest_one() -> None:
    wanted = OnePerStudy(thickness=3.0)
    three = replace(BEST, series="three", thickness=3.0)
    assert "the one closer to 3 mm was contoured" in verdict_on(BEST, three, wanted).reason
    assert "the one closer to 3 mm" in verdict_on(replace(BEST, series="five", thickness=5.0), three, wanted).reason


def test_what_is_too_thin_is_taken_where_there_is_no_other() -> None:
    (only,) = choose([replace(BEST, thickness=0.3)], OnePerStudy(at_least=1.0))
    assert only.is_chosen
    thicker = replace(BEST, series="thicker", thickness=0.6)
    assert verdict_on(replace(BEST, thickness=0.3), thicker, OnePerStudy(at_least=1.0)).criterion == "Thickness"


def test_thicknesses_that_are_written_differently_are_the_same() -> None:
    assert verdict_on(replace(BEST, series="c", thickness=1.2499, kernel=SHARP)).criterion == "Kernel"


def test_contrast_counts_only_where_it_is_asked_for() -> None:
    native, contrast = BEST, replace(BEST, series="a", contrast=True)
    assert verdict_on(native, contrast).criterion == "OrthancId"
    assert verdict_on(contrast, native, OnePerStudy(contrast=False)).criterion == "Contrast"
    assert "with contrast agent" in verdict_on(native, contrast, OnePerStudy(contrast=True)).reason


def test_another_orientation_and_kernel_can_be_wanted() -> None:
    coronal = replace(BEST, series="z", orientation="CORONAL", kernel=SHARP)
    assert verdict_on(BEST, coronal, OnePerStudy(orientation="CORONAL")).criterion == "Orientation"
    sharp = replace(BEST, series="z", kernel=SHARP)
    assert verdict_on(BEST, sharp, OnePerStudy(kernel="sharp")).criterion == "Kernel"
    indifferent = OnePerStudy(kernel="any", orientation=None)
    assert verdict_on(replace(coronal, series="z"), BEST, indifferent).criterion == "OrthancId"


def chosen(*candidates: Candidate, wanted: OnePerStudy = ANY) -> set[str]:
    return {verdict.candidate.series for verdict in choose(candidates, wanted) if verdict.is_chosen}


def test_each_frame_of_reference_has_its_own_best_series() -> None:
    here = [replace(BEST, series=f"here{n}", thickness=n, apart={"FrameOfReferenceUID": "1"}) for n in (1.0, 2.0)]
    there = [replace(BEST, series=f"there{n}", thickness=n, apart={"FrameOfReferenceUID": "2"}) for n in (1.0, 2.0)]
    assert chosen(*here, *there) == {"here1.0", "there1.0"}
    assert chosen(*here, *there, wanted=OnePerStudy(apart=())) == {"here1.0"}


def test_series_of_different_places_are_no_rivals() -> None:
    head, pelvis = replace(BEST, series="head", low=600.0, high=800.0), replace(BEST, series="pelvis", thickness=5.0)
    assert chosen(head, pelvis) == {"head", "pelvis"}
    assert chosen(head, pelvis, wanted=OnePerStudy(apart=("FrameOfReferenceUID",))) == {"head"}
    touching = replace(pelvis, low=0.0, high=650.0)
    assert chosen(head, touching) == {"head", "pelvis"}


def test_a_long_series_is_the_rival_of_each_part_of_it() -> None:
    parts = [replace(BEST, series=f"part{n}", low=300.0 * n, high=300.0 * n + 300.0) for n in range(2)]
    long = replace(BEST, series="long", thickness=5.0, low=0.0, high=600.0, extent=600.0)
    assert chosen(*parts, long) == {"part0"}


def test_a_series_that_lies_nowhere_is_a_rival_of_the_largest_group_and_joins_no_others() -> None:
    nowhere = Candidate("nowhere", state=REFUSED)
    head = replace(BEST, series="head", low=600.0, high=800.0)
    assert chosen(BEST, replace(BEST, series="c"), head, nowhere) == {"b", "head"}
    assert chosen(nowhere) == {"nowhere"}


def test_the_chosen_one_says_which_series_goes_further() -> None:
    long = replace(BEST, series="long", thickness=5.0, low=-400.0, high=300.0, extent=700.0)
    best, other = choose([BEST, long], ANY)
    assert (best.candidate, other.warnings) == (BEST, ())
    (warning,) = best.warnings
    assert "The series long of the study goes 400 mm further" in warning
    assert choose([BEST, replace(long, image=REFORMAT)], ANY)[0].warnings == ()
    assert choose([BEST, replace(long, low=-10.0)], ANY)[0].warnings == ()


def test_nothing_to_compare_is_no_verdict() -> None:
    assert choose([], ANY) == ()
