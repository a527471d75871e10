"""Reads DICOM files as raw elements: bytes of values, never turned into Python values.

Plain files (explicit VR little endian: nearly all that Orthanc hands out) are walked directly, as that takes a tenth of
the time; everything else is read by pydicom. pydicom warns about odd values by quoting them, so
its voice is turned off here.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydicom
from pydicom.datadict import dictionary_VR
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from model.dicom.tags import TRANSFER_SYNTAX_UID
from plugin.privacy.walking import Odd, RawElement, elements_in

_WORDS = frozenset({"US", "SS", "US or SS"})


class Unreadable(Exception):
    """The bytes are not a DICOM file that can be read."""


class TooDeep(Exception):
    """Sequences are nested deeper than allowed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Which frame of an object it is, from 1, and all frames as they are encoded; None where they are native."""

    number: int
    encoded: Sequence[bytes] | None = None


@dataclass(frozen=True, slots=True)
class RawFile:
    """A DICOM file as read: its elements by tag, its file meta elements, and its transfer syntax.

    ``dataset`` is pydicom's, where pydicom read it: compressed pixels are decoded from it. ``frame`` is set where it
    is one frame of an enhanced object, seen as a classic slice (plugin.privacy.frames): its place among the pixels.
    """

    elements: Mapping[int, RawElement]
    meta: Mapping[int, RawElement]
    transfer_syntax: str
    dataset: Any = None
    frame: Frame | None = None

    def __contains__(self, tag: int) -> bool:
        return tag in self.elements

    @property
    def big_endian(self) -> bool:
        """Whether pixels of more than one byte have to be swapped."""
        return self.transfer_syntax == ExplicitVRBigEndian

    def value(self, tag: int) -> bytes | None:
        """Return the value of a top-level element, padding included; None when it is missing or a sequence."""
        found = self.elements.get(tag)
        return found.value if found is not None and isinstance(found.value, bytes) and found.vr != "SQ" else None

    def text(self, tag: int) -> str:
        """Return the value as text, stripped; bytes beyond ASCII stay distinct."""
        return (self.value(tag) or b"").strip(b" \0").decode("ascii", "surrogateescape")

    def word(self, tag: int) -> int | None:
        """Return the value of an unsigned 16-bit element."""
        value = self.value(tag)
        return int.from_bytes(value, "little") if value is not None and len(value) == 2 else None


def read(data: bytes) -> RawFile:
    """Read a file; raises Unreadable, or TooDeep when sequences exhaust the reader."""
    return _walked(data) or read_with_pydicom(data)


def read_with_pydicom(data: bytes, only: list[str] | None = None) -> RawFile:
    """Read a file of any transfer syntax, with pydicom's dataset; raises Unreadable or TooDeep.

    ``only`` are the top-level attributes that are wanted, by keyword; the pixels are not read then.
    """
    quiet_pydicom()
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=only is not None, specific_tags=only)
        syntax = str(dataset.file_meta.TransferSyntaxUID)
        return RawFile(elements_of(dataset), elements_of(dataset.file_meta), syntax, dataset)
    except RecursionError:
        raise TooDeep from None
    except Exception:  # noqa: BLE001  (a broken file breaks the reader in many ways)
        # The cause is not chained: its message may quote the file.
        raise Unreadable from None


def elements_of(dataset: Any) -> dict[int, RawElement]:
    """Return the elements of a pydicom dataset by tag, values as read; raises Unreadable or TooDeep."""
    return {int(element.tag): _raw(dataset, element) for element in list(dataset.values())}


def quiet_pydicom() -> None:
    """Silence pydicom's log and warnings, which quote values."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"pydicom\.")
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE


def _walked(data: bytes) -> RawFile | None:
    """Walk a plain file; None where it is anything else, also a broken one: pydicom is the judge of those."""
    if data[128:132] != b"DICM":
        return None
    try:
        elements = elements_in(data, 132, len(data))
    except Odd:
        return None
    meta = {tag: element for tag, element in elements.items() if tag >> 16 == 0x0002}
    syntax = meta.get(TRANSFER_SYNTAX_UID)
    if syntax is None or bytes(syntax.value).strip(b" \0") != ExplicitVRLittleEndian.encode():
        return None
    body = {tag: element for tag, element in elements.items() if tag >> 16 != 0x0002}
    return RawFile(body, meta, str(ExplicitVRLittleEndian))


def _raw(dataset: Any, element: Any) -> RawElement:
    vr, value = _vr(element), element.value
    if vr == "SQ":
        if isinstance(value, bytes):
            try:
                value = dataset[element.tag].value
            except RecursionError:
                raise TooDeep from None
            except Exception:  # noqa: BLE001  (as above)
                raise Unreadable from None
        return RawElement(vr, b"", tuple(elements_of(item) for item in value or ()))
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    elif not isinstance(value, bytes):
        value = b""
    if vr in _WORDS and len(value) == 2 and not getattr(element, "is_little_endian", True):
        value = value[::-1]
    return RawElement(vr, value)


def _vr(element: Any) -> str:
    if element.VR:
        return str(element.VR)
    try:
        return str(dictionary_VR(element.tag))
    except KeyError:
        return "UN"
