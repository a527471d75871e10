"""What the headers of a series say that its pixel values are.

Sources: DICOM PS3.3 C.11.1.1.2 (Rescale Type: absent, HU or HU_MOD are Hounsfield units), C.8.2.1.1.1 (Image Type,
value 4: what multi-energy images show).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

HOUNSFIELD = frozenset({"", "HU", "HU_MOD"})
# Image Type of images that show another quantity: the standard's terms, and those that scanners wrote before them.
OTHER_QUANTITIES = frozenset(
    {
        *("MAT_SPECIFIC", "MAT_FRACTIONAL", "MAT_VALUE_BASED", "EFF_ATOMIC_NUM", "ELECTRON_DENSITY"),
        *("RHO", "DE_RHO", "ZEFF", "Z_EFF", "DE_ZEFF", "DE_Z_EFF", "RHO_Z", "DE_RHOZ", "EFFECTIVE_Z", "ED", "EDW"),
    }
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
        """That of a series from those of its slices."""
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
    """What one slice says, from its attributes as text (values of RescaleType with backslashes between them)."""
    types = frozenset(part.strip(" \0").upper() for part in rescale_type.split("\\"))
    kinds = {part.strip(" \0").upper() for part in image_type}
    return Meaning(types, int(not rescaled), bool(kinds & OTHER_QUANTITIES))
