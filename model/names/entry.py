"""What a structure is called in an RTSTRUCT, and how it is coded: one entry per label of an engine."""

from __future__ import annotations

from dataclasses import dataclass

# Some planning systems cut longer names, so TG-263 has none (AAPM TG-263, 2018, principle 1).
NAME_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept (DICOM PS3.16): value, coding scheme designator, meaning of at most 64 characters."""

    value: str
    scheme: str
    meaning: str


# DICOM PS3.16 CID 7150 and CID 9580: the categories of what is drawn on.
ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical structure")
EXTERNAL_BODY_MODEL = Code("130047", "DCM", "External Body Model")
# Said of a structure for which no better code is known.
BODY_STRUCTURE = Code("123037004", "SCT", "Body structure")
# DICOM PS3.16 CID 244 Laterality.
LATERALITY = {
    "L": Code("7771000", "SCT", "Left"),
    "R": Code("24028007", "SCT", "Right"),
    "B": Code("51440002", "SCT", "Right and left"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """The name of one structure.

    ``label`` is the engine's own name; ``name`` the ROI name, ASCII, at most 16 characters, TG-263 where it has the
    structure; ``full`` what people read; ``interpreted_type`` of DICOM PS3.3 C.8.8.8.1; ``side`` L, R, B or empty;
    ``colour`` is RGB, 0 to 255. ``listed`` tells an entry of a table from a name made up for an unknown label.
    """

    label: str
    name: str
    full: str
    interpreted_type: str
    code: Code
    side: str
    colour: tuple[int, int, int]
    listed: bool = True

    @property
    def category(self) -> Code:
        """The segmented property category: external body model or anatomical structure."""
        return EXTERNAL_BODY_MODEL if self.interpreted_type == "EXTERNAL" else ANATOMICAL_STRUCTURE

    @property
    def laterality(self) -> Code | None:
        """The side as a code, or None where the structure has none."""
        return LATERALITY.get(self.side)
