"""Our structure set as five planning systems return it: how they write is no edit, what people did is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from model.compare.compare import compare_structure_sets
from model.compare.comparison import Verdict
from model.compare.options import CompareOptions
from model.rtstruct.file import read_structure_set
from tests.builders import edited, series
from tests.builders.drawings import written

PLAN = series.GEOMETRIES["axial"]
GEOMETRY = series.geometry(PLAN)
LABELS = ("heart", "kidney_left", "spleen", "stomach", "liver", "kidney_right", "masseter_left", "my own structure")


@pytest.fixture(scope="module")
def ours() -> Dataset:
    shape = GEOMETRY.shape
    z, y, x = np.indices(shape, sparse=True)
    masks = []
    for number, label in enumerate(LABELS):
        centre, radius = (20 + 6 * number % 30, 18 + 5 * number % 28), 6 + number % 4
        ball = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 + (3 * (z - 4)) ** 2 < radius**2
        # Each has a hole, which systems write each in their way.
        ball &= ~((y - centre[0]) ** 2 + (x - centre[1]) ** 2 + (3 * (z - 4)) ** 2 < 3**2)
        masks.append((label, ball))
    return dcmread(io.BytesIO(written(PLAN, masks).content))


@pytest.mark.parametrize("system", edited.FIVE, ids=lambda system: system.name)
def test_what_a_system_returns_gets_the_right_verdicts(system: edited.PlanningSystem, ours: Dataset) -> None:
    back = edited.returned(ours, system)
    options = CompareOptions(aliases=back.aliases)
    found = compare_structure_sets(ours, read_structure_set(back.content), GEOMETRY, options)
    assert {roi.name: roi.verdict.value for roi in found.rois if roi.name} == back.verdicts
    assert {roi.other_name for roi in found.rois if roi.name is None} == back.listed
    assert all(roi.verdict is Verdict.ADDED for roi in found.rois if roi.name is None)
    moved = next(roi for roi in found.rois if roi.verdict is Verdict.EDITED)
    assert moved.metrics.centroid_shift == pytest.approx((3.0, 0.0, 0.0), abs=1e-9)


def test_the_same_edit_is_the_same_number_whatever_system_it_comes_back_from(ours: Dataset) -> None:
    numbers = set()
    for system in edited.FIVE:
        back = edited.returned(ours, system)
        found = compare_structure_sets(ours, back.dataset, GEOMETRY, CompareOptions(aliases=back.aliases))
        moved = next(roi.metrics for roi in found.rois if roi.verdict is Verdict.EDITED)
        numbers.add((moved.dice, moved.added_path_length, moved.slices_edited, moved.volume))
    assert len(numbers) == 1


@pytest.mark.parametrize("system", edited.FIVE, ids=lambda system: system.name)
def test_what_nobody_edited_is_untouched_in_every_number(system: edited.PlanningSystem, ours: Dataset) -> None:
    back = edited.returned(ours, system, edited.Person())
    found = compare_structure_sets(ours, back.dataset, GEOMETRY, CompareOptions(aliases=back.aliases))
    for roi in found.rois:
        if roi.name is not None:
            assert roi.verdict is Verdict.UNTOUCHED
            assert (roi.metrics.dice, roi.metrics.mean_surface_distance, roi.metrics.slices_edited) == (1.0, 0.0, 0)


def test_without_the_table_of_names_a_foreign_name_is_no_name_of_ours(ours: Dataset) -> None:
    back = edited.returned(ours, edited.PINNACLE)
    found = compare_structure_sets(ours, back.dataset, GEOMETRY, CompareOptions())
    assert {roi.verdict for roi in found.rois if roi.name} == {Verdict.DELETED}
    assert len([roi for roi in found.rois if roi.name is None]) == len(LABELS) - 2
