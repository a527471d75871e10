"""A DICOM file read whole or not at all: pydicom gives what it found of a file that was cut short, without a word.

Source: DICOM PS3.5 7.1 (data elements), 7.5 (items), PS3.10 7.1 (file meta information).
"""

from __future__ import annotations

import io
import struct

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ImplicitVRLittleEndian

from model.dicom.encoding import (
    ITEM,
    ITEM_DELIMITATION,
    LONG_VR_BYTES,
    PREAMBLE_BYTES,
    SEQUENCE_DELIMITATION,
    UNDEFINED_LENGTH,
)
from model.errors import InputRefused

DEEPEST = 32


def read_structure_set(content: bytes) -> Dataset:
    """Read a DICOM file from its bytes; raises InputRefused when it is not one, or was cut short."""
    try:
        dataset = dcmread(io.BytesIO(content))
        syntax = UID(str(dataset.file_meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian))
        start = content.index(b"DICM", PREAMBLE_BYTES) + 4
        # A deflated file that was cut short could not be inflated.
        whole = syntax.is_deflated or _whole(content, start, syntax)
    except Exception:  # noqa: BLE001 - a broken file breaks the reader in many ways
        raise InputRefused("NOT_RTSTRUCT", "The structure set cannot be read as a DICOM file.") from None
    if not whole:
        raise InputRefused(
            "NOT_RTSTRUCT", "The structure set ends before its last value does: it was cut short. Export it again."
        )
    return dataset


def _whole(content: bytes, start: int, syntax: UID) -> bool:
    order = "<" if syntax.is_little_endian else ">"
    try:
        # File meta information is explicit and little endian, whatever follows.
        position = _walk(content, start, len(content), "<", False, 0, group=2)
        return _walk(content, position, len(content), order, syntax.is_implicit_VR, 0) == len(content)
    except (struct.error, _Short):
        return False


class _Short(Exception):
    """The bytes end before what they announce."""


def _walk(
    content: bytes, position: int, end: int, order: str, implicit: bool, depth: int, group: int | None = None
) -> int:
    """Step over elements up to ``end``, the end of an item, or the first of another ``group``; returns where."""
    while position < end:
        high, low = struct.unpack_from(order + "HH", content, position)
        tag = high << 16 | low
        if group is not None and high != group:
            return position
        if tag == ITEM_DELIMITATION:
            return position + 8
        vr = b"" if implicit else content[position + 4 : position + 6]
        if implicit or vr not in LONG_VR_BYTES:
            form, header = ("I", 8) if implicit else ("H", 8)
            (length,) = struct.unpack_from(order + form, content, position + (4 if implicit else 6))
        else:
            (length,) = struct.unpack_from(order + "I", content, position + 8)
            header = 12
        position += header
        if length == UNDEFINED_LENGTH:
            # An unknown VR of undefined length is implicit within (PS3.5 6.2.2).
            position = _sequence(content, position, end, order, implicit or vr == b"UN", depth + 1)
        else:
            position += length
        if position > end:
            raise _Short
    return position


def _sequence(content: bytes, position: int, end: int, order: str, implicit: bool, depth: int) -> int:
    """Step over the items of a sequence of undefined length."""
    if depth > DEEPEST:
        raise _Short
    while True:
        high, low, length = struct.unpack_from(order + "HHI", content, position)
        tag = high << 16 | low
        position += 8
        if tag == SEQUENCE_DELIMITATION:
            return position
        if tag != ITEM:
            raise _Short
        if length == UNDEFINED_LENGTH:
            position = _walk(content, position, end, order, implicit, depth)
        else:
            position += length
        if position > end:
            raise _Short
