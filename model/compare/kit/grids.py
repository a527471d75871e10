"""The series of the kit: even, thin, tilted, with gantry tilt, and unevenly spaced; each a CT of a made-up patient."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from model.samples.dicom_series import INTERCEPT, Patient, SeriesText, header
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader

Points = NDArray[np.float64]
PATIENT = Patient("Metric^Kit", "METRIC-KIT")
AIR_HU, WATER_HU = -1000, 0
# Of the disc of water in the middle of each slice, in mm.
WATER_MM = 40.0


@dataclass(frozen=True)
class Grid:
    """One series, in axes of its own: u along the rows, v down the columns, w along the normal, 0 in the middle.

    ``offsets`` are the slices on w in mm; ``row`` and ``column`` directions, LPS; ``shear`` moves each slice along v,
    per mm of w, as a tilted gantry does.
    """

    name: str
    offsets: tuple[float, ...]
    pixel_mm: float
    pixels: int
    row: tuple[float, float, float] = (1.0, 0.0, 0.0)
    column: tuple[float, float, float] = (0.0, 1.0, 0.0)
    shear: float = 0.0

    @property
    def axes(self) -> Points:
        """(3, 3): the unit vectors of u, v and w as rows, LPS."""
        row, column = np.array(self.row), np.array(self.column)
        return np.stack([row, column, np.cross(row, column)])

    def slabs(self) -> list[tuple[float, float]]:
        """Where on w each slice begins and ends: half way to its neighbours."""
        offsets = np.array(self.offsets)
        middles = (offsets[1:] + offsets[:-1]) / 2
        first, last = 2 * offsets[0] - middles[0], 2 * offsets[-1] - middles[-1]
        ends = [float(first), *map(float, middles), float(last)]
        return list(pairwise(ends))

    def slices(self) -> list[Dataset]:
        """Return the slices, with pixels."""
        text = SeriesText(f"metric kit {self.name}", "CT", f"metric kit: {self.name}", "PHANTOM")
        edge = (self.pixels - 1) / 2 * self.pixel_mm
        across = (np.arange(self.pixels) - (self.pixels - 1) / 2) * self.pixel_mm
        water = across[:, None] ** 2 + across[None, :] ** 2 < WATER_MM**2
        pixels = (np.where(water, WATER_HU, AIR_HU) - INTERCEPT).astype("<i2").tobytes()
        made = []
        for number, offset in enumerate(self.offsets):
            dataset = header(PATIENT, text, number)
            corner = np.array([-edge, -edge + self.shear * offset, offset]) @ self.axes
            dataset.ImagePositionPatient = [f"{value:.6f}" for value in corner]
            dataset.ImageOrientationPatient = [f"{value:.10f}" for value in (*self.row, *self.column)]
            dataset.PixelSpacing = [f"{self.pixel_mm:g}"] * 2
            begin, end = self.slabs()[number]
            dataset.SliceThickness = f"{end - begin:g}"
            dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
            dataset.Rows = dataset.Columns = self.pixels
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
            dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = INTERCEPT, 1, "HU"
            dataset.PixelData = pixels
            dataset["PixelData"].VR = "OW"
            made.append(dataset)
        return made


def geometry_of_slices(slices: list[Dataset]) -> SeriesGeometry:
    """Return the geometry of the slices of a grid."""
    return geometry_of(SliceHeader.from_dataset(dataset) for dataset in slices)


def _even(count: int, step: float) -> tuple[float, ...]:
    return tuple((number - (count - 1) / 2) * step for number in range(count))


def _uneven(count: int) -> tuple[float, ...]:
    heights = np.cumsum(np.resize([2.0, 3.0, 4.0, 3.0], count))
    return tuple(float(height) for height in heights - heights[count // 2])


_TILT, _TURN = np.radians(25.0), np.radians(15.0)
_ROW = (float(np.cos(_TURN)), float(np.sin(_TURN)), 0.0)
_COLUMN = (
    float(-np.sin(_TURN) * np.cos(_TILT)),
    float(np.cos(_TURN) * np.cos(_TILT)),
    float(np.sin(_TILT)),
)

EVEN = Grid("even", _even(32, 3.0), 1.0, 96)
THIN = Grid("thin", _even(56, 1.25), 0.977, 96)
TILTED = Grid("tilted", _even(32, 3.0), 1.0, 96, _ROW, _COLUMN)
GANTRY = Grid("gantry", _even(32, 3.0), 1.0, 96, shear=0.3)
UNEVEN = Grid("uneven", _uneven(30), 1.0, 96)
