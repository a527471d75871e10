"""Pixels of any transfer syntax that pydicom and its plugins decode, as little endian bytes of exactly one frame."""

from __future__ import annotations

from typing import Any

from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from model.dicom.tags import PHOTOMETRIC_INTERPRETATION, PIXEL_DATA, PIXEL_REPRESENTATION
from model.gate.pixels import PixelFormat, with_silent_bits
from plugin.privacy.reading import Frame, RawFile

# PS3.5 annex A.1 and A.2, deflated (A.5) and the retired big endian: nothing to decode.
NATIVE_SYNTAXES = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian}
)


class Undecodable(Exception):
    """The pixels are not there, too short, or not what their header says: which of these, in words of ours."""


def decodable(transfer_syntax: str) -> bool:
    """Whether pixels in this transfer syntax can be decoded here."""
    if transfer_syntax in NATIVE_SYNTAXES:
        return True
    try:
        return bool(get_decoder(UID(transfer_syntax)).is_available)
    except NotImplementedError:
        return False


def pixels_of(file: RawFile, form: PixelFormat) -> bytes | memoryview:
    """Return the pixels of one slice, exactly as long as its format says, unused bits silent; raises Undecodable.

    What follows the image inside PixelData (tails, surplus fragments, comments in the code stream) is left behind.
    """
    if not form.consistent:
        raise Undecodable("HighBit, BitsStored and BitsAllocated do not fit each other")
    if not form.length:
        raise Undecodable("Rows or Columns is 0")
    found = _native(file, form) if file.transfer_syntax in NATIVE_SYNTAXES else _decoded(file, form)
    return with_silent_bits(form, found)


def _native(file: RawFile, form: PixelFormat) -> bytes | memoryview:
    element = file.elements.get(PIXEL_DATA)
    if element is None:
        raise Undecodable("absent")
    start = 0 if file.frame is None else (file.frame.number - 1) * form.length
    if len(element.value) < start + form.length:
        raise Undecodable("cut off")
    found = memoryview(element.value)[start : start + form.length]
    if file.big_endian and form.bits_allocated == 16:
        return form.array(found).byteswap().tobytes()
    return found


def _stream_of(frame: Frame) -> bytes:
    """Return one frame as if it were the only one."""
    return bytes(encapsulate([(frame.encoded or ())[frame.number - 1]], has_bot=False))


def _described(file: RawFile, form: PixelFormat) -> dict[str, Any]:
    return {
        "rows": form.rows,
        "columns": form.columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "photometric_interpretation": file.text(PHOTOMETRIC_INTERPRETATION).upper(),
        "bits_allocated": form.bits_allocated,
        "bits_stored": form.bits_stored,
        "pixel_representation": file.word(PIXEL_REPRESENTATION),
        "pixel_keyword": "PixelData",
    }


def _decoded(file: RawFile, form: PixelFormat) -> bytes:
    decoder = get_decoder(UID(file.transfer_syntax))
    try:
        if file.frame is None:
            # In capitals: decoders take no other.
            options: Any = {"photometric_interpretation": file.text(PHOTOMETRIC_INTERPRETATION).upper()}
            array, _ = decoder.as_array(file.dataset, index=0, raw=True, **options)
        else:
            array, _ = decoder.as_array(_stream_of(file.frame), raw=True, **_described(file, form))
    except Exception:  # noqa: BLE001  (decoders raise whatever their library raises, and quote the file)
        raise Undecodable("cannot be decoded: damaged, cut off, or not of its transfer syntax") from None
    if array.shape != (form.rows, form.columns) or array.dtype.itemsize * 8 != form.bits_allocated:
        raise Undecodable("decodes to an image of another size")
    return array.astype(form.dtype, copy=False).tobytes()
