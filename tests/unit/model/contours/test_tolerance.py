"""Simplification on request: fewer points, and every voxel that changes lies within the tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from model.contours.filling import fill
from model.contours.outlines import outline
from model.contours.structure import BoxedMask
from tests.builders.structures import thirty

SHAPE = (5, 72, 72)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.7, 2.3)])
@pytest.mark.parametrize("tolerance", [0.5, 1.0, 3.0])
def test_only_voxels_within_the_tolerance_of_the_boundary_change(
    spacing: tuple[float, float], tolerance: float
) -> None:
    for label, mask in thirty(SHAPE):
        drawn = outline(BoxedMask.crop(mask), spacing=spacing, tolerance_mm=tolerance)
        back = fill(drawn.points / 2.0, drawn.lengths, drawn.slices, SHAPE).full(SHAPE)
        for before, after in zip(mask, back, strict=True):
            wrong = before != after
            if wrong.any():
                padded = np.pad(before, 1)
                # From a voxel's centre to the nearest voxel on the other side, less half a voxel's diagonal.
                inward = ndimage.distance_transform_edt(padded, sampling=spacing)
                outward = ndimage.distance_transform_edt(~padded, sampling=spacing)
                depth = (inward + outward)[1:-1, 1:-1]
                assert depth[wrong].max() <= tolerance + np.hypot(*spacing) / 2, label


def test_a_tolerance_saves_points() -> None:
    mask = BoxedMask.crop(next(mask for label, mask in thirty((5, 200, 200)) if label == "Body"))
    counts = [len(outline(mask, tolerance_mm=tolerance).points) for tolerance in (0.0, 0.5, 1.0, 2.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < counts[0] / 3


def test_a_tolerance_below_the_exact_one_keeps_every_voxel_exact() -> None:
    for _, mask in thirty(SHAPE):
        box = BoxedMask.crop(mask)
        assert np.array_equal(outline(box, tolerance_mm=0.2).points, outline(box).points)


def test_no_island_and_no_hole_vanishes_however_large_the_tolerance() -> None:
    for label, mask in thirty(SHAPE):
        exact = outline(BoxedMask.crop(mask), keyholes=False)
        coarse = outline(BoxedMask.crop(mask), tolerance_mm=50.0, keyholes=False)
        assert len(coarse.lengths) == len(exact.lengths), label
        assert coarse.lengths.min() >= 3, label


def test_a_disc_needs_half_the_points_that_its_corners_have() -> None:
    y, x = np.mgrid[:240, :240]
    drawn = outline(BoxedMask.crop((np.hypot(y - 120, x - 120) < 100)[None]))
    steps = np.diff(np.append(drawn.points, drawn.points[:1], axis=0), axis=0)
    assert len(drawn.points) < 240
    assert np.hypot(*steps.T).max() > 4, "chords span several voxels"
