"""One canonical encoding of a cleaned slice, and a strict reader of exactly that encoding.

Explicit VR Little Endian (PS3.5 section 7.1 and A.2), tags ascending, defined lengths, one padding character at
most, no group but those of the profile, zero preamble, fixed file meta information, PixelData last and up to the
end of the file. Whatever differs, in any byte, was not written here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydicom.uid import ExplicitVRLittleEndian

from model.dicom.encoding import (
    EXPLICIT_HEADER,
    ITEM,
    LONG_VRS,
    PREAMBLE,
    explicit_element,
    explicit_header,
    implicit_header,
)
from model.dicom.tags import PIXEL_DATA, SOP_CLASS_UID, SOP_INSTANCE_UID, TRANSFER_SYNTAX_UID

EXPLICIT_LITTLE = ExplicitVRLittleEndian.encode()
# The writer of these files as PS3.10 section 7.1 asks for it: the same for everybody, so that it tells nothing.
IMPLEMENTATION_CLASS = b"2.25.203429863451093483726549230975613078145"
IMPLEMENTATION_VERSION = b"AUTOCONTOUR_1"


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


def sequence_value(items: Iterable[Sequence[tuple[int, str, bytes]]]) -> bytes:
    """Encode the value of a sequence: items of elements, all with defined lengths."""
    encoded = (b"".join(explicit_element(*entry) for entry in item) for item in items)
    return b"".join(implicit_header(ITEM, len(item)) + item for item in encoded)


def file_meta(sop_class: bytes, sop_instance: bytes) -> bytes:
    """Encode the file meta information, group length included (PS3.10 section 7.1)."""
    body = b"".join(
        (
            explicit_element(0x00020001, "OB", b"\0\1"),
            explicit_element(0x00020002, "UI", sop_class),
            explicit_element(0x00020003, "UI", sop_instance),
            explicit_element(TRANSFER_SYNTAX_UID, "UI", EXPLICIT_LITTLE),
            explicit_element(0x00020012, "UI", IMPLEMENTATION_CLASS),
            explicit_element(0x00020013, "SH", IMPLEMENTATION_VERSION),
        )
    )
    return explicit_element(0x00020000, "UL", struct.pack("<L", len(body))) + body


def encode(values: Mapping[int, tuple[str, bytes]], pixels: bytes | memoryview) -> bytes:
    """Encode a whole file: ``values`` as tag → (VR, value), with SOP class and instance, and the pixel bytes."""
    return b"".join((head(values, len(pixels)), pixels, b"\0" * (len(pixels) % 2)))


def head(values: Mapping[int, tuple[str, bytes]], pixel_length: int) -> bytes:
    """Encode everything before the first pixel."""
    meta = file_meta(values[SOP_CLASS_UID][1], values[SOP_INSTANCE_UID][1])
    body = b"".join(explicit_element(tag, *values[tag]) for tag in sorted(values))
    return PREAMBLE + meta + body + explicit_header(PIXEL_DATA, "OW", pixel_length + pixel_length % 2)


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
    group, number, vr_bytes, length = EXPLICIT_HEADER.unpack_from(data, at)
    tag, vr = group << 16 | number, vr_bytes.decode("latin-1")
    start = at + 8
    if vr in LONG_VRS:
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
    if vr in ("US", "SS") or vr in LONG_VRS:
        return value
    pad = b"\0" if vr == "UI" else b" "
    return value[:-1] if value.endswith(pad) else value
