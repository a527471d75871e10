"""What the headers of a series say that its pixel values are.

Sources: DICOM PS3.3 C.11.1.1.2 (Rescale Type: absent, HU or HU_MOD are Hounsfield units), C.8.2.1.1.1 (Image Type,
value 4: what multi-energy images show).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_WORD = re.compile(r"[A-Z0-9]+")
HOUNSFIELD = frozenset({"", "HU", "HU_MOD"})
# Words of Image Type in images that show another quantity: the standard's terms, and what scanners wrote before them.
# All words of one of these, in one value, whatever stands between them (DE_RHO, "ELECTRON DENSITY", Z_EFF).
OTHER_QUANTITIES = tuple(
    frozenset(words.split())
    for words in (
        *("MAT SPECIFIC", "MAT FRACTIONAL", "MAT VALUE BASED", "MATERIAL DENSITY", "IODINE"),
        *("ELECTRON DENSITY", "RHO", "RHOZ", "ATOMIC", "ZEFF", "Z EFF", "EFFECTIVE Z"),
    )
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the headers of a series say about its values; an array without header says nothing against HU.

    ``rescale_types`` are those of the slices, "" where it is absent; ``not_rescaled`` counts slices without slope
    or intercept; ``other_quantity`` is whether ImageType says that anything but attenuation is shown.
    """

    rescale_types: frozenset[str] = field(default=frozenset({""}))
    not_rescaled: int = 0
    other_quantity: bool = False

    @classmethod
    def of(cls, slices: Iterable[Meaning]) -> Meaning:
        """Combine those of the slices into that of the series."""
        everything = list(slices)
        return cls(
            frozenset().union(*(one.rescale_types for one in everything)),
            sum(one.not_rescaled for one in everything),
            any(one.other_quantity for one in everything),
        )

    @property
    def hounsfield(self) -> bool:
        """Whether RescaleType and ImageType of every slice leave Hounsfield units."""
        return self.rescale_types <= HOUNSFIELD and not self.other_quantity


def meaning_of(rescale_type: str, image_type: Iterable[str], *, rescaled: bool) -> Meaning:
    """Return what one slice says, from its attributes as text (values of RescaleType with backslashes between them)."""
    types = frozenset(part.strip(" \0").upper() for part in rescale_type.split("\\"))
    kinds = [frozenset(_WORD.findall(part.upper())) for part in image_type]
    return Meaning(types, int(not rescaled), any(words <= kind for kind in kinds for words in OTHER_QUANTITIES))
