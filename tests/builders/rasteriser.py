"""An independent reader of structure sets: crossing numbers at voxel centres, slice by slice, from the headers alone.

Shares nothing with the package: pydicom parses, each contour goes to the image that it names, and every voxel centre of
that image is tested against every edge. Slow and plain on purpose.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset


def masks(content: bytes, images: Sequence[Dataset], *, union: bool = False) -> dict[str, NDArray[np.bool_]]:
    """ROI name to (slice, row, column) mask, slices in the order of ``images``.

    Contours of a slice toggle each other, or are united with ``union``.
    """
    dataset = dcmread(io.BytesIO(content))
    names = {int(roi.ROINumber): str(roi.ROIName) for roi in dataset.StructureSetROISequence}
    index = {str(image.SOPInstanceUID): number for number, image in enumerate(images)}
    found = {}
    for item in dataset.ROIContourSequence:
        mask = np.zeros((len(images), int(images[0].Rows), int(images[0].Columns)), dtype=np.bool_)
        for contour in item.ContourSequence:
            number = index[str(contour.ContourImageSequence[0].ReferencedSOPInstanceUID)]
            inside = _inside(contour.ContourData, images[number])
            mask[number] = mask[number] | inside if union else mask[number] ^ inside
        found[names[int(item.ReferencedROINumber)]] = mask
    return found


def along_normal(images: Iterable[Dataset]) -> list[Dataset]:
    """Images sorted by position along their normal, localizers left out."""
    kept = [image for image in images if "LOCALIZER" not in image.ImageType]
    cosines = np.array(kept[0].ImageOrientationPatient, dtype=np.float64)
    normal = np.cross(cosines[:3], cosines[3:])
    return sorted(kept, key=lambda image: float(np.array(image.ImagePositionPatient, dtype=np.float64) @ normal))


def _inside(data: Iterable[float], image: Dataset) -> NDArray[np.bool_]:
    points = np.array([float(value) for value in data]).reshape(-1, 3)
    cosines = np.array(image.ImageOrientationPatient, dtype=np.float64)
    rows, columns = int(image.Rows), int(image.Columns)
    relative = points - np.array(image.ImagePositionPatient, dtype=np.float64)
    # In a frame that is neither voxels nor text: mm along the row and along the column.
    x, y = relative @ cosines[:3], relative @ cosines[3:]
    assert np.abs(relative @ np.cross(cosines[:3], cosines[3:])).max() < 0.01, "the contour leaves its slice"
    centre_x = np.arange(columns) * float(image.PixelSpacing[1])
    centre_y = (np.arange(rows) * float(image.PixelSpacing[0]))[:, None]
    inside = np.zeros((rows, columns), dtype=np.bool_)
    for (x0, y0), (x1, y1) in zip(
        zip(x, y, strict=True), zip(np.roll(x, -1), np.roll(y, -1), strict=True), strict=True
    ):
        spans = (y0 > centre_y) != (y1 > centre_y)
        if spans.any():
            inside ^= spans & (centre_x < (x1 - x0) * (centre_y - y0) / (y1 - y0) + x0)
    return inside
