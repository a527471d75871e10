"""The face is blanked in the files of a series that is not sealed yet; all of them change, or none does.

Only stored pixels in front of the cut change, to the value of air, and one attribute: code 113102 is declared, once the
check found no face any more. Every other byte is what it was, and that is looked at in each file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.dicom.tags import DEIDENTIFICATION_METHOD_CODE_SEQUENCE
from model.errors import InputRefused
from model.gate import canonical
from model.gate.attribute import method_codes
from model.gate.check import CheckedFile, FileCheck
from model.gate.pixels import PixelFormat
from model.gate.rules import Findings
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from plugin.privacy.candidate import Candidate
from plugin.privacy.face.check import check_face
from plugin.privacy.face.cut import Cut, cut_of
from plugin.privacy.face.outcome import Face
from plugin.privacy.face.patient_grid import Coarse, PatientGrid, Sheet, grid_of
from plugin.privacy.unchecked import UncheckedFolder

AIR_HU = -1000.0
Stored = NDArray[np.integer]


@dataclass(frozen=True)
class Blanked:
    """What became of the face, and the files as they are now; ``findings`` where a changed one is not what it must be.

    ``voxels`` counts those that were set to air.
    """

    face: Face
    candidates: list[Candidate]
    findings: Findings
    voxels: int = 0


@dataclass(frozen=True)
class _Slice:
    """A slice of the volume: its file, what turns stored values into those of the image, and its place."""

    candidate: Candidate
    slope: float
    intercept: float

    @classmethod
    def of(cls, candidate: Candidate) -> _Slice:
        texts = candidate.checked.texts()
        return cls(candidate, float(texts.get("RescaleSlope") or 1), float(texts.get("RescaleIntercept") or 0))

    @property
    def form(self) -> PixelFormat:
        return self.candidate.checked.form

    def stored(self, folder: UncheckedFolder) -> Stored:
        return self.candidate.checked.pixels_in(folder.read(self.candidate.name))

    def values(self, stored: Stored) -> Sheet:
        return self.slope * stored.astype(np.float32) + np.float32(self.intercept)

    def air(self, modality: str) -> int:
        """Return how air is stored: as near to it as the bits of the pixels reach."""
        wanted = AIR_HU if modality == "CT" else 0.0
        bits = self.form.bits_stored
        low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if self.form.signed else (0, (1 << bits) - 1)
        return int(np.clip(round((wanted - self.intercept) / self.slope), low, high))


def without_face(candidates: Sequence[Candidate], folder: UncheckedFolder) -> Blanked:
    """Blank the face in the files of the folder; raises OSError when the disk is full."""
    unchanged = list(candidates)
    placed = _placed(candidates)
    if placed is None:
        return Blanked(Face.NOT_PLACED, unchanged, Findings())
    grid, slices, modality = placed
    before = grid.coarse(lambda place: slices[place].values(slices[place].stored(folder)))
    found = cut_of(before, grid, modality)
    if found is None:
        return Blanked(Face.NOT_PLACED, unchanged, Findings())
    cut, _ = found
    after = _after(cut, slices, folder, modality)
    check = check_face(before, after, grid, modality)
    if not check.found:
        return Blanked(Face.NOT_FOUND, unchanged, Findings())
    if not check.gone:
        return Blanked(Face.LEFT, unchanged, Findings())
    return _written(unchanged, cut, slices, folder, modality)


def _placed(candidates: Sequence[Candidate]) -> tuple[PatientGrid, list[_Slice], str] | None:
    """Order the files along the normal; None where they are no even stack on the patient's axes."""
    headers = [SliceHeader.from_texts(one.checked.texts()) for one in candidates]
    try:
        geometry = geometry_of(headers)
        grid = grid_of(geometry)
        by_uid = {one.sop_instance_uid: _Slice.of(one) for one in candidates}
        slices = [by_uid[plane.sop_instance_uid] for plane in geometry.planes]
    except (InputRefused, ValueError):
        return None
    if grid is None or len(slices) != len(candidates) or any(one.slope == 0 for one in slices):
        return None
    shapes = {(one.form.rows, one.form.columns) for one in slices}
    return (grid, slices, headers[0].modality) if len(shapes) == 1 else None


def _after(cut: Cut, slices: Sequence[_Slice], folder: UncheckedFolder, modality: str) -> Coarse:
    def sheet(place: int) -> Sheet:
        one = slices[place]
        return one.values(blanked(one.stored(folder), cut.shell(place), one.air(modality)))

    return cut.grid.coarse(sheet)


def blanked(stored: Stored, shell: NDArray[np.bool_], air: int) -> Stored:
    """Return the pixels of a slice with its part of the shell set to air."""
    changed = stored.copy()
    changed[shell] = air
    return changed


def _written(
    candidates: Sequence[Candidate], cut: Cut, slices: Sequence[_Slice], folder: UncheckedFolder, modality: str
) -> Blanked:
    checker, findings, voxels = FileCheck(), Findings(), 0
    made: dict[str, Candidate] = {}
    for place, one in enumerate(slices):
        shell, air = cut.shell(place), one.air(modality)
        original = folder.read(one.candidate.name)
        values = with_face_code(one.candidate.checked)
        pixels = blanked(one.candidate.checked.pixels_in(original), shell, air)
        data = canonical.encode(values, pixels.tobytes())
        checked, found = checker.check(data)
        findings.merge(found)
        if checked is None:
            continue
        if not only_the_shell_changed(one.candidate.checked, original, checked, data, shell, air):
            findings.add("SELF_CHECK_FACE")
        voxels += int(shell.sum())
        folder.replace(one.candidate.name, data)
        codes = {DEIDENTIFICATION_METHOD_CODE_SEQUENCE: values[DEIDENTIFICATION_METHOD_CODE_SEQUENCE][1]}
        made[one.candidate.name] = replace(
            one.candidate, checked=checked, generated={**one.candidate.generated, **codes}, size=len(data)
        )
    return Blanked(Face.REMOVED, [made.get(one.name, one) for one in candidates], findings, voxels)


def with_face_code(checked: CheckedFile) -> Mapping[int, tuple[str, bytes]]:
    """Return the values of a file that declares, beside its other codes, that the face was removed."""
    vr, _ = checked.values[DEIDENTIFICATION_METHOD_CODE_SEQUENCE]
    return {**checked.values, DEIDENTIFICATION_METHOD_CODE_SEQUENCE: (vr, method_codes(checked.options, face=True))}


def only_the_shell_changed(
    before: CheckedFile,
    original: bytes,
    after: CheckedFile,
    data: bytes,
    shell: NDArray[np.bool_],
    air: int,
) -> bool:
    """Whether a file has air in the whole shell, and every other pixel and value is the original's."""
    old, new = before.pixels_in(original), after.pixels_in(data)
    same = {tag: value for tag, value in before.values.items() if tag != DEIDENTIFICATION_METHOD_CODE_SEQUENCE}
    kept = {tag: value for tag, value in after.values.items() if tag != DEIDENTIFICATION_METHOD_CODE_SEQUENCE}
    return (
        same == kept
        and before.form == after.form
        and bool((new[shell] == air).all())
        and bool(np.array_equal(new[~shell], old[~shell]))
    )
