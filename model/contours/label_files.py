"""Label maps from files: NIfTI with its affine, or ``.npy`` on the grid of the series; checked, not yet placed."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.affines import apply_affine
from nibabel.filebasedimages import ImageFileError
from numpy.typing import NDArray

from model.errors import InputRefused
from model.nifti import require_millimetres

Labels = NDArray[np.unsignedinteger]

NIFTI_SUFFIXES = (".nii", ".nii.gz")
LARGEST_LABEL = 2**31 - 1
# NIfTI-1: value = scl_slope × stored + scl_inter, both in single precision, so whole numbers come back rounded.
WHOLE_WITHIN = 1e-3


@dataclass(frozen=True)
class LabelMap:
    """Whole numbers, 0 for nothing.

    With ``affine``, (4, 4) float64, voxel index to RAS mm, the array is in NIfTI's own order of axes; without, it is
    (slice, row, column) of the series. ``remark`` is for people: what makes its place doubtful.
    """

    array: Labels
    affine: NDArray[np.float64] | None
    remark: str | None = None


def read_labels(path: Path) -> LabelMap:
    """Read one label map; raises InputRefused when it is not one, or has no place in the patient."""
    if not path.is_file():
        raise InputRefused("NO_LABELS", "The label file does not exist.")
    if path.name.lower().endswith(NIFTI_SUFFIXES):
        return _nifti(path)
    if path.name.lower().endswith(".npy"):
        try:
            array = np.load(path, allow_pickle=False)
        except (ValueError, OSError, EOFError):
            raise InputRefused("LABELS_UNREADABLE", "The .npy file cannot be read as one array of numbers.") from None
        return LabelMap(whole_numbers(array), None)
    raise InputRefused("LABELS_UNREADABLE", "Labels are given as .nii, .nii.gz or .npy.")


def _nifti(path: Path) -> LabelMap:
    try:
        image: Any = nibabel.load(path)
        array = np.asanyarray(image.dataobj)
    except (ImageFileError, OSError, EOFError, ValueError, zlib.error):
        raise InputRefused("LABELS_UNREADABLE", "The NIfTI file cannot be read; it may be cut short.") from None
    header = image.header
    require_millimetres(header)
    if not int(header["sform_code"]) and not int(header["qform_code"]):
        raise InputRefused("LABELS_NOWHERE", "The NIfTI file has no orientation (sform and qform codes are 0).")
    affine = np.asarray(image.affine, dtype=np.float64)
    if not np.all(np.isfinite(affine)) or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise InputRefused("LABELS_NOWHERE", "The affine of the NIfTI file places no voxel: it cannot be inverted.")
    if array.ndim > 3 and array.shape[3:] == (1,) * (array.ndim - 3):
        array = array.reshape(array.shape[:3])
    labels = whole_numbers(array)
    return LabelMap(labels, affine, _doubt(header, affine, labels.shape))


def _doubt(header: Any, affine: NDArray[np.float64], shape: tuple[int, ...]) -> str | None:
    """Say that sform and qform, of which readers take one or the other, place a voxel more than half a voxel apart."""
    if not int(header["sform_code"]) or not int(header["qform_code"]):
        return None
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(shape) - 1)
    apart = np.linalg.norm(apply_affine(affine, corners) - apply_affine(header.get_qform(), corners), axis=1).max()
    if apart <= np.linalg.norm(affine[:3, :3], axis=0).min() / 2:
        return None
    return f"sform and qform of the label map place it up to {apart:.1f} mm apart; the sform was taken"


def whole_numbers(array: NDArray[np.generic]) -> Labels:
    """Labels of three axes as unsigned numbers; raises InputRefused for probabilities, NaN, or negative numbers."""
    if array.ndim != 3:
        raise InputRefused("LABELS_SHAPE", f"Labels have three axes; the file has {array.ndim}.")
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if np.issubdtype(array.dtype, np.floating):
        if not bool(np.all(np.isfinite(array))):
            raise InputRefused("LABELS_NUMBERS", "The labels hold NaN or infinity; a label map holds whole numbers.")
        rounded = np.rint(array)
        if not bool(np.all(np.abs(array - rounded) <= WHOLE_WITHIN)):
            raise InputRefused(
                "LABELS_NUMBERS",
                "The labels are not whole numbers (probabilities?); give one whole number per structure.",
            )
        array = rounded
    elif not np.issubdtype(array.dtype, np.integer):
        raise InputRefused("LABELS_NUMBERS", "The labels are not numbers.")
    if array.size and (array.min() < 0 or array.max() > LARGEST_LABEL):
        raise InputRefused("LABELS_NUMBERS", "The labels hold negative or too large numbers.")
    largest = int(array.max()) if array.size else 0
    kind: type[np.unsignedinteger] = np.uint8 if largest < 256 else np.uint16 if largest < 65536 else np.uint32
    return array.astype(kind)


_NAMES = 'it is JSON like {"1": "Heart", "2": "Lung_L"}'


def read_names(path: Path) -> dict[int, str]:
    """Read ``{"1": "Heart"}``; raises InputRefused when it is no such object, or a number stands there twice."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise InputRefused("NAMES_WRONG", "The names file gives one label two names.")
        return dict(pairs)

    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    except FileNotFoundError:
        raise InputRefused("NAMES_WRONG", f"The names file does not exist; {_NAMES}.") from None
    except OSError as error:
        raise InputRefused("NAMES_WRONG", f"The names file cannot be read ({error.strerror}).") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputRefused("NAMES_WRONG", f"The names file is no valid JSON at {where}; {_NAMES}.") from None
    except (ValueError, RecursionError):
        raise InputRefused("NAMES_WRONG", f"The names file is no text in UTF-8; {_NAMES}.") from None
    try:
        names = {int(key): value for key, value in document.items()}
    except (ValueError, AttributeError):
        raise InputRefused("NAMES_WRONG", f"The names file does not give names to whole numbers; {_NAMES}.") from None
    if any(label < 1 for label in names) or not all(isinstance(name, str) for name in names.values()):
        raise InputRefused("NAMES_WRONG", "The names file gives names, as text, to whole numbers from 1.")
    if any(not name.strip() for name in names.values()):
        raise InputRefused("NAME_EMPTY", "The names file has an empty name; give every label a name.")
    return {label: name.strip() for label, name in names.items()}
