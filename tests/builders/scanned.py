"""The made-up person scanned by any scanner: image planes anywhere, as DICOM objects, and what is right on them.

Voxels are looked up at their place in the patient, from position, orientation and pixel spacing alone; nothing of the
package's own geometry is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from model.samples.dicom_series import Patient, SeriesText, header
from tests.builders.person import Scan

Direction = tuple[float, float, float]
INTERCEPT, AIR = -1024, -1000


@dataclass(frozen=True)
class Planes:
    """Image planes: ``row`` runs along rising columns, ``column`` along rising rows; ``middles`` (n, 3) mm, LPS.

    ``spacing`` is mm between (rows, columns), ``shape`` (rows, columns); ``position`` is PatientPosition.
    """

    row: Direction
    column: Direction
    middles: NDArray[np.float64]
    shape: tuple[int, int] = (110, 110)
    spacing: tuple[float, float] = (4.0, 4.0)
    position: str = "HFS"

    def corner(self, index: int) -> NDArray[np.float64]:
        """The centre of a slice's first voxel."""
        rows, columns = (self.shape[axis] - 1 for axis in range(2))
        down = np.array(self.column) * self.spacing[0] * rows / 2
        return np.asarray(self.middles[index] - down - np.array(self.row) * self.spacing[1] * columns / 2)

    def places(self, index: int) -> NDArray[np.float64]:
        """(row, column, 3) where the voxels of a slice lie, LPS mm."""
        rows, columns = np.mgrid[: self.shape[0], : self.shape[1]].astype(np.float64)
        along = rows[..., None] * np.array(self.column) * self.spacing[0]
        return np.asarray(self.corner(index) + along + columns[..., None] * np.array(self.row) * self.spacing[1])


def along_z(low: float, high: float, step: float, x: float = 0.0, y: float = 25.0) -> NDArray[np.float64]:
    """Middles of slices on a table that moves along z."""
    heights = np.arange(low, high, step)
    return np.stack([np.full_like(heights, x), np.full_like(heights, y), heights], axis=1)


def looked_up(
    values: NDArray[np.generic], scan: Scan, planes: Planes, order: int, outside: float
) -> NDArray[np.float64]:
    """(slice, row, column) values of the scan's grid at the voxels of the planes, ``outside`` beyond it."""
    first = np.array(scan.volume.geometry.planes[0].position)[::-1]
    pixel = scan.volume.geometry.planes[0].spacing[0]
    size = np.array([scan.z[1] - scan.z[0], pixel, pixel])
    found = []
    for index in range(len(planes.middles)):
        index_zyx = (planes.places(index)[..., ::-1] - first) / size
        found.append(
            ndimage.map_coordinates(
                values.astype(np.float32), np.moveaxis(index_zyx, -1, 0), order=order, mode="constant", cval=outside
            )
        )
    return np.asarray(found, dtype=np.float64)


def scanned(scan: Scan, planes: Planes, key: str, hu: NDArray[np.float64] | None = None) -> list[Dataset]:
    """The series as the scanner writes it, in the order of its planes; ``hu`` in place of what the person gives."""
    values = looked_up(scan.volume.array, scan, planes, 1, AIR) if hu is None else hu
    text = SeriesText(key=key, modality="CT", description="Made up", body_part="CHEST")
    patient = Patient(name="Scanned^Test", identifier="SCANNED-1")
    return [_slice(values[index], planes, index, header(patient, text, index)) for index in range(len(values))]


def _slice(values: NDArray[np.float64], planes: Planes, index: int, dataset: Dataset) -> Dataset:
    dataset.ImagePositionPatient = [f"{value:.6f}".rstrip("0").rstrip(".") for value in planes.corner(index)]
    dataset.ImageOrientationPatient = [f"{value:.10f}" for value in (*planes.row, *planes.column)]
    dataset.PixelSpacing = [f"{value:g}" for value in planes.spacing]
    dataset.PatientPosition = planes.position
    dataset.SliceThickness = "5"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = planes.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    dataset.RescaleIntercept, dataset.RescaleSlope = str(INTERCEPT), "1"
    stored = np.clip(np.rint(values) - INTERCEPT, 0, 65535)
    dataset.PixelData = stored.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset
