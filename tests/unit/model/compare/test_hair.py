"""A contour that moves by a hair moves no surface by a slice, however the surface runs between slices."""

from __future__ import annotations

import copy
import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from scipy import ndimage

from model.compare.compare import compare_structure_sets
from model.compare.comparison import RoiComparison
from model.compare.options import CompareOptions
from tests.builders import series
from tests.builders.drawings import written

# Thick slices, and shapes that have little in common from one to the next.
PLAN = replace(series.GEOMETRIES["axial"], offsets=tuple(6.0 * n for n in range(8)))
GEOMETRY = series.geometry(PLAN)


def ragged(seed: int) -> Dataset:
    noise = np.random.default_rng(seed).normal(size=GEOMETRY.shape)
    mask = ndimage.gaussian_filter(noise, (0.4, 3.0, 3.0)) > 0.02
    return dcmread(io.BytesIO(written(PLAN, [("heart", np.asarray(mask, dtype=np.bool_))]).content))


def with_moved_points(dataset: Dataset, shift: NDArray[np.float64] | None, decimals: int) -> Dataset:
    made = copy.deepcopy(dataset)
    for number, contour in enumerate(made.ROIContourSequence[0].ContourSequence):
        points = np.array([float(value) for value in contour.ContourData]).reshape(-1, 3)
        if shift is not None and number % 3 == 0:
            points = points + shift
        contour.ContourData = [f"{value:.{decimals}f}" for value in points.ravel()]
    return made


def compared(ours: Dataset, other: Dataset) -> RoiComparison:
    (roi,) = compare_structure_sets(ours, other, GEOMETRY, CompareOptions()).rois
    return roi


@pytest.mark.parametrize("seed", range(4))
def test_points_in_whole_millimetres_move_no_surface_farther_than_that(seed: int) -> None:
    ours = ragged(seed)
    roi = compared(ours, with_moved_points(ours, None, 0))
    assert roi.verdict.value == "edited"
    assert roi.metrics.hausdorff is not None
    assert roi.metrics.hausdorff <= 0.5 * np.sqrt(3) + 0.01


@pytest.mark.parametrize("seed", range(4))
def test_contours_that_were_moved_are_no_farther_than_that(seed: int) -> None:
    ours = ragged(seed)
    roi = compared(ours, with_moved_points(ours, np.array([1.6, 0.0, 0.0]), 3))
    assert roi.verdict.value == "edited"
    assert roi.metrics.hausdorff is not None
    assert 0.5 < roi.metrics.hausdorff <= 1.61
