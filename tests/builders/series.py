"""Series of every geometry, with made-up patients: headers in memory, or DICOM files in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from model.series.folder import images_in
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader

# Below 2.25, made from nothing: a UID root for tests only.
ROOT = "2.25.4711"


@dataclass(frozen=True)
class SeriesPlan:
    """What a made-up series looks like.

    ``row`` and ``column`` are the direction cosines of ImageOrientationPatient (along a row, along a column);
    ``offsets`` the distances of the slices along their normal in mm; ``shear`` is added to the position per mm of
    offset (gantry tilt). ``number`` makes all UIDs of the series its own. Files and instance numbers say nothing of the
    order of slices, unless ``order`` is "in order". ``jitter`` is how much the direction cosines differ between slices.
    """

    shape: tuple[int, int] = (64, 64)
    offsets: tuple[float, ...] = tuple(float(3 * n) for n in range(8))
    row: tuple[float, float, float] = (1.0, 0.0, 0.0)
    column: tuple[float, float, float] = (0.0, 1.0, 0.0)
    spacing: tuple[float, float] = (1.5, 1.5)
    origin: tuple[float, float, float] = (-48.0, -48.0, -100.0)
    shear: tuple[float, float, float] = (0.0, 0.0, 0.0)
    modality: str = "CT"
    patient_position: str = "HFS"
    number: int = 1
    localizers: int = 0
    order: str = "shuffled"
    jitter: float = 0.0
    extra: dict[str, object] = field(default_factory=dict)

    @property
    def normal(self) -> NDArray[np.float64]:
        """Row direction × column direction."""
        return np.cross(np.array(self.row), np.array(self.column))


def headers(plan: SeriesPlan) -> list[Dataset]:
    """Datasets without pixels, in the order in which they "arrive" (never along the normal)."""
    study, series, frame = (f"{ROOT}.{plan.number}.{part}" for part in (1, 2, 3))
    made = []
    for index, offset in enumerate(plan.offsets):
        position = np.array(plan.origin) + offset * (plan.normal + np.array(plan.shear))
        dataset = _common(plan, study, series, frame, f"{series}.{index + 1}")
        dataset.InstanceNumber = index + 1 if plan.order == "in order" else len(plan.offsets) - index
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        if plan.jitter:
            cosines = np.array([*plan.row, *plan.column])
            cosines += np.random.default_rng(index).uniform(-plan.jitter, plan.jitter, 6)
            dataset.ImageOrientationPatient = [_ds(value) for value in cosines]
        dataset.ImagePositionPatient = [_ds(value) for value in position]
        made.append(dataset)
    for index in range(plan.localizers):
        dataset = _common(plan, study, series, frame, f"{series}.9{index}")
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        dataset.ImageOrientationPatient = ["1", "0", "0", "0", "0", "-1"]
        dataset.ImagePositionPatient = ["0", "0", "500"]
        made.append(dataset)
    if plan.order == "shuffled":
        order = np.random.default_rng(plan.number).permutation(len(made))
        made = [made[int(index)] for index in order]
    return made


def geometry(plan: SeriesPlan) -> SeriesGeometry:
    """The geometry of the planned series."""
    return geometry_of(SliceHeader.from_dataset(dataset) for dataset in headers(plan))


def write_series(plan: SeriesPlan, folder: Path, values: NDArray[np.int16] | None = None) -> Path:
    """Write the series as Explicit VR Little Endian files with names that say nothing of the order.

    ``values`` is (slice, row, column) in HU, in the order of ``plan.offsets``; zeros when not given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate(headers(plan)):
        pixels = np.zeros(plan.shape, dtype=np.int16)
        index = int(str(dataset.SOPInstanceUID).rsplit(".", 1)[1]) - 1
        if values is not None and index < len(plan.offsets):
            pixels = values[index]
        add_pixels(dataset, pixels)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.save_as(folder / f"image{number:04d}.dcm", enforce_file_format=True)
    return folder


