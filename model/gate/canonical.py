"""One canonical encoding of a cleaned slice, and a strict reader of exactly that encoding.

Explicit VR Little Endian (PS3.5 section 7.1 and A.2), tags ascending, defined lengths, one padding character at
most, no group but those of the profile, zero preamble, fixed file meta information, PixelData last and up to the
end of the file. Whatever differs, in any byte, was not written here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

EXPLICIT_LITTLE = b"1.2.840.10008.1.2.1"
# The writer of these files as PS3.10 section 7.1 asks for it: the same for everybody, so that it tells nothing.
IMPLEMENTATION_CLASS = b"2.25.203429863451093483726549230975613078145"
IMPLEMENTATION_VERSION = b"AUTOCONTOUR_1"
PREAMBLE = b"\0" * 128 + b"DICM"
PIXEL_DATA = 0x7FE00010

# VRs with a reserved field and a 32-bit length (PS3.5 table 7.1-1); those that the profile lacks are findings later.
_LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
_ITEM = struct.Struct("<HHL")
_SHORT_HEADER = struct.Struct("<HH2sH")
_LONG_HEADER = struct.Struct("<HH2sHL")


class NotCanonical(Exception):
    """What was read is not in the canonical encoding; ``tag`` is where, when that is known."""

    def __init__(self, tag: int | None = None) -> None:
        super().__init__("not in the canonical encoding")
        self.tag = tag


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file read strictly: tag → (VR, value without padding) without PixelData, and where the pixels lie."""

    values: Mapping[int, tuple[str, bytes]]
    meta: bytes
    pixels: memoryview


@lru_cache(maxsize=4096)
def element(tag: int, vr: str, value: bytes) -> bytes:
    """Encode one element, padded to even length with a space, or NUL for UI, OB and OW (PS3.5 section 6.2)."""
    return header(tag, vr, len(value) + len(value) % 2) + padded(vr, value)


def padded(vr: str, value: bytes) -> bytes:
    """The value with its padding."""
    if len(value) % 2 == 0:
        return value
    return value + (b"\0" if vr in ("UI", "OB", "OW") else b" ")


def header(tag: int, vr: str, length: int) -> bytes:
    """Encode tag, VR and length of one element."""
    if vr in _LONG:
        return _LONG_HEADER.pack(tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
    return _SHORT_HEADER.pack(tag >> 16, tag & 0xFFFF, vr.encode(), length)


def sequence_value(items: Iterable[Sequence[tuple[int, str, bytes]]]) -> bytes:
    """Encode the value of a sequence: items of elements, all with defined lengths."""
    encoded = (b"".join(element(*entry) for entry in item) for item in items)
    return b"".join(_ITEM.pack(0xFFFE, 0xE000, len(item)) + item for item in encoded)


def file_meta(sop_class: bytes, sop_instance: bytes) -> bytes:
    """Encode the file meta information, group length included (PS3.10 section 7.1)."""
    body = b"".join(
        (
            element(0x00020001, "OB", b"\0\1"),
            element(0x00020002, "UI", sop_class),
            element(0x00020003, "UI", sop_instance),
            element(0x00020010, "UI", EXPLICIT_LITTLE),
            element(0x00020012, "UI", IMPLEMENTATION_CLASS),
            element(0x00020013, "SH", IMPLEMENTATION_VERSION),
        )
    )
    return element(0x00020000, "UL", struct.pack("<L", len(body))) + body


def encode(values: Mapping[int, tuple[str, bytes]], pixels: bytes | memoryview) -> bytes:
    """Encode a whole file: ``values`` as tag → (VR, value), with SOP class and instance, and the pixel bytes."""
    return b"".join((head(values, len(pixels)), pixels, b"\0" * (len(pixels) % 2)))


def head(values: Mapping[int, tuple[str, bytes]], pixel_length: int) -> bytes:
    """Encode everything before the first pixel."""
    meta = file_meta(values[0x00080016][1], values[0x00080018][1])
    body = b"".join(element(tag, *values[tag]) for tag in sorted(values))
    return PREAMBLE + meta + body + header(PIXEL_DATA, "OW", pixel_length + pixel_length % 2)


def parse(data: bytes) -> Parsed:
    """Read a file strictly; raises NotCanonical, naming the tag where it stops being canonical."""
    if not data.startswith(PREAMBLE):
        raise NotCanonical
    at = len(PREAMBLE)
    tag, _, value, at = _element(data, at)
    if tag != 0x00020000 or len(value) != 4:
        raise NotCanonical(tag)
    meta_start, meta_end = len(PREAMBLE), at + int(struct.unpack("<L", value)[0])
    if meta_end > len(data):
        raise NotCanonical(tag)
    at = meta_end
    values: dict[int, tuple[str, bytes]] = {}
    last = 0x0002FFFF
    while True:
        start = at
        tag, vr, value, at = _element(data, at)
        if tag <= last:
            raise NotCanonical(tag)
        last = tag
        if tag == PIXEL_DATA:
            if at != len(data) or vr != "OW":
                raise NotCanonical(tag)
            return Parsed(values, data[meta_start:meta_end], memoryview(data)[start + 12 :])
        values[tag] = vr, _unpadded(vr, value)


def _element(data: bytes, at: int) -> tuple[int, str, bytes, int]:
    if at + 8 > len(data):
        raise NotCanonical
    group, number, vr_bytes, length = _SHORT_HEADER.unpack_from(data, at)
    tag, vr = group << 16 | number, vr_bytes.decode("latin-1")
    start = at + 8
    if vr in _LONG:
        if at + 12 > len(data):
            raise NotCanonical(tag)
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        start = at + 12
    end = start + length
    if end > len(data) or length % 2:
        raise NotCanonical(tag)
    # Pixels are looked at in place: a copy of every image would cost more than the whole check.
    return tag, vr, (b"" if tag == PIXEL_DATA else data[start:end]), end


def _unpadded(vr: str, value: bytes) -> bytes:
    if vr in ("US", "SS") or vr in _LONG:
        return value
    pad = b"\0" if vr == "UI" else b" "
    return value[:-1] if value.endswith(pad) else value
