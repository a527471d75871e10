"""References to the images of contours: from pseudonymous slices back to the PACS's objects and their frames.

A slice that was cut from an enhanced image is named by that image and the number of its frame. One item names one
object: frames of one object stand in one item (DICOM PS3.3 table 10-3, Image SOP Instance Reference Macro).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from model.dicom.encoding import ITEM, implicit_element, implicit_header
from model.dicom.tags import REFERENCED_FRAME_NUMBER, REFERENCED_SOP_CLASS_UID, REFERENCED_SOP_INSTANCE_UID
from model.series.frame_reference import parse_image_reference
from plugin.restore.rewrite import Pieces

# What an item has to hold to name an image, and nothing else where it is put together with others.
PLAIN = {REFERENCED_SOP_CLASS_UID, REFERENCED_SOP_INSTANCE_UID}


class ImageReferences:
    """Rewrites the items of Contour Image Sequences.

    ``originals`` are the images by pseudonym, each named as model.series.frame_reference does; ``sop_class`` is that
    of their objects. ``unresolved`` is called for an item that names no image of them.
    """

    def __init__(self, originals: Mapping[str, str], sop_class: str, unresolved: Callable[[], None]) -> None:
        self._originals = {uid: parse_image_reference(reference) for uid, reference in originals.items()}
        self._sop_class = sop_class
        self._unresolved = unresolved

    def rewritten(self, items: Sequence[dict[int, Pieces]]) -> Pieces:
        """Return the items with the originals in them, encoded; ``items`` hold their elements by tag, as they came."""
        content = Pieces()
        framed: dict[str, set[int]] = {}
        for elements in items:
            original = self._originals.get(_uid(elements.get(REFERENCED_SOP_INSTANCE_UID)))
            if original is None:
                self._unresolved()
                continue
            if original.frame is None:
                _put(content, {**elements, **self._named(original.sop_instance_uid, None)})
            elif elements.keys() <= PLAIN:
                framed.setdefault(original.sop_instance_uid, set()).add(original.frame)
            else:
                _put(content, {**elements, **self._named(original.sop_instance_uid, [original.frame])})
        for uid, frames in framed.items():
            _put(content, self._named(uid, sorted(frames)))
        return content

    def _named(self, uid: str, frames: Sequence[int] | None) -> dict[int, Pieces]:
        """Return the elements that name an object; a classic slice keeps the class that its sender wrote."""
        made = {REFERENCED_SOP_INSTANCE_UID: implicit_element(REFERENCED_SOP_INSTANCE_UID, uid.encode("ascii"), b"\0")}
        if frames is not None:
            numbers = "\\".join(map(str, frames)).encode("ascii")
            made[REFERENCED_SOP_CLASS_UID] = implicit_element(
                REFERENCED_SOP_CLASS_UID, self._sop_class.encode("ascii"), b"\0"
            )
            made[REFERENCED_FRAME_NUMBER] = implicit_element(REFERENCED_FRAME_NUMBER, numbers)
        return {tag: Pieces([encoded], len(encoded)) for tag, encoded in made.items()}


def _uid(element: Pieces | None) -> str:
    """Return the value of an encoded UID; "" where there is none."""
    encoded = b"" if element is None else b"".join(element.parts)
    return encoded[8:].strip(b" \0").decode("ascii", "replace")


def _put(content: Pieces, elements: Mapping[int, Pieces]) -> None:
    content.add(implicit_header(ITEM, sum(one.length for one in elements.values())))
    for tag in sorted(elements):
        content.extend(elements[tag])