def add_pixels(dataset: Dataset, pixels: NDArray[np.int16]) -> None:
    """Give a header its pixels: 16 bits signed, slope 1, intercept 0."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.RescaleSlope, dataset.RescaleIntercept = "1", "0"
    dataset.PixelData = np.ascontiguousarray(pixels, dtype="<i2").tobytes()


def _common(plan: SeriesPlan, study: str, series: str, frame: str, uid: str) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = MRImageStorage if plan.modality == "MR" else CTImageStorage
    dataset.SOPInstanceUID = uid
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, frame
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID = "20260102", "101500", "S1"
    dataset.AccessionNumber, dataset.ReferringPhysicianName = "A-0001", "Muster^Ärztin"
    dataset.PatientName, dataset.PatientID = "Łukasz^山田", "TEST-0001"
    dataset.PatientBirthDate, dataset.PatientSex = "19500607", "O"
    dataset.Modality, dataset.SeriesNumber = plan.modality, 4
    dataset.PatientPosition = plan.patient_position
    dataset.Manufacturer = "Made-up Scanners"
    dataset.ImageOrientationPatient = [_ds(value) for value in (*plan.row, *plan.column)]
    dataset.PixelSpacing = [_ds(value) for value in plan.spacing]
    dataset.SliceThickness = "3"
    dataset.Rows, dataset.Columns = plan.shape
    for keyword, value in plan.extra.items():
        setattr(dataset, keyword, value)
    return dataset


def _ds(value: float) -> str:
    """Decimal string of at most 16 characters, as exact as that allows."""
    value = float(value) + 0.0
    for digits in range(16, 3, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError("the number does not fit into a decimal string")


def _rotation(x: float, y: float, z: float) -> NDArray[np.float64]:
    a, b, c = np.radians([x, y, z])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x, dtype=np.float64)


def _turned(x: float, y: float, z: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    matrix = _rotation(x, y, z)
    first, second = (tuple(float(v) for v in matrix[:, axis]) for axis in (0, 1))
    return first, second  # type: ignore[return-value]


def _even(count: int, step: float) -> tuple[float, ...]:
    return tuple(step * n for n in range(count))


_ROW, _COLUMN = _turned(12.0, -9.0, 17.0)
_BASE = SeriesPlan()

GEOMETRIES: dict[str, SeriesPlan] = {
    "axial": _BASE,
    "axial, head last": replace(_BASE, row=(-1.0, 0.0, 0.0), patient_position="FFS"),
    "axial, prone": replace(_BASE, row=(-1.0, 0.0, 0.0), column=(0.0, -1.0, 0.0), patient_position="HFP"),
    "sagittal": replace(_BASE, row=(0.0, 1.0, 0.0), column=(0.0, 0.0, -1.0), modality="MR"),
    "coronal": replace(_BASE, column=(0.0, 0.0, -1.0), modality="MR"),
    "oblique": replace(_BASE, row=_ROW, column=_COLUMN, modality="MR"),
    "gantry tilt": replace(_BASE, shear=(0.0, -0.4, 0.0)),
    "uneven spacing": replace(_BASE, offsets=(0.0, 2.0, 5.0, 6.5, 9.0, 13.0, 15.0, 18.0)),
    "missing slices": replace(_BASE, offsets=(0.0, 3.0, 6.0, 9.0, 21.0, 24.0, 27.0, 30.0)),
    "single slice": replace(_BASE, offsets=(0.0,)),
    "anisotropic pixels": replace(_BASE, spacing=(0.7, 2.3)),
    "not square": replace(_BASE, shape=(48, 80)),
    "far-off origin": replace(_BASE, origin=(-12345.678, 98765.4321, -54321.0625)),
    "with localizer": replace(_BASE, localizers=1),
    "orientation not quite the same": replace(_BASE, row=_ROW, column=_COLUMN, jitter=4e-5),
    "tiny pixels": replace(_BASE, spacing=(0.02, 0.02), offsets=_even(8, 0.05)),
}


def uids_in_order(plan: SeriesPlan) -> Sequence[str]:
    """SOP Instance UIDs along the normal."""
    return [f"{ROOT}.{plan.number}.2.{index + 1}" for index in range(len(plan.offsets))]


def series_in(directory: Path) -> tuple[list[Path], list[SliceHeader]]:
    """The image files in a folder and below, with their headers."""
    images, _ = images_in(directory)
    return [path for path, _ in images], [header for _, header in images]
