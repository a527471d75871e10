"""The same patient scanned another way: a volume turned, mirrored or tilted without moving the anatomy."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.engine import Drawing
from model.registry import engine
from model.samples import series
from model.series.geometry import SeriesGeometry, SlicePlane, geometry_of
from model.volume.load import load_volume
from model.volume.patient_axes import axes_of
from model.volume.volume import Volume
from tests.builders.series import series_in


def sample_volume(name: str) -> Volume:
    """A real image, fetched once into the cache."""
    paths, headers = series_in(series(name))
    return load_volume(paths, geometry_of(headers))


@cache
def sample_drawing(name: str) -> tuple[Volume, Drawing]:
    """A sample and what hu-ct draws on it, once for all tests that look at it."""
    volume = sample_volume(name)
    return volume, engine("hu-ct").draw(volume, lambda fraction, what: None)


def coarser(volume: Volume, step: int) -> Volume:
    """Every ``step``-th row and column: tests that look at the anatomy need no full resolution."""
    geometry = volume.geometry
    array: Any = np.ascontiguousarray(volume.array[:, ::step, ::step])
    return Volume(array, placed(geometry, array.shape, axes_of(geometry) * [1, step, step], geometry.positions[0]))


def turned(volume: Volume, row: str, column: str) -> Volume:
    """The volume as if its rows and columns ran along patient directions, each a letter of L, R, P, A, H, F.

    ``row`` is where columns count to, ``column`` where rows count to; slices then follow their normal. The series
    given must be axial with rows to L and columns to P.
    """
    steps = {"L": (2, 1), "R": (2, -1), "P": (1, 1), "A": (1, -1), "H": (0, 1), "F": (0, -1)}
    unit = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
    normal = np.cross(unit[row], unit[column])
    through = next(letter for letter, vector in unit.items() if np.array_equal(vector, normal))
    axes = axes_of(volume.geometry)
    order = [steps[letter][0] for letter in (through, column, row)]
    signs = [steps[letter][1] for letter in (through, column, row)]
    array: Any = volume.array.transpose(order)[tuple(slice(None, None, sign) for sign in signs)]
    first = [volume.array.shape[own] - 1 if sign < 0 else 0 for own, sign in zip(order, signs, strict=True)]
    corner = volume.geometry.positions[0] + sum(axes[:, own] * index for own, index in zip(order, first, strict=True))
    turned_axes = np.stack([axes[:, own] * sign for own, sign in zip(order, signs, strict=True)], axis=1)
    return Volume(np.ascontiguousarray(array), placed(volume.geometry, array.shape, turned_axes, corner))


def tilted(volume: Volume, x: float, z: float) -> Volume:
    """The volume scanned on a grid turned by degrees about the patient's x and z axes, interpolated linearly."""
    a, b = np.radians(x), np.radians(z)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    axes = axes_of(volume.geometry)
    own = about_z @ about_x @ axes
    shape = np.array(volume.array.shape)
    middle = volume.geometry.positions[0] + axes @ ((shape - 1) / 2)
    # Large enough to hold the patient at the angles that the tests use.
    larger = (shape * [1.7, 1.3, 1.3]).astype(int)
    corner = middle - own @ ((larger - 1) / 2)
    matrix = np.linalg.inv(axes) @ own
    offset = np.linalg.inv(axes) @ (corner - volume.geometry.positions[0])
    array = ndimage.affine_transform(
        volume.array, matrix, offset, tuple(int(n) for n in larger), order=1, cval=-1024, output=np.int16
    )
    return Volume(array, placed(volume.geometry, array.shape, own, corner))


def placed(
    geometry: SeriesGeometry, shape: tuple[int, ...], axes: NDArray[np.float64], corner: NDArray[np.float64]
) -> SeriesGeometry:
    """Geometry of an array whose axes step by the columns of ``axes`` from ``corner``, LPS mm."""
    lengths = np.linalg.norm(axes, axis=0)
    directions = axes / lengths
    first = geometry.planes[0]
    planes = []
    for index in range(shape[0]):
        x, y, z = (float(value) for value in corner + axes[:, 0] * index)
        planes.append(
            SlicePlane(
                sop_instance_uid=f"2.25.4711.{index}",
                sop_class_uid=first.sop_class_uid,
                position=(x, y, z),
                position_text=(f"{x:.6g}", f"{y:.6g}", f"{z:.6g}"),
                row_direction=_vector(directions[:, 2]),
                column_direction=_vector(directions[:, 1]),
                spacing=(float(lengths[1]), float(lengths[2])),
            )
        )
    return replace(geometry, rows=shape[1], columns=shape[2], planes=tuple(planes))


def _vector(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
