"""Reads DICOM files as raw elements: bytes of values, little endian, never turned into Python values.

pydicom does the reading. It warns about odd values by quoting them, so its voice is turned off here.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pydicom
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError

EXPLICIT_BIG = "1.2.840.10008.1.2.2"
PIXEL_DATA = 0x7FE00010


class Unreadable(Exception):
    """The bytes are no DICOM file that can be read."""


class TooDeep(Exception):
    """Sequences are nested deeper than allowed."""


@dataclass(frozen=True)
class RawFile:
    """A DICOM file as read: its dataset (of raw elements), its transfer syntax, and its length in bytes."""

    dataset: Any
    transfer_syntax: str
    big_endian: bool
    size: int

    def value(self, tag: int) -> bytes | None:
        """The value of a top-level element, padding included; None when it is missing or a sequence.

        16-bit words of a big endian file come little endian; pixel data come as they are.
        """
        if tag not in self.dataset:
            return None
        found = self.dataset.get_item(tag)
        value = found.value
        if value is None:
            return b""
        if not isinstance(value, bytes):
            return None
        if self.big_endian and vr_of(found) in ("US", "SS", "US or SS") and len(value) == 2:
            return value[::-1]
        return value

    def text(self, tag: int) -> str:
        """The value as text, stripped; bytes beyond ASCII stay recognisable and distinct."""
        return (self.value(tag) or b"").strip(b" \0").decode("ascii", "surrogateescape")

    def word(self, tag: int) -> int | None:
        """The value of an unsigned 16-bit element."""
        value = self.value(tag)
        return int.from_bytes(value, "little") if value is not None and len(value) == 2 else None


def read(data: bytes) -> RawFile:
    """Read a file; raises Unreadable, or TooDeep when sequences exhaust the reader."""
    quiet_pydicom()
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        syntax = str(dataset.file_meta.TransferSyntaxUID)
    except RecursionError:
        raise TooDeep from None
    except (InvalidDicomError, AttributeError, EOFError, KeyError, ValueError, OSError, NotImplementedError):
        # The cause is not chained: its message may quote the file.
        raise Unreadable from None
    return RawFile(dataset, syntax, syntax == EXPLICIT_BIG, len(data))


def vr_of(element: Any) -> str:
    """The VR as written, or the dictionary's; UN when neither says."""
    if element.VR:
        return str(element.VR)
    try:
        return str(dictionary_VR(element.tag))
    except KeyError:
        return "UN"


def elements(dataset: Any) -> Iterator[Any]:
    """The elements of a dataset as they were read, raw ones unconverted."""
    yield from dataset.values()


def items_of(dataset: Any, element: Any) -> list[Any]:
    """The items of a sequence element, parsed if they were still raw; raises Unreadable or TooDeep."""
    try:
        value = dataset[element.tag].value if isinstance(element, RawDataElement) else element.value
    except RecursionError:
        raise TooDeep from None
    except Exception:  # noqa: BLE001  (whatever breaks inside a nested value: the file cannot be read)
        raise Unreadable from None
    return list(value) if isinstance(value, pydicom.Sequence) else []


def quiet_pydicom() -> None:
    """Silence pydicom's log and warnings, which quote values."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
