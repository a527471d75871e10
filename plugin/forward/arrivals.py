"""What a vendor's node sends back: one structure set of all slices that were sent, or the latest of a part of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pydicom
from pydicom.uid import RTStructureSetStorage

from model.errors import InputRefused, TargetFailed
from model.pipeline.draw import IMAGES
from model.rtstruct.coverage import Shortfall, shortfall
from model.rtstruct.file import read_structure_set
from model.rtstruct.items import text
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader
from model.storage.files import write_whole

PART = "returned.part"


@dataclass(frozen=True)
class Arrivals:
    """Objects that came back for the job of a folder; one that answers for a part of the slices is kept there."""

    folder: Path
    target: str

    def whole(self, files: Sequence[bytes]) -> bytes | None:
        """Return the object that answers for all slices; one of a part is kept, in place of an earlier one.

        What cannot be read counts as an answer, and is refused by who takes it. Raises TargetFailed when two came
        that are no part of one another.
        """
        parts = [file for file in files if self.missing(file) is not None]
        wholes = [file for file in files if file not in parts]
        if len(wholes) > 1 or (len(parts) > 1 and not wholes):
            raise TargetFailed(
                "RETURN_TWICE",
                f"The node of the target {self.target} sent {len(files)} objects for one series; none was taken.",
            )
        if wholes:
            return wholes[0]
        if parts:
            write_whole(self.folder / PART, parts[0])
        return None

    @property
    def waits(self) -> bool:
        """Whether a part has come."""
        return (self.folder / PART).exists()

    def part(self) -> tuple[bytes, Shortfall] | None:
        """Return the latest that answers for a part of the slices, and for which."""
        try:
            file = (self.folder / PART).read_bytes()
        except FileNotFoundError:
            return None
        missing = self.missing(file)
        return (file, missing) if missing is not None else None

    def missing(self, file: bytes) -> Shortfall | None:
        """Tell how far an object falls short of an answer; None where it does not, or cannot be read at all."""
        try:
            dataset = read_structure_set(file)
            structures = text(dataset, "SOPClassUID") == RTStructureSetStorage
            return shortfall(dataset, self._sent) if structures else None
        except InputRefused:
            return None

    @cached_property
    def _sent(self) -> SeriesGeometry:
        paths = sorted((self.folder / IMAGES).glob("*.dcm"))
        return geometry_of(SliceHeader.from_dataset(pydicom.dcmread(path, stop_before_pixels=True)) for path in paths)
