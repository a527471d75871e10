"""Thirty made-up structures for any grid: overlapping, hollow, tiny, touching, at the border, with islands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Shape = tuple[int, int, int]

COUNT = 30


def thirty(shape: Shape, seed: int = 1) -> Iterator[tuple[str, Mask]]:
    """Name and (slice, row, column) mask of each structure, one at a time, none empty; the same for one seed."""
    rng = np.random.default_rng(seed)
    yield "Body", blob(shape, (0.5, 0.5, 0.5), (0.9, 0.42, 0.46), 0.02, rng)
    yield "Hollow", hollow(shape, (0.5, 0.5, 0.5), (0.4, 0.3, 0.3), rng)
    yield "NestedShells", shells(shape)
    yield "Sieve", sieve(shape)
    yield "Corner", corner(shape)
    yield "Border", border(shape)
    yield "Whole", np.ones(shape, dtype=np.bool_)
    yield "Diagonal", diagonal(shape)
    yield "Dot", dot(shape, (0.5, 0.5, 0.5))
    yield "Dots", dots(shape, rng)
    yield "Speckle", speckle(shape, rng)
    yield "Line", line(shape)
    yield "Left", half(shape, left=True)
    yield "Right", half(shape, left=False)
    for number in range(COUNT - 14):
        centre = tuple(rng.uniform(0.2, 0.8, 3))
        radii = tuple(rng.uniform(0.1, 0.3, 3))
        yield f"Organ{number + 1}", blob(shape, centre, radii, 0.12, rng)


def blob(
    shape: Shape,
    centre: tuple[float, ...],
    radii: tuple[float, ...],
    roughness: float,
    rng: np.random.Generator,
) -> Mask:
    """An ellipsoid with a wavy surface; centre and radii in parts of the grid."""
    z, y, x = _grid(shape, centre, radii)
    waves = sum(
        np.sin(rng.uniform(2, 9) * y + rng.uniform(0, 6)) * np.cos(rng.uniform(2, 9) * x + rng.uniform(2, 9) * z)
        for _ in range(3)
    )
    inside = z * z + y * y + x * x + roughness * waves < 1.0
    inside |= dot(shape, centre)
    return np.asarray(inside, dtype=np.bool_)


def hollow(shape: Shape, centre: tuple[float, ...], radii: tuple[float, ...], rng: np.random.Generator) -> Mask:
    """A blob with a smaller blob taken out."""
    outer = blob(shape, centre, radii, 0.05, rng)
    z, y, x = _grid(shape, centre, tuple(0.6 * radius for radius in radii))
    return np.asarray(outer & ~(z * z + y * y + x * x < 1.0) | dot(shape, (0.5, 0.5, 0.95)), dtype=np.bool_)


def shells(shape: Shape) -> Mask:
    """Rings in rings: islands in holes in islands."""
    z, y, x = _grid(shape, (0.5, 0.5, 0.5), (0.1, 0.45, 0.45))
    return np.asarray((np.floor(9 * np.sqrt(y * y + x * x)) % 2 == 0) & (np.abs(z) < 1), dtype=np.bool_)


def sieve(shape: Shape) -> Mask:
    """A plate with many holes, some at the corners of others."""
    plate = np.zeros(shape, dtype=np.bool_)
    rows, columns = shape[1:]
    middle = slice(shape[0] // 3, shape[0] // 3 + 3)
    plate[middle, rows // 4 : rows // 2, columns // 4 : columns // 2] = True
    plate[middle, rows // 4 + 2 : rows // 2 - 2 : 4, columns // 4 + 2 : columns // 2 - 2 : 3] = False
    plate[middle, rows // 4 + 3 : rows // 2 - 2 : 8, columns // 4 + 3 : columns // 2 - 2 : 3] = False
    return plate


def corner(shape: Shape) -> Mask:
    """The first voxel's corner of the grid."""
    mask = np.zeros(shape, dtype=np.bool_)
    mask[: max(1, shape[0] // 4), : max(1, shape[1] // 5), : max(1, shape[2] // 5)] = True
    return mask


def border(shape: Shape) -> Mask:
    """A frame along all four sides of the images."""
    mask = np.ones(shape, dtype=np.bool_)
    mask[:, 1:-1, 1:-1] = False
    return mask


def diagonal(shape: Shape) -> Mask:
    """Voxels that touch at corners only, on a few slices."""
    z, y, x = np.indices(shape, sparse=True)
    return np.asarray(((y == x) | (y + x == min(shape[1:]) - 1)) & (z < 4), dtype=np.bool_)


def dot(shape: Shape, place: tuple[float, ...]) -> Mask:
    """One voxel."""
    mask = np.zeros(shape, dtype=np.bool_)
    mask[tuple(min(int(part * size), size - 1) for part, size in zip(place, shape, strict=True))] = True
    return mask


def dots(shape: Shape, rng: np.random.Generator) -> Mask:
    """Single voxels here and there."""
    mask = np.zeros(shape, dtype=np.bool_)
    mask.reshape(-1)[rng.integers(0, mask.size, 12)] = True
    return mask


def speckle(shape: Shape, rng: np.random.Generator) -> Mask:
    """Noise in a small box: every way in which eight neighbours can be set."""
    mask = np.zeros(shape, dtype=np.bool_)
    part = mask[: min(6, shape[0]), 2 : min(34, shape[1]), 2 : min(34, shape[2])]
    part[...] = rng.random(part.shape) < 0.5
    return mask


def line(shape: Shape) -> Mask:
    """One voxel wide, in every slice."""
    mask = np.zeros(shape, dtype=np.bool_)
    mask[:, shape[1] // 3, 3:-3] = True
    return mask


def half(shape: Shape, *, left: bool) -> Mask:
    """Two boxes that touch each other along a plane."""
    mask = np.zeros(shape, dtype=np.bool_)
    columns = shape[2]
    span = slice(columns // 4, columns // 2) if left else slice(columns // 2, 3 * columns // 4)
    mask[:, shape[1] // 4 : 3 * shape[1] // 4, span] = True
    return mask


def _grid(
    shape: Shape, centre: tuple[float, ...], radii: tuple[float, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    axes = []
    for axis, size in enumerate(shape):
        values = ((np.arange(size) + 0.5) / size - centre[axis]) / radii[axis]
        axes.append(values.astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)]))
    return axes[0], axes[1], axes[2]
