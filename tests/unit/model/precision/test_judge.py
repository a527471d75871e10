"""Two drawings of an image to figures and a verdict: what is lost is named, what is not seen does not vote."""

from __future__ import annotations

import numpy as np
import pytest

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing
from model.packages.precision import PrecisionResult, StructureFigures
from model.precision.judge import compared, verdict

SHAPE = (12, 40, 40)
Boxes = dict[str, tuple[slice, slice, slice]]
LARGE = (slice(1, 11), slice(5, 30), slice(5, 30))
LABELS = ("liver", "spleen")


def drawing(boxes: Boxes) -> Drawing:
    structures = []
    for label, box in boxes.items():
        mask = np.zeros(SHAPE, dtype=np.bool_)
        mask[box] = True
        structures.append(Structure(label, BoxedMask.crop(mask)))
    return Drawing(Algorithm("x", "1", "", "", ""), tuple(structures))


def figures(full: Boxes, reduced: Boxes, image: str = "image") -> list[StructureFigures]:
    return compared(drawing(full), drawing(reduced), image, 0.001)


def judged(found: list[StructureFigures]) -> PrecisionResult:
    return verdict(found, [], LABELS, "runtime", (2.0, 1.0))


def test_what_is_drawn_alike_is_kept_and_the_unseen_is_named() -> None:
    found = judged(figures({"liver": LARGE}, {"liver": LARGE}))
    assert (found.verdict, found.not_seen) == ("kept", ["spleen"])
    (liver,) = found.structures
    assert (liver.dice, liver.change) == (1.0, 0.0)
    assert [liver.ml, liver.reduced_ml] == pytest.approx([6.25, 6.25])


def test_masks_are_compared_where_they_lie_and_not_by_their_boxes() -> None:
    moved = (slice(1, 11), slice(6, 31), slice(5, 30))
    (liver,) = figures({"liver": LARGE}, {"liver": moved})
    assert liver.dice == pytest.approx(24 / 25)
    assert liver.change == 0.0
    found = judged([liver])
    assert found.verdict == "lost"
    assert "liver (Dice 0.9600, volume +0.00 %: 6.2 ml in fp32 and 6.2 ml in bf16)" in found.reason


def test_masks_that_do_not_touch_have_nothing_in_common() -> None:
    (liver,) = figures({"liver": LARGE}, {"liver": (slice(11, 12), slice(30, 40), slice(30, 40))})
    assert liver.dice == 0.0


@pytest.mark.parametrize(("full", "reduced"), [({"spleen": LARGE}, {}), ({}, {"spleen": LARGE})])
def test_what_only_one_of_both_draws_is_lost(full: Boxes, reduced: Boxes) -> None:
    found = judged(figures(full, reduced))
    assert found.verdict == "lost"
    assert found.structures[0].dice == 0.0
    assert abs(found.structures[0].change) == 1.0


def test_one_image_on_which_it_is_lost_is_enough() -> None:
    less = (slice(1, 11), slice(5, 30), slice(5, 29))
    good, bad = (
        figures({"liver": LARGE}, {"liver": LARGE}, "first"),
        figures({"liver": LARGE}, {"liver": less}, "second"),
    )
    for order in ([*good, *bad], [*bad, *good]):
        found = judged(order)
        assert found.verdict == "lost"
        assert [one.image for one in found.structures] == ["second"]


def test_one_structure_that_is_lost_is_enough_and_stands_first() -> None:
    small = (slice(1, 2), slice(33, 36), slice(33, 36))
    found = judged(figures({"liver": LARGE, "spleen": small}, {"liver": LARGE, "spleen": (*small[:2], slice(33, 35))}))
    assert found.verdict == "lost"
    assert [one.label for one in found.structures] == ["spleen", "liver"]
    assert "liver" not in found.reason


def test_nothing_found_is_no_permission() -> None:
    found = judged(figures({}, {}))
    assert (found.verdict, found.not_seen) == ("untested", list(LABELS))
