"""The numbers of one pair of ROIs; docs/quality.md has the definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.compare import counted
from model.compare.comparison import CommonSlices, Metrics
from model.compare.distances import Distances, distances_of
from model.compare.frame import frame_of
from model.compare.pair import MaskPair, SliceCounts, pair_of, slice_counts
from model.compare.shape import RoiShape
from model.series.geometry import SeriesGeometry


def metrics_of(reference: RoiShape, other: RoiShape, geometry: SeriesGeometry, tolerance_mm: float) -> Metrics:
    """Compare two ROIs of one series.

    Args:
        reference: What was drawn first: ours.
        other: What people made of it.
        geometry: The series on whose grid both masks are.
        tolerance_mm: The distance that surface Dice forgives.

    Returns:
        All numbers that apply: of an ROI that is empty in one of the two, or on a lone slice without a thickness, the
        volumes only.
    """
    pair = pair_of(reference.mask, other.mask)
    volumes = counted.voxel_volumes(pair, geometry)
    ours, theirs = counted.volume_mm3(pair.reference, volumes), counted.volume_mm3(pair.other, volumes)
    if not ours or not theirs:
        return Metrics(volume=ours / 1000, other_volume=theirs / 1000)
    slices = slice_counts(pair)
    found = Metrics(
        volume=ours / 1000,
        other_volume=theirs / 1000,
        dice=1.0,
        tolerance=tolerance_mm,
        added_path_length=0.0,
        centroid_shift=(0.0, 0.0, 0.0),
        slices_edited=slices.edited,
        slices_missing=slices.missing,
        slices_cut=slices.cut,
    )
    if not slices.edited:
        return replace(found, hausdorff=0.0, hausdorff95=0.0, mean_surface_distance=0.0, surface_dice=1.0, side=0.0)
    shared = counted.volume_mm3(pair.reference & pair.other, volumes)
    shift = counted.centroid(pair.other, pair, geometry) - counted.centroid(pair.reference, pair, geometry)
    apart = _distances(reference, other, pair, slices, geometry, tolerance_mm)
    return replace(
        found,
        dice=2 * shared / (ours + theirs),
        hausdorff=apart.hausdorff,
        hausdorff95=apart.hausdorff95,
        mean_surface_distance=apart.mean,
        surface_dice=apart.surface_dice,
        side=apart.side,
        added_path_length=counted.added_path(pair.reference[slices.changed], pair.other[slices.changed], geometry),
        centroid_shift=(float(shift[0]), float(shift[1]), float(shift[2])),
        common_slices=_on_common(reference, other, pair, slices, geometry, tolerance_mm),
    )


def _distances(
    reference: RoiShape,
    other: RoiShape,
    pair: MaskPair,
    slices: SliceCounts,
    geometry: SeriesGeometry,
    tolerance_mm: float,
) -> Distances:
    changed = np.zeros(geometry.shape[0], dtype=np.bool_)
    changed[pair.origin[0] : pair.origin[0] + len(slices.changed)] = slices.changed
    return distances_of(reference, other, changed, frame_of(geometry), tolerance_mm)


def _on_common(
    reference: RoiShape,
    other: RoiShape,
    pair: MaskPair,
    slices: SliceCounts,
    geometry: SeriesGeometry,
    tolerance_mm: float,
) -> CommonSlices | None:
    """Compare the slices that both have, where some have only one of the two."""
    if not (slices.missing or slices.cut) or not slices.common.any():
        return None
    common = np.zeros(geometry.shape[0], dtype=np.bool_)
    common[pair.origin[0] : pair.origin[0] + len(slices.common)] = slices.common
    numbers = metrics_of(reference.on_slices(common), other.on_slices(common), geometry, tolerance_mm)
    count = int(np.count_nonzero(common))
    values = (
        numbers.dice,
        numbers.hausdorff,
        numbers.hausdorff95,
        numbers.mean_surface_distance,
        numbers.surface_dice,
        numbers.side,
    )
    kept = [value for value in values if value is not None]
    return CommonSlices(count, *kept) if len(kept) == len(values) else None
