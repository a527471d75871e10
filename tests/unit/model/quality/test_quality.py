"""What looks wrong is flagged; what is empty is never stored as a result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.contours.label_mask import LabelMask
from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing, NotDrawn
from model.errors import EngineFailed
from model.quality import with_quality_flags
from model.quality.expected import expected
from model.quality.findings import COUNTED_WHOLE, in_pieces, volume_ml
from tests.builders.series import SeriesPlan, geometry

# 3 mm voxels: 1000 ml are 37037 of them.
GEOMETRY = geometry(SeriesPlan(shape=(80, 100), offsets=tuple(3.0 * n for n in range(40)), spacing=(3.0, 3.0)))
SHAPE = GEOMETRY.shape
WHO = Algorithm("a-model", "1", "0" * 64, "MIT", "for tests")


def box(label: str, slices: slice, rows: slice, columns: slice) -> Structure:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[slices, rows, columns] = True
    return Structure(label, BoxedMask.crop(mask))


def flags(*structures: Structure) -> dict[str, tuple[str, ...]]:
    return {one.label: one.flags for one in with_quality_flags(Drawing(WHO, structures), GEOMETRY).structures}


# Columns grow to the patient's left.
LEFT = box("Lung_L", slice(5, 35), slice(20, 50), slice(60, 90))
RIGHT = box("Lung_R", slice(5, 35), slice(20, 50), slice(10, 40))


def test_good_structures_have_no_flag() -> None:
    assert flags(LEFT, RIGHT) == {"Lung_L": (), "Lung_R": ()}


def test_flags_of_the_engine_are_kept() -> None:
    assert flags(replace(LEFT, flags=("its own finding",)))["Lung_L"] == ("its own finding",)


def test_swapped_sides_are_flagged_on_both() -> None:
    found = flags(replace(LEFT, mask=RIGHT.mask), replace(RIGHT, mask=LEFT.mask))
    assert ["left and right are swapped" in " ".join(one) for one in found.values()] == [True, True]


def test_unequal_pairs_are_flagged_on_both() -> None:
    found = flags(LEFT, box("Lung_R", slice(5, 20), slice(20, 50), slice(10, 33)))
    assert ["differ by a factor of 2.6" in " ".join(one) for one in found.values()] == [True, True]


def test_pairs_are_known_by_either_spelling() -> None:
    found = flags(replace(LEFT, label="kidney_left"), replace(RIGHT, label="kidney_right"))
    assert ["above 500 ml" in " ".join(one) for one in found.values()] == [True, True]
    swapped = flags(replace(RIGHT, label="kidney_left"), replace(LEFT, label="kidney_right"))
    assert ["swapped" in " ".join(one) for one in swapped.values()] == [True, True]


def test_a_volume_below_the_range_is_flagged_where_the_series_shows_it_all() -> None:
    small = box("Lung_L", slice(10, 14), slice(20, 30), slice(60, 70))
    assert "below 250 ml" in " ".join(flags(small)["Lung_L"])


def test_a_small_part_at_the_end_of_the_series_is_flagged_as_incomplete() -> None:
    base = box("Lung_L", slice(36, 40), slice(20, 30), slice(60, 70))
    assert flags(base)["Lung_L"] == ("reaches the first or last slice, may be incomplete",)


def test_what_runs_through_the_series_is_not_flagged_for_ending_with_it() -> None:
    assert flags(box("SpinalCanal", slice(0, 40), slice(60, 65), slice(48, 53))) == {"SpinalCanal": ()}


def test_what_the_image_cuts_is_flagged() -> None:
    assert (
        "cut off at the edge of the image"
        in flags(box("External", slice(2, 30), slice(0, 50), slice(20, 60)))["External"]
    )


def test_pieces_are_flagged_and_specks_are_not() -> None:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[10:25, 20:40, 20:40] = True
    mask[30, 70, 90] = True
    assert flags(Structure("Liver", BoxedMask.crop(mask)))["Liver"] == ("volume of 162.0 ml is below 400 ml",)
    mask[28:35, 60:70, 60:80] = True
    assert "2 separate pieces" in flags(Structure("Liver", BoxedMask.crop(mask)))["Liver"]


# 976 slices of 0.3 mm as a thin CT has them: pieces are counted on fewer of them.
THIN = geometry(SeriesPlan(shape=(200, 200), offsets=tuple(0.3 * n for n in range(976)), spacing=(0.8, 0.8)))


def test_pieces_of_a_long_series_of_thin_slices_are_counted_as_well() -> None:
    mask = np.zeros(THIN.shape, dtype=np.bool_)
    mask[20:900, 10:100, 10:150] = True
    whole = Structure("Liver", BoxedMask.crop(mask))
    assert whole.mask.array.size > COUNTED_WHOLE
    assert in_pieces(whole, THIN, expected("Liver")) == ()
    mask[20:900, 110:190, 10:150] = True
    assert in_pieces(Structure("Liver", BoxedMask.crop(mask)), THIN, expected("Liver")) == ("2 separate pieces",)
    mask[400:404, 100:110, 10:150] = True  # a bridge of 1.2 mm
    assert in_pieces(Structure("Liver", BoxedMask.crop(mask)), THIN, expected("Liver")) == ()


def test_volumes_and_middles_are_those_of_all_voxels() -> None:
    mask = np.random.default_rng(5).random((30, 40, 50)) < 0.3
    structure = Structure("Liver", BoxedMask((2, 20, 30), mask))
    assert volume_ml(structure.mask, GEOMETRY) == pytest.approx(np.count_nonzero(mask) * 0.027)
    expected_counts = [mask.sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]
    for counts, wanted in zip(vars(structure.mask.counts).values(), expected_counts, strict=True):
        np.testing.assert_array_equal(counts, wanted)


def test_numbers_of_a_label_map_are_judged_like_masks() -> None:
    drawn = np.zeros(THIN.shape, dtype=np.uint8)
    drawn[20:900, 10:100, 10:150], drawn[20:900, 110:190, 10:150] = 1, 2
    drawn[:300, 150:, 150:190], drawn[600:900, 20:60, 185:] = 3, 4
    numbers = {"Liver": (1, 2), "Kidney_L": (3,), "Kidney_R": (4,), "All": (0, 1, 2, 3, 4)}
    masks = [Structure(label, BoxedMask.crop(np.isin(drawn, wanted))) for label, wanted in numbers.items()]
    of_map = [
        Structure(one.label, LabelMask(one.mask.origin, drawn[_inside(one.mask)], numbers[one.label])) for one in masks
    ]
    found, same = (with_quality_flags(Drawing(WHO, tuple(one)), THIN).structures for one in (of_map, masks))
    assert [one.flags for one in found] == [one.flags for one in same]
    said = " ".join(flag for one in found for flag in one.flags)
    for words in ("2 separate pieces", "fills the whole", "cut off", "first or last", "below", "factor of", "swapped"):
        assert words in said


def _inside(mask: BoxedMask) -> tuple[slice, ...]:
    return tuple(slice(first, first + size) for first, size in zip(mask.origin, mask.shape, strict=True))


def test_a_structure_that_fills_the_image_is_flagged() -> None:
    assert "fills the whole image" in flags(box("Something", slice(0, 40), slice(0, 80), slice(0, 100)))["Something"]


def test_an_unknown_structure_is_checked_without_a_volume() -> None:
    assert flags(box("Novel_Organ", slice(10, 12), slice(10, 12), slice(10, 12))) == {"Novel_Organ": ()}


def test_an_empty_structure_is_not_drawn() -> None:
    empty = Structure("Spleen", BoxedMask.crop(np.zeros(SHAPE, dtype=np.bool_)))
    drawing = with_quality_flags(Drawing(WHO, (LEFT, empty), (NotDrawn("Brain", "no skull"),)), GEOMETRY)
    assert [one.label for one in drawing.structures] == ["Lung_L"]
    assert [one.label for one in drawing.not_drawn] == ["Brain", "Spleen"]


def test_nothing_at_all_is_a_failure_and_no_result() -> None:
    empty = Structure("Spleen", BoxedMask.crop(np.zeros(SHAPE, dtype=np.bool_)))
    with pytest.raises(EngineFailed, match="a-model") as failed:
        with_quality_flags(Drawing(WHO, (empty,), (NotDrawn("Brain", "no skull"),)), GEOMETRY)
    assert failed.value.code == "NOTHING_DRAWN"
    assert "Brain: no skull; Spleen: the model found none of it" in failed.value.message
