"""Label maps become structures: each in its box, merged and cleaned as the package asks, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.label_mask import LabelMask
from model.contours.structure import BoxedMask
from model.engines.network.structures import structures_of
from model.packages.document import Label

SHAPE = (9, 20, 24)


def labels() -> NDArray[np.uint16]:
    """Four structures, the fourth of a voxel only, and a number that no label names."""
    drawn = np.zeros(SHAPE, dtype=np.uint16)
    drawn[1:4, 2:9, 3:8] = 1
    drawn[2:8, 10:18, 3:20] = 2
    drawn[5, 0:4, 20:23] = 3
    drawn[8, 19, 23] = 4
    drawn[0, 0, :5] = 9
    return drawn


def label(value: int, text: str, **rules: float) -> tuple[int, Label]:
    return value, Label.model_validate({"value": value, "label": text, **rules})


@pytest.mark.parametrize("turn", [lambda a: a, lambda a: a[::-1, :, ::-1], lambda a: a.transpose(1, 2, 0)])
def test_each_number_is_a_mask_in_the_smallest_box_that_holds_it(turn: object) -> None:
    drawn: NDArray[np.uint16] = turn(labels())  # type: ignore[operator]
    found, missing = structures_of(drawn, [label(n, f"organ_{n}") for n in (1, 2, 3, 4, 5)], 1.0)
    assert [one.label for one in missing] == ["organ_5"]
    assert len(found) == 4
    for number, one in enumerate(found, start=1):
        assert np.array_equal(one.mask.full(drawn.shape), drawn == number)
        (box,) = ndimage.find_objects((drawn == number).astype(np.uint8))
        assert one.mask.origin == tuple(part.start for part in box)
        assert one.mask.array.shape == tuple(part.stop - part.start for part in box)


def test_numbers_of_one_text_are_one_structure_with_what_regions_add() -> None:
    region = BoxedMask((0, 0, 0), np.ones((1, 2, 2), dtype=np.bool_))
    rule = Label.model_validate({"value": 1, "label": "both"})
    (one,), _ = structures_of(labels(), [label(1, "both"), label(3, "both")], 1.0, [(rule, region)])
    expected = np.isin(labels(), (1, 3))
    expected[0, :2, :2] = True
    assert np.array_equal(one.mask.full(SHAPE), expected)


def test_specks_are_left_out_and_said() -> None:
    found, missing = structures_of(labels(), [label(4, "speck", smallest_ml=0.5), label(1, "organ")], 0.1)
    assert [one.label for one in found] == ["organ"]
    assert "0.5 ml" in missing[0].reason


@pytest.mark.parametrize(("most", "size"), [(4, 1), (255, 1), (256, 2), (1023, 2)])
def test_they_hold_what_the_map_shows_of_them_and_not_the_map(most: int, size: int) -> None:
    drawn = labels()
    drawn[drawn == 4] = most
    found, missing = structures_of(drawn, [label(1, "one"), label(2, "both"), label(most, "both")], 1.0)
    assert not missing
    for one, numbers in zip(found, ((1,), (2, most)), strict=True):
        part = one.mask.voxels.array
        assert isinstance(one.mask, LabelMask)
        assert (part.dtype.itemsize, part.strides[2]) == (size, size)
        assert not np.shares_memory(part, drawn)
        assert np.array_equal(one.mask.full(SHAPE), np.isin(drawn, numbers))
    first, second = (one.mask.voxels.array.base for one in found)
    assert first is second
    assert first is not None
    assert first.shape[0] == SHAPE[0] - 1, "nothing is wanted of the first slice"


def test_an_empty_map_has_no_structures() -> None:
    found, missing = structures_of(np.zeros(SHAPE, dtype=np.uint16), [label(1, "organ")], 1.0)
    assert (found, len(missing)) == ([], 1)
