"""A small CT of a made-up body: an ellipse of water with two lungs under ribs and a spine of bone around a canal."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from model.samples.dicom_series import Patient, SeriesText, slice_dataset
from model.samples.image import SampleImage

AIR, WATER, LUNG, BONE, CORD = -1000, 20, -820, 500, 35


@dataclass(frozen=True)
class Phantom:
    """How large it is; the default makes a job of about a second."""

    slices: int = 12
    size: int = 128
    pixel_mm: float = 3.0
    step_mm: float = 5.0

    def array(self) -> NDArray[np.int16]:
        """(slice, row, column) HU."""
        row, column = np.mgrid[: self.size, : self.size] - (self.size - 1) / 2
        row, column = row * self.pixel_mm, column * self.pixel_mm
        image = np.full((self.size, self.size), AIR, dtype=np.int16)

        def ellipse(y: float, x: float, height: float, width: float, value: int) -> None:
            image[((row - y) / height) ** 2 + ((column - x) / width) ** 2 <= 1] = value

        ellipse(0, 0, 110, 160, WATER)
        for side in (-75, 75):
            ellipse(-15, side, 73, 58, BONE)
            ellipse(-15, side, 66, 51, WATER)
        ellipse(-15, -75, 65, 50, LUNG)
        ellipse(-15, 75, 65, 50, LUNG)
        ellipse(70, 0, 24, 22, BONE)
        ellipse(72, 0, 10, 11, CORD)
        return np.repeat(image[None], self.slices, axis=0)


def phantom_series(
    phantom: Phantom | None = None,
    *,
    key: str | None = None,
    study: str | None = None,
    patient: Patient | None = None,
    description: str = "Phantom",
    **attributes: object,
) -> list[Dataset]:
    """A fresh series (own UIDs unless ``key`` repeats) in the order along the normal; ``attributes`` on each slice."""
    phantom = phantom or Phantom()
    key = key or uuid.uuid4().hex
    affine = np.diag([phantom.pixel_mm, phantom.pixel_mm, phantom.step_mm, 1.0])
    affine[:3, 3] = (-phantom.size * phantom.pixel_mm / 2, -phantom.size * phantom.pixel_mm / 2, -300.0)
    image = SampleImage(phantom.array(), affine)
    text = SeriesText(key=key, modality="CT", description=description, body_part="CHEST")
    patient = patient or Patient(name="Phantom^Test", identifier=f"PHANTOM-{key[:8]}")
    slices = [slice_dataset(image, index, patient, text) for index in range(phantom.slices)]
    for dataset in slices:
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
        if study is not None:
            dataset.StudyInstanceUID = study
    return slices


def file_of(dataset: Dataset) -> bytes:
    """The dataset as a DICOM file."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def files_of(slices: list[Dataset]) -> list[bytes]:
    """Each slice as a DICOM file."""
    return [file_of(dataset) for dataset in slices]
