"""One check each: a structure, or a pair, to the phrases that say what looks wrong with it."""

from __future__ import annotations

import numpy as np

from model.contours.pieces import piece_sizes
from model.contours.structure import BoxedMask, Structure
from model.quality.expected import Expected, expected
from model.series.geometry import SeriesGeometry

# A piece smaller than this share of the structure is a speck and not a second piece.
SPECK = 0.02
# Beyond this many voxels pieces are counted on every second pixel, and on as few slices as lie no further apart than
# these: it is a matter of tenths of a second.
COUNTED_WHOLE, EVERY = 6_000_000, 2
# Left and right of a pair differ by less in healthy people; a lost lung or kidney is worth a look.
PAIR_RATIO = 2.5
# A structure that fills the image is a mistake of label or threshold.
FILLS = 0.98


def volume_ml(mask: BoxedMask, geometry: SeriesGeometry) -> float:
    """Volume by counting voxels, in ml."""
    spacing = geometry.planes[0].spacing
    counts = mask.counts.slices
    thickness = geometry.thicknesses[mask.origin[0] : mask.origin[0] + len(counts)]
    return float(counts @ thickness) * spacing[0] * spacing[1] / 1000.0


def cut_off(structure: Structure, geometry: SeriesGeometry, wanted: Expected) -> tuple[str, ...]:
    """Return findings where a structure ends at the border of the image."""
    found = []
    mask, shape = structure.mask, geometry.shape
    slices, rows, columns = ((mask.origin[a], mask.origin[a] + mask.shape[a], shape[a]) for a in range(3))
    if (slices[0] == 0 or slices[1] == slices[2]) and not wanted.runs_through:
        found.append("reaches the first or last slice, may be incomplete")
    if any(low == 0 or high == size for low, high, size in (rows, columns)) and not wanted.partial:
        found.append("cut off at the edge of the image")
    return tuple(found)


def out_of_range(structure: Structure, geometry: SeriesGeometry, wanted: Expected) -> tuple[str, ...]:
    """Return a finding when the volume is not one of this structure.

    The lower bound holds where the series shows all of it.
    """
    if wanted.volume_ml is None:
        return ()
    low, high = wanted.volume_ml
    volume = volume_ml(structure.mask, geometry)
    ends = structure.mask.origin[0] == 0 or structure.mask.origin[0] + structure.mask.shape[0] == geometry.shape[0]
    if volume > high:
        return (f"volume of {volume:.0f} ml is above {high:.0f} ml",)
    if volume < low and not ends:
        return (f"volume of {volume:.1f} ml is below {low:.0f} ml",)
    return ()


def in_pieces(structure: Structure, geometry: SeriesGeometry, wanted: Expected) -> tuple[str, ...]:
    """Return a finding when a structure falls apart into more pieces than it should."""
    voxels = structure.mask.voxels
    if voxels.array.size > COUNTED_WHOLE:
        apart = EVERY * min(geometry.planes[0].spacing)
        every = max(1, int(apart / max(geometry.thicknesses)))
        voxels = voxels.part(slice(None, None, every), slice(None, None, EVERY), slice(None, None, EVERY))
    sizes = piece_sizes(voxels)
    if len(sizes) <= wanted.pieces:
        return ()
    pieces = int(np.count_nonzero(sizes >= SPECK * sizes.sum()))
    return (f"{pieces} separate pieces",) if pieces > wanted.pieces else ()


def fills_image(structure: Structure, geometry: SeriesGeometry) -> tuple[str, ...]:
    """Return a finding when hardly a voxel of the image is left out."""
    share = float(structure.mask.counts.all) / float(np.prod(geometry.shape))
    return ("fills the whole image",) if share > FILLS else ()


def unequal(left: Structure, right: Structure, geometry: SeriesGeometry) -> tuple[str, ...]:
    """Return a finding for both of a pair whose volumes differ too much."""
    volumes = sorted((volume_ml(left.mask, geometry), volume_ml(right.mask, geometry)))
    ratio = volumes[1] / volumes[0]
    return (f"left and right differ by a factor of {ratio:.1f}",) if ratio > PAIR_RATIO else ()


def swapped(left: Structure, right: Structure, geometry: SeriesGeometry) -> tuple[str, ...]:
    """Return a finding for both of a pair whose left lies to the right of its right (DICOM: x grows to the left)."""
    if _middle(left.mask, geometry)[0] > _middle(right.mask, geometry)[0]:
        return ()
    return ("left and right are swapped",)


def of_one(structure: Structure, geometry: SeriesGeometry) -> tuple[str, ...]:
    """All findings of one structure."""
    wanted = expected(structure.label)
    return (
        *out_of_range(structure, geometry, wanted),
        *in_pieces(structure, geometry, wanted),
        *cut_off(structure, geometry, wanted),
        *fills_image(structure, geometry),
    )


def of_pair(left: Structure, right: Structure, geometry: SeriesGeometry) -> tuple[str, ...]:
    """All findings of a pair."""
    return (*unequal(left, right, geometry), *swapped(left, right, geometry))


def _middle(mask: BoxedMask, geometry: SeriesGeometry) -> np.ndarray:
    """Centroid in LPS mm."""
    found = mask.counts
    index = [
        float(np.average(np.arange(len(counts)), weights=counts)) + start
        for counts, start in zip((found.slices, found.rows, found.columns), mask.origin, strict=True)
    ]
    plane = geometry.planes[min(len(geometry.planes) - 1, round(index[0]))]
    row_mm, column_mm = plane.spacing
    return (
        np.array(plane.position)
        + index[1] * row_mm * np.array(plane.column_direction)
        + index[2] * column_mm * np.array(plane.row_direction)
    )
