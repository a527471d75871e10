"""Images of the sample packages as arrays with their place in the patient: NIfTI, NRRD, InVesalius projects."""

from __future__ import annotations

import gzip
import plistlib
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from model.errors import InputRefused
from model.nifti import require_millimetres

# NIfTI counts x to the right and y to the front, DICOM x to the left and y to the back (PS3.3 C.7.6.2.1.1).
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True)
class SampleImage:
    """``array`` is (slice, row, column); ``affine`` (4, 4) takes (column, row, slice, 1) to LPS mm."""

    array: NDArray[np.int16]
    affine: NDArray[np.float64]


def read_nifti(path: Path) -> SampleImage:
    """Read a NIfTI file of whole numbers, in mm; its third axis becomes the slices."""
    # nibabel's classes carry no types.
    image: Any = nibabel.Nifti1Image.from_filename(str(path))
    require_millimetres(image.header)
    array = np.rint(np.asarray(image.dataobj)).astype(np.int16)
    return SampleImage(np.ascontiguousarray(array.transpose(2, 1, 0)), RAS_TO_LPS @ np.asarray(image.affine))


def read_nrrd(path: Path) -> SampleImage:
    """Read a gzip-encoded three-dimensional NRRD of type short in LPS; raises InputRefused for any other."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    lines = [line for line in head.decode("ascii").splitlines()[1:] if not line.startswith("#")]
    fields = dict(line.split(": ", 1) for line in lines)
    if (fields.get("type"), fields.get("encoding"), fields.get("space")) != (
        "short",
        "gzip",
        "left-posterior-superior",
    ):
        raise InputRefused("SAMPLE_FORMAT", f"The sample {path.name} is not a gzip-encoded NRRD of type short in LPS.")
    columns, rows, slices = (int(size) for size in fields["sizes"].split())
    affine = np.eye(4)
    for axis, vector in enumerate(fields["space directions"].split()):
        affine[:3, axis] = _vector(vector)
    affine[:3, 3] = _vector(fields["space origin"])
    array = np.frombuffer(gzip.decompress(body), dtype="<i2").reshape(slices, rows, columns)
    return SampleImage(array.astype(np.int16), affine)


def read_inv3(path: Path) -> SampleImage:
    """Read the image of an InVesalius project, a tar of property lists and raw matrices.

    Its rows run from the back to the front of the patient (measured on Cranium.inv3: the table lies at low rows),
    so they are flipped; the project says nothing of the position, which is centred on the image.
    """
    with tarfile.open(path) as project:
        names = {Path(member.name).name: member for member in project.getmembers() if member.isfile()}
        main = plistlib.loads(_read(project, names["main.plist"]))
        raw = _read(project, names[main["matrix"]["filename"]])
    slices, rows, columns = main["matrix"]["shape"]
    array = np.frombuffer(raw, dtype="<i2").reshape(slices, rows, columns)[:, ::-1, :]
    column_mm, row_mm, slice_mm = main["spacing"]
    affine = np.diag([column_mm, row_mm, slice_mm, 1.0])
    affine[:3, 3] = [-column_mm * (columns - 1) / 2, -row_mm * (rows - 1) / 2, 0.0]
    return SampleImage(np.ascontiguousarray(array), affine)


def _vector(text: str) -> list[float]:
    return [float(part) for part in text.strip("()").split(",")]


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    if stream is None:
        raise InputRefused("SAMPLE_FORMAT", f"The sample archive has no content for {Path(member.name).name}.")
    return stream.read()
