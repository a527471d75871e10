"""What a structure set holds once written: told to the job, the command line and the evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenRoi:
    """One ROI: its number and names, what was drawn, and the findings of the quality checks."""

    number: int
    name: str
    full_name: str
    label: str
    volume_cm3: float
    contours: int
    points: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotWritten:
    """A structure that is not in the file, by the engine's label, and why (``empty``, or the engine's reason)."""

    label: str
    reason: str


@dataclass(frozen=True)
class StructureSet:
    """A DICOM file and what is in it; ``remarks`` say what a reader must know, such as missing slices."""

    content: bytes
    rois: tuple[WrittenRoi, ...]
    left_out: tuple[NotWritten, ...]
    remarks: tuple[str, ...] = ()
