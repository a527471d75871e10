"""The encoding of data elements as bytes, little endian: explicit and implicit VR (DICOM PS3.5 7.1, 7.5)."""

from __future__ import annotations

import struct
from functools import lru_cache

from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

PREAMBLE_BYTES = 128
PREAMBLE = b"\0" * PREAMBLE_BYTES + b"DICM"
UNDEFINED_LENGTH = 0xFFFFFFFF
ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

# VRs with a 16-bit length, and those with a reserved field and a 32-bit length (PS3.5 table 7.1-1), as text and bytes.
SHORT_VRS = frozenset(str(vr) for vr in EXPLICIT_VR_LENGTH_16)
LONG_VRS = frozenset(str(vr) for vr in EXPLICIT_VR_LENGTH_32)
SHORT_VR_BYTES = frozenset(vr.encode() for vr in SHORT_VRS)
LONG_VR_BYTES = frozenset(vr.encode() for vr in LONG_VRS)

# Group, element, VR, 16-bit length; with 32 bits the length stands four bytes later.
EXPLICIT_HEADER = struct.Struct("<HH2sH")
_EXPLICIT_LONG = struct.Struct("<HH2sHL")
# Group, element, 32-bit length.
IMPLICIT_HEADER = struct.Struct("<HHL")


def implicit_header(tag: int, length: int) -> bytes:
    """Encode tag and length of an element in implicit VR, or of an item in either."""
    return IMPLICIT_HEADER.pack(tag >> 16, tag & 0xFFFF, length)


def implicit_element(tag: int, value: bytes, padding: bytes = b" ") -> bytes:
    """Encode one element in implicit VR, padded to an even length."""
    value += padding if len(value) % 2 else b""
    return implicit_header(tag, len(value)) + value


def explicit_header(tag: int, vr: str, length: int) -> bytes:
    """Encode tag, VR and length of one element in explicit VR."""
    if vr in LONG_VRS:
        return _EXPLICIT_LONG.pack(tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
    return EXPLICIT_HEADER.pack(tag >> 16, tag & 0xFFFF, vr.encode(), length)


@lru_cache(maxsize=4096)
def explicit_element(tag: int, vr: str, value: bytes) -> bytes:
    """Encode one element in explicit VR, padded with a space, or NUL for UI, OB and OW (PS3.5 section 6.2)."""
    return explicit_header(tag, vr, len(value) + len(value) % 2) + padded(vr, value)


def padded(vr: str, value: bytes) -> bytes:
    """Pad a value to an even length as its VR asks for."""
    if len(value) % 2 == 0:
        return value
    return value + (b"\0" if vr in ("UI", "OB", "OW") else b" ")
