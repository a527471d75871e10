"""What became of the face in images that leave, by name and in a sentence for people."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Face(StrEnum):
    """What became of the face; the names are stable and go to jobs and evidence."""

    REMOVED = "REMOVED"  # blanked, and the check found none left
    NOT_FOUND = "NOT_FOUND"  # the images show no face that the check knows for one
    WANTED = "WANTED"  # a wanted structure is one of the face, or not known to be away from it
    NOT_PROVEN = "NOT_PROVEN"  # no registered proof that the wanted contours stay where they are
    NOT_PLACED = "NOT_PLACED"  # the head cannot be placed: its vertex is missing, slices are, or it lies oblique
    LEFT = "LEFT"  # after blanking the check still found a face; what was blanked was put back


# As they stand in jobs and on certificates.
SENTENCES = MappingProxyType(
    {
        Face.REMOVED: "The face was removed from the images that were sent, and a check of its own found none left.",
        Face.NOT_FOUND: "The images show no face that could be removed; they were sent as they are.",
        Face.WANTED: (
            "The face was not removed: a wanted structure touches it or is not known to be away from it, or the rule "
            "does not name the wanted ones."
        ),
        Face.NOT_PROVEN: "The face was not removed: no registered proof says that the wanted contours stay the same.",
        Face.NOT_PLACED: "The face was not removed: the head cannot be placed in the images.",
        Face.LEFT: "The face was not removed: the check still found one afterwards, so nothing was changed.",
    }
)
