"""What a structure set says of itself in a treatment planning system: the warnings of its job, and of which volume."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

from model.dicom.encoding import implicit_element
from model.dicom.tags import (
    SERIES_DESCRIPTION,
    STRUCTURE_SET_DESCRIPTION,
    STRUCTURE_SET_LABEL,
    STRUCTURE_SET_NAME,
)
from model.names.shortening import ascii_text
from plugin.facts.volume_names import VolumeName
from plugin.restore.rewrite import Pieces

# StructureSetDescription (DICOM PS3.3 C.8.8.5): ST, at most 1024 characters (PS3.5 6.2).
LONGEST = 1024
# SH and LO (PS3.5 6.2).
LONGEST_LABEL, LONGEST_NAME = 16, 64
MORE = " ..."


def describe(elements: MutableMapping[int, Pieces], remarks: Sequence[str], end: str = "") -> None:
    """Put the remarks before what StructureSetDescription says already; what finds no room is cut off visibly.

    ``end`` is a sentence that stands whole behind all of it.

    ``elements`` are those of the structure set in Implicit VR Little Endian, by tag.
    """
    if not remarks and not end:
        return
    said = _text(elements, STRUCTURE_SET_DESCRIPTION)
    text = b" ".join([*(ascii_text(remark).encode("ascii") for remark in remarks), *([said] if said else [])])
    last = ascii_text(end).encode("ascii")
    room = LONGEST - len(last) - bool(last)
    if len(text) > room:
        text = text[: room - len(MORE)].rstrip() + MORE.encode()
    _write(elements, STRUCTURE_SET_DESCRIPTION, b" ".join(part for part in (text, last) if part))


def name_volume(elements: MutableMapping[int, Pieces], volume: VolumeName) -> None:
    """Say in label, name and series description which volume of the series was contoured; elements as in describe."""
    series = _text(elements, SERIES_DESCRIPTION)
    words = ascii_text(volume.words).encode("ascii")
    _write(elements, STRUCTURE_SET_LABEL, ascii_text(volume.label).encode("ascii")[:LONGEST_LABEL].strip())
    _write(elements, STRUCTURE_SET_NAME, words[:LONGEST_NAME].strip())
    _write(elements, SERIES_DESCRIPTION, b" ".join(part for part in (series, words) if part)[:LONGEST_NAME].strip())


def _text(elements: MutableMapping[int, Pieces], tag: int) -> bytes:
    return b"".join(elements.get(tag, Pieces()).parts)[8:].strip(b" \0")


def _write(elements: MutableMapping[int, Pieces], tag: int, text: bytes) -> None:
    element = implicit_element(tag, text)
    elements[tag] = Pieces([element], len(element))
