"""What a PDF says: the text on its pages, and the files inside it."""

from __future__ import annotations

import io
import re

from pyhanko.pdf_utils.generic import IndirectObject, StreamObject
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\)\s*Tj")


def text_of(pdf: bytes) -> str:
    """The text that the pages show, with single spaces; for documents in the standard fonts."""
    pieces: list[bytes] = []
    for content in streams_of(pdf):
        pieces += [re.sub(rb"\\([()\\])", rb"\1", found) for found in _SHOWN.findall(content)]
    return " ".join(b" ".join(pieces).decode("cp1252").split())


def streams_of(pdf: bytes) -> list[bytes]:
    """Every stream of the file, decoded: pages, attachments, metadata."""
    reader = PdfFileReader(io.BytesIO(pdf))
    found: list[bytes] = []
    for number in range(1, int(reader.trailer["/Size"])):
        try:
            item = IndirectObject(number, 0, reader).get_object()
        except PdfReadError:
            continue  # a number that the file does not use
        if isinstance(item, StreamObject):
            found.append(item.data)
    return found


def strings_of(pdf: bytes) -> list[bytes]:
    """Every string of every object, names and document information among them, whatever stream it was packed into."""
    reader = PdfFileReader(io.BytesIO(pdf))
    found: list[bytes] = []
    for number in range(1, int(reader.trailer["/Size"])):
        try:
            item = IndirectObject(number, 0, reader).get_object()
        except PdfReadError:
            continue
        _gather(item, found)
    return found


def _gather(item: object, found: list[bytes]) -> None:
    if isinstance(item, dict):
        for key, value in item.items():
            found.append(str(key).encode())
            _gather(value, found)
    elif isinstance(item, list):
        for value in item:
            _gather(value, found)
    elif isinstance(item, bytes):
        found.append(item)
    elif isinstance(item, str):
        found.append(item.encode())
