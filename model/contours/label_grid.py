"""Label maps brought onto the grid of a series: by position in the patient, never by index."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.label_files import LabelMap, Labels
from model.contours.label_mask import LabelMask
from model.contours.structure import BoxedMask
from model.errors import InputRefused
from model.series.geometry import SeriesGeometry

# NIfTI is RAS, DICOM is LPS (nifti1.h; DICOM PS3.3 C.7.6.2.1.1).
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
# An index that changes less than this over a whole image is constant: affines are kept as float32.
CONSTANT_INDEX = 0.01
# From this number on numbers are packed first, as a table for each is made.
MANY = 65536


def on_grid(labels: LabelMap, geometry: SeriesGeometry) -> Labels:
    """Labels as (slice, row, column) of the series; each voxel takes the label whose voxel its centre lies in.

    Raises InputRefused when a ``.npy`` has another shape, or labels lie outside the series.
    """
    if labels.affine is None:
        if labels.array.shape != geometry.shape:
            raise InputRefused(
                "LABELS_SHAPE",
                f"The labels have the shape {labels.array.shape}, the series has {geometry.shape} "
                "(slices along the normal, rows, columns).",
            )
        return labels.array
    lps = RAS_TO_LPS @ labels.affine
    require_inside(labels.array, lps, geometry)
    first = geometry.common
    back = np.linalg.inv(lps)
    per_row = back[:3, :3] @ (np.array(first.column_direction) * first.spacing[0])
    per_column = back[:3, :3] @ (np.array(first.row_direction) * first.spacing[1])
    origins = geometry.positions @ back[:3, :3].T + back[:3, 3]
    placed = np.zeros(geometry.shape, dtype=labels.array.dtype)
    for index, origin in enumerate(origins):
        placed[index] = _slice(labels.array, origin, per_row, per_column, geometry.rows, geometry.columns)
    return placed


def _slice(
    array: Labels,
    origin: NDArray[np.float64],
    per_row: NDArray[np.float64],
    per_column: NDArray[np.float64],
    rows: int,
    columns: int,
) -> Labels:
    """Nearest labels of one image: voxel (r, c) lies at index origin + r per_row + c per_column."""
    row, column = np.arange(rows), np.arange(columns)
    moves_row = np.abs(per_row) * rows > CONSTANT_INDEX
    moves_column = np.abs(per_column) * columns > CONSTANT_INDEX
    answer = np.zeros((rows, columns), dtype=array.dtype)
    if moves_row.sum() == 1 and moves_column.sum() == 1 and not (moves_row & moves_column).any():
        # The axes run along each other's: one index per row, one per column, one for the image.
        down, across = int(np.argmax(moves_row)), int(np.argmax(moves_column))
        level = 3 - down - across
        k = int(np.floor(origin[level] + 0.5))
        i = np.floor(origin[down] + row * per_row[down] + 0.5).astype(np.int64)
        j = np.floor(origin[across] + column * per_column[across] + 0.5).astype(np.int64)
        if not 0 <= k < array.shape[level]:
            return answer
        rows_in = np.flatnonzero((i >= 0) & (i < array.shape[down]))
        columns_in = np.flatnonzero((j >= 0) & (j < array.shape[across]))
        plane = np.moveaxis(array, (level, down, across), (0, 1, 2))[k]
        answer[np.ix_(rows_in, columns_in)] = plane[np.ix_(i[rows_in], j[columns_in])]
        return answer
    where = origin + row[:, None, None] * per_row + column[None, :, None] * per_column
    nearest = np.floor(where + 0.5).astype(np.int64)
    seen = np.all((nearest >= 0) & (nearest < array.shape), axis=2)
    answer[seen] = array[tuple(nearest[seen].T)]
    return answer


def require_inside(array: Labels, lps: NDArray[np.float64], geometry: SeriesGeometry) -> None:
    """Raise InputRefused when a labelled voxel lies wholly outside the box of the series.

    ``lps`` is (4, 4), index to LPS mm.
    """
    first = geometry.common
    spacing = np.array(first.spacing)
    axes = np.stack([np.array(first.column_direction), np.array(first.row_direction), geometry.normal])
    half = np.abs(axes @ lps[:3, :3]).sum(axis=1) / 2
    low = geometry.offsets[0] - geometry.thicknesses[0] / 2 - half[2]
    high = geometry.offsets[-1] + geometry.thicknesses[-1] / 2 + half[2]
    room = half[:2] + spacing / 2
    size = (np.array([geometry.rows, geometry.columns]) - 1) * spacing

    def away(voxels: NDArray[np.int64], k: int) -> int:
        positions = voxels @ lps[:3, :2].T + (lps[:3, 2] * k + lps[:3, 3])
        heights = positions @ geometry.normal
        # With a tilted gantry the images are shifted against each other, so in-plane the nearest one decides.
        relative = (positions - geometry.positions[geometry.nearest(heights)]) @ axes[:2].T
        beyond = np.any((relative < -room) | (relative > size + room), axis=1)
        return int(np.count_nonzero((heights < low) | (heights > high) | beyond))

    outside = 0
    for k in range(array.shape[2]):
        rows, columns = (np.flatnonzero(array[:, :, k].any(axis=axis)) for axis in (1, 0))
        if len(rows):
            corners = np.array([(r, c) for r in (rows[0], rows[-1]) for c in (columns[0], columns[-1])])
            if away(corners, k):
                outside += away(np.argwhere(array[:, :, k]), k)
    if outside:
        raise InputRefused(
            "LABELS_OUTSIDE",
            f"{outside} labelled voxels lie outside the series; the labels belong to another series, or their "
            "orientation is wrong.",
        )


def boxes_of(labels: Labels) -> Iterator[tuple[int, BoxedMask]]:
    """Each label that is there with its mask, which is read from the labels, in ascending order."""
    values = None
    if labels.size and int(labels.max()) >= MANY:
        values, packed = np.unique(labels, return_inverse=True)
        labels = (packed.reshape(labels.shape) + (values[0] != 0)).astype(np.uint32)
        values = values[values != 0]
    if labels.dtype.itemsize > 2 and int(labels.max(initial=0)) < MANY:
        labels = labels.astype(np.uint16)
    for number, box in enumerate(ndimage.find_objects(labels.astype(np.int32, copy=False)), start=1):
        if box is None:
            continue
        origin = (int(box[0].start), int(box[1].start), int(box[2].start))
        label = number if values is None else int(values[number - 1])
        part = labels[box]
        if part.dtype.itemsize <= 2:
            yield label, LabelMask(origin, part, (number,))
        else:
            yield label, BoxedMask(origin, part == number)
