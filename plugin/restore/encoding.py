"""A returned structure set in Implicit VR Little Endian, however its sender wrote it.

Our own writers use it already; other products prefer Explicit VR, where readers then lose contours beyond 64 KB
(PS3.5 section 6.2.2 turns them into UN). Compressed (deflated) files are refused: a few bytes could become gigabytes.
"""

from __future__ import annotations

import io
import struct

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from plugin.privacy.reading import TooDeep, Unreadable, read_with_pydicom

IMPLICIT = str(ImplicitVRLittleEndian)
_TRANSFER_SYNTAX = b"\x02\0\x10\0UI"


def as_implicit(data: bytes) -> tuple[bytes, int]:
    """Return the file in Implicit VR Little Endian, and where its dataset starts; raises Unreadable or TooDeep."""
    syntax, start = _transfer_syntax(data)
    if syntax == IMPLICIT:
        return data, start
    if syntax != ExplicitVRLittleEndian:
        raise Unreadable
    dataset = read_with_pydicom(data).dataset
    buffer = io.BytesIO()
    try:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        dataset.save_as(buffer, implicit_vr=True, little_endian=True, enforce_file_format=True)
    except RecursionError:
        raise TooDeep from None
    except Exception:  # noqa: BLE001  (what cannot be written anew cannot be stored)
        raise Unreadable from None
    written = buffer.getvalue()
    return written, _transfer_syntax(written)[1]


def _transfer_syntax(data: bytes) -> tuple[str, int]:
    if data[128:132] != b"DICM" or data[132:140] != b"\x02\0\0\0UL\4\0" or len(data) < 144:
        raise Unreadable
    start = 144 + int(struct.unpack("<L", data[140:144])[0])
    at = data.find(_TRANSFER_SYNTAX, 144, start)
    if at < 0:
        raise Unreadable
    length = int(struct.unpack("<H", data[at + 6 : at + 8])[0])
    return data[at + 8 : at + 8 + length].strip(b" \0").decode("ascii", "replace"), start
