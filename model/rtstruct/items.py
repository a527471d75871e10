"""Values of a structure set's items as they were written, however oddly: text, whole numbers, contour data.

Taken as bytes where the file was read: pydicom's conversion refuses ``255.0`` as an integer string, and takes ten times
as long for contours.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from model.dicom.tags import CONTOUR_DATA
from model.errors import InputRefused

_CONTOUR_DATA = Tag(CONTOUR_DATA)
# Nothing of an image lies farther from the origin than this, odd origins included: a broken number.
FARTHEST_MM = 1e6


def items(dataset: Dataset | None, keyword: str) -> Iterator[Dataset]:
    """Items of a sequence, none where it is missing or empty; raises InputRefused when it cannot be read."""
    if dataset is None:
        return
    try:
        found = list(dataset.get(keyword) or ())
    except Exception:  # noqa: BLE001 - a foreign sequence may be broken in any way
        found = [None]
    if not all(isinstance(item, Dataset) for item in found):
        raise InputRefused(
            "NOT_RTSTRUCT",
            "A sequence of the structure set cannot be read; the file may be cut short. Export it again.",
        )
    yield from found


def text(item: Dataset, keyword: str) -> str:
    """Return the value as written, values between backslashes, stripped; "" where there is none."""
    tag = Tag(keyword)
    if tag not in item:
        return ""
    # pydicom's types leave out what it read and has not converted yet.
    element: Any = item.get_item(tag)
    if isinstance(element, RawDataElement) and isinstance(element.value, bytes):
        return element.value.decode("latin-1").strip(" \0")
    value: object = element.value
    if value is None:
        return ""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return "\\".join(str(part) for part in value).strip(" \0")
    return str(value).strip(" \0")


def whole(written: str) -> int | None:
    """Return a whole number in any form (``3``, ``+03``, ``3.0``); None for anything else."""
    try:
        value = float(written)
    except ValueError:
        return None
    return int(value) if np.isfinite(value) and value == round(value) else None


def colour(item: Dataset | None) -> tuple[int, int, int] | None:
    """ROIDisplayColor as three numbers from 0 to 255; None where it is missing or odd (type 3, PS3.3 C.8.8.6)."""
    parts = [whole(part) for part in text(item, "ROIDisplayColor").split("\\")] if item is not None else []
    numbers = [part for part in parts if part is not None and 0 <= part <= 255]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == len(parts) == 3 else None


def contour_data(contour: Dataset) -> bytes:
    """ContourData as text, whether it was read as DS, as UN (explicit VR beyond 64 KB), or set as numbers."""
    if CONTOUR_DATA not in contour:
        return b""
    value = contour.get_item(CONTOUR_DATA).value
    if value is None:
        return b""
    if not isinstance(value, bytes):
        value = "\\".join(str(part) for part in ([value] if isinstance(value, str | float) else value)).encode("ascii")
    return value.strip(b" \0")


def points_of(texts: list[bytes]) -> tuple[NDArray[np.float64], NDArray[np.int32]] | None:
    """Decimal strings of contours to (n, 3) float64, LPS mm, and (m,) lengths.

    None when one is not made of triples of numbers, or lies farther off than any patient.
    """
    counts = np.array([one.count(b"\\") + 1 for one in texts], dtype=np.int32)
    with warnings.catch_warnings():
        # numpy only warns where a text is not a number.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            values = np.fromstring(b"\\".join(texts).decode("ascii"), dtype=np.float64, sep="\\")
        except (DeprecationWarning, ValueError):
            return None
    if len(values) != int(counts.sum()) or bool(np.any(counts % 3)):
        return None
    if not bool(np.all(np.abs(values) <= FARTHEST_MM)):  # nor NaN
        return None
    return values.reshape(-1, 3), (counts // 3).astype(np.int32)
