"""A planning CT as a scanner sends it: several reconstructions of one scan, in one study and frame of reference."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydicom import Dataset

from model.samples.dicom_series import Patient, made_uid
from tests.builders.phantom import Phantom, phantom_series


@dataclass(frozen=True)
class Reconstruction:
    """One series of the study; ``start_mm`` is how far above the lowest slice of the study it begins."""

    name: str
    thickness_mm: float = 5.0
    kernel: str = "B30f"
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "AXIAL")
    length_mm: float = 60.0
    start_mm: float = 0.0
    coronal: bool = False
    attributes: Mapping[str, object] = field(default_factory=dict)

    @property
    def slices(self) -> int:
        """As many as cover its length."""
        return round(self.length_mm / self.thickness_mm)


THICK_SOFT = Reconstruction("5 mm soft")
THIN_SOFT = Reconstruction("1.25 mm soft", thickness_mm=1.25)
THIN_BONE = Reconstruction("1.25 mm bone", thickness_mm=1.25, kernel="B70f")
CORONAL = Reconstruction(
    "coronal MPR", thickness_mm=1.25, image_type=("DERIVED", "SECONDARY", "MPR"), length_mm=20, coronal=True
)
MIP = Reconstruction("MIP", thickness_mm=1.0, image_type=("DERIVED", "SECONDARY", "AXIAL", "MIP"))
# Half way up the axial ones is half way up the coronal ones, of 64 rows of 6 mm.
CORONAL_TOP_MM = -270.0 + 32 * 6
FIVE = (THICK_SOFT, THIN_SOFT, THIN_BONE, CORONAL, MIP)


@dataclass(frozen=True)
class PlanningStudy:
    """A study and its patient; each of its series has the same UIDs whenever it is made."""

    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def series(self, one: Reconstruction, *, frame: str = "one") -> list[Dataset]:
        """Make the slices of a reconstruction; ``frame`` names the frame of reference."""
        phantom = Phantom(slices=one.slices, size=64, pixel_mm=6, step_mm=one.thickness_mm)
        slices = phantom_series(
            phantom,
            key=f"{self.key} {one.name}",
            study=made_uid(self.key, "study"),
            patient=Patient(name="Planning^Test", identifier=f"PLAN-{self.key[:8]}"),
            description=one.name,
        )
        for number, dataset in enumerate(slices):
            dataset.FrameOfReferenceUID = made_uid(self.key, f"frame {frame}")
            dataset.Manufacturer, dataset.ConvolutionKernel = "SIEMENS", one.kernel
            dataset.ImageType, dataset.SliceThickness = list(one.image_type), f"{one.thickness_mm:g}"
            x, y, z = map(float, dataset.ImagePositionPatient)
            dataset.ImagePositionPatient = [x, y, z + one.start_mm]
            if one.coronal:
                dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
                dataset.ImagePositionPatient = [x, number * one.thickness_mm, CORONAL_TOP_MM]
            for keyword, value in one.attributes.items():
                setattr(dataset, keyword, value)
        return slices

    def scout(self) -> list[Dataset]:
        """One localizer, in a series of its own."""
        scout = replace(THICK_SOFT, name="scout", image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"), length_mm=5.0)
        return self.series(scout)
