"""A made-up head with eyes, nose, lips and chin, or without a face: CT or MR, in any orientation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset

from model.samples.dicom_series import Patient, SeriesText, slice_dataset
from model.samples.image import SampleImage

# Where the vertex of the head lies, in mm above the chin's level.
VERTEX = 230.0
CT = {"air": -1000, "skin": 30, "bone": 800, "brain": 36, "fluid": 8}
MR = {"air": 0, "skin": 620, "bone": 60, "brain": 480, "fluid": 250}
# How the axes of the series (column, row, slice) run in the patient (LPS).
ORIENTATIONS = {
    "axial": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "axial from the head down": ((1, 0, 0), (0, 1, 0), (0, 0, -1)),
    "prone": ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    "coronal": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
    "sagittal from the left": ((0, 1, 0), (0, 0, -1), (1, 0, 0)),
}


@dataclass(frozen=True)
class Head:
    """How it is made; ``top`` is where the images end, in mm: below VERTEX they cut the head off."""

    face: bool = True
    modality: str = "CT"
    orientation: str = "axial"
    top: float = 248.0
    bottom: float = -32.0
    pixel_mm: float = 2.5
    step_mm: float = 4.0
    tilt_degrees: float = 0.0
    # With the chin on the chest: no throat tells where the face ends.
    chest: bool = False
    # How much shorter the face is than the usual one, in mm.
    shorter_mm: float = 0.0

    @property
    def axes(self) -> NDArray[np.float64]:
        """Columns: unit vectors of column, row and slice in LPS."""
        axes = np.array(ORIENTATIONS[self.orientation], dtype=np.float64).T
        turn = np.radians(self.tilt_degrees)
        about_x = np.array([[1, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]])
        return np.asarray(about_x @ axes)

    def image(self) -> SampleImage:
        """The volume, and where it lies."""
        axes = self.axes
        side = 180.0 if self.chest else 100.0
        low, high = np.array([-side, -130.0, self.bottom]), np.array([side, 115.0, self.top])
        steps = np.array([self.pixel_mm, self.pixel_mm, self.step_mm])
        upright = np.array(ORIENTATIONS[self.orientation], dtype=np.float64).T
        sizes = np.ceil(np.abs(upright.T @ (high - low)) / steps).astype(int)
        centre = (low + high) / 2
        affine = np.eye(4)
        affine[:3, :3] = axes * steps
        affine[:3, 3] = centre - affine[:3, :3] @ ((sizes - 1) / 2)
        k, j, i = np.meshgrid(*(np.arange(size) for size in sizes[::-1]), indexing="ij")
        x, y, z = (affine[row, 0] * i + affine[row, 1] * j + affine[row, 2] * k + affine[row, 3] for row in range(3))
        return SampleImage(self._values(x, y, z), affine)

    def _values(self, x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.int16]:
        value = CT if self.modality == "CT" else MR
        array = np.full(x.shape, value["air"], dtype=np.int16)

        def ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> NDArray[np.bool_]:
            parts = ((x - centre[0]) / radii[0], (y - centre[1]) / radii[1], (z - centre[2]) / radii[2])
            return np.asarray(sum(part**2 for part in parts) <= 1)

        cranium = (0.0, 5.0, 135.0)
        if self.chest:
            array[((x / 170) ** 2 + (y / 95) ** 2 <= 1) & (z < -15)] = value["skin"]
            array[((x / 60) ** 2 + (y / 88) ** 2 <= 1) & (z < 60)] = value["skin"]
        neck = ((x / 58) ** 2 + ((y - 15) / 55) ** 2 <= 1) & (z < 60)
        array[ellipsoid(cranium, (76, 96, 95)) | neck] = value["skin"]
        array[ellipsoid((0, -30, 65 + self.shorter_mm / 2), (62, 62, 75 - self.shorter_mm / 2))] = value["skin"]
        if self.face:
            for side in (-32, 32):
                array[ellipsoid((side, -96, 115), (15, 13, 10))] = value["air"]
                array[ellipsoid((side, -80, 115), (12, 12, 12))] = value["fluid"]
            array[ellipsoid((0, -92, 95), (16, 25, 26))] = value["skin"]
            array[ellipsoid((0, -92, 45 + self.shorter_mm / 2), (24, 8, 8))] = value["skin"]
            array[ellipsoid((0, -84, 5 + self.shorter_mm), (20, 14, 12))] = value["skin"]
        array[ellipsoid(cranium, (68, 88, 87)) & (z > 78)] = value["bone"]
        array[ellipsoid(cranium, (60, 80, 79)) & (z > 86)] = value["brain"]
        if self.modality == "MR":
            noise = np.random.default_rng(7).integers(0, 24, array.shape)
            array = np.asarray(np.maximum(array, noise), dtype=np.int16)
        return array


def head_series(head: Head | None = None, *, patient: Patient | None = None, key: str | None = None) -> list[Dataset]:
    """A fresh series of it (own UIDs unless ``key`` repeats)."""
    head, key = head or Head(), key or uuid.uuid4().hex
    image = head.image()
    text = SeriesText(key=key, modality=head.modality, description="Head", body_part="HEAD")
    patient = patient or Patient(name="Head^Test", identifier=f"HEAD-{key[:8]}")
    return [slice_dataset(image, index, patient, text) for index in range(image.array.shape[0])]


def volume_of(files: list[bytes]) -> NDArray[np.int16]:
    """The stored pixels of files, in their order."""
    return np.stack([pydicom.dcmread(BytesIO(file)).pixel_array for file in files])
