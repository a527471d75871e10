"""What names one image: a classic object by its SOP Instance UID, a frame of an enhanced one by UID and frame number.

Geometry, selection, what is left out and the way back from pseudonyms speak of images by this one text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# No UID has it (DICOM PS3.5 section 9.1).
_BETWEEN = "#"
_FRAME = re.compile(r"[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """One image; ``frame`` counts from 1, as ReferencedFrameNumber does, and is None for a classic object."""

    sop_instance_uid: str
    frame: int | None = None

    def __str__(self) -> str:
        return image_reference(self.sop_instance_uid, self.frame)


def image_reference(uid: str, frame: int | None = None) -> str:
    """Return the text that names one image: ``1.2.3`` for a classic object, ``1.2.3#5`` for frame 5 of an enhanced."""
    return uid if frame is None else f"{uid}{_BETWEEN}{frame}"


def parse_image_reference(text: str) -> ImageReference:
    """Read the text that names one image; raises ValueError when what follows the UID is no frame number."""
    uid, between, frame = text.partition(_BETWEEN)
    if not between:
        return ImageReference(uid)
    if not _FRAME.fullmatch(frame):
        raise ValueError("no frame number")
    return ImageReference(uid, int(frame))
