"""What a structure set says of itself in a treatment planning system: the warnings of its job, in its description."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

from model.dicom.encoding import implicit_element
from model.dicom.tags import STRUCTURE_SET_DESCRIPTION
from model.names.shortening import ascii_text
from plugin.restore.rewrite import Pieces

# StructureSetDescription (DICOM PS3.3 C.8.8.5): ST, at most 1024 characters (PS3.5 6.2).
LONGEST = 1024
MORE = " ..."


def describe(elements: MutableMapping[int, Pieces], remarks: Sequence[str]) -> None:
    """Put the remarks before what StructureSetDescription says already; what finds no room is cut off visibly.

    ``elements`` are those of the structure set in Implicit VR Little Endian, by tag.
    """
    if not remarks:
        return
    before = elements.get(STRUCTURE_SET_DESCRIPTION, Pieces())
    said = b"".join(before.parts)[8:].strip(b" \0")
    text = b" ".join([*(ascii_text(remark).encode("ascii") for remark in remarks), *([said] if said else [])])
    if len(text) > LONGEST:
        text = text[: LONGEST - len(MORE)].rstrip() + MORE.encode()
    element = implicit_element(STRUCTURE_SET_DESCRIPTION, text)
    elements[STRUCTURE_SET_DESCRIPTION] = Pieces([element], len(element))
