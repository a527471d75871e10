"""The nearest patch is found with and without the compiled part, and by which side of it a point lies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from model.compare.nearest import Nearest, in_numpy, nearest
from model.compare.patches import Patches, unfilled
from model.contours import kernel

# Wherever the compiled part is missing, or older than the search, there is nothing to compare.
NEEDS_SEARCH = pytest.mark.skipif(not hasattr(kernel.KERNEL, "nearest"), reason="the compiled part has no search")


def scattered(count: int, seed: int) -> Patches:
    """Squares and rectangles of about a millimetre, turned in every way."""
    rng = np.random.default_rng(seed)
    made = unfilled(np.zeros(count, dtype=np.int64))
    made.centre[:] = rng.uniform(-20, 20, (count, 3))
    first = rng.normal(size=(count, 3))
    made.first[:] = first / np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(made.first, rng.normal(size=(count, 3)))
    made.second[:] = second / np.linalg.norm(second, axis=1, keepdims=True)
    made.halves[:] = rng.uniform(0.1, 0.6, (count, 2))
    return made


def brute(points: NDArray[np.float64], patches: Patches) -> list[float]:
    """The distance of each point to every patch, one by one, and the least."""
    found = []
    for point in points:
        least = np.inf
        for centre, first, second, (one, other) in zip(
            patches.centre, patches.first, patches.second, patches.halves, strict=True
        ):
            along = np.clip((point - centre) @ first, -one, one)
            across = np.clip((point - centre) @ second, -other, other)
            least = min(least, float(np.linalg.norm(point - centre - along * first - across * second)))
        found.append(least)
    return found


@NEEDS_SEARCH
@pytest.mark.parametrize("count", [1, 7, 8, 9, 300])
def test_the_compiled_search_finds_what_looking_at_every_patch_finds(count: int) -> None:
    patches = scattered(count, seed=count)
    points = np.random.default_rng(5).uniform(-30, 30, (60, 3))
    assert np.abs(nearest(points, patches).distances) == pytest.approx(brute(points, patches), abs=1e-9)


def test_without_the_compiled_part_it_differs_by_less_than_a_patch() -> None:
    patches = scattered(300, seed=3)
    points = np.random.default_rng(5).uniform(-30, 30, (60, 3))
    exact = np.array(brute(points, patches))
    found = np.abs(in_numpy(points, patches).distances)
    assert (found >= exact - 1e-9).all()
    assert (found - exact < 0.6).all()


@pytest.mark.parametrize("search", [nearest, in_numpy])
def test_what_lies_on_the_outer_side_is_negative(search: Callable[[NDArray[np.float64], Patches], Nearest]) -> None:
    one = unfilled(np.zeros(1, dtype=np.int64))
    one.first[0], one.second[0], one.halves[0] = (1, 0, 0), (0, 1, 0), (1, 1)
    found = search(np.array([(0.0, 0.0, 2.0), (0.0, 0.0, -2.0), (4.0, 0.0, -4.0)]), one)
    assert found.distances == pytest.approx([-2.0, 2.0, 5.0])


@pytest.mark.parametrize("search", [nearest, in_numpy])
def test_no_points_have_no_distances(search: Callable[[NDArray[np.float64], Patches], Nearest]) -> None:
    assert len(search(np.zeros((0, 3)), scattered(9, seed=1)).distances) == 0
