"""What the headers of a series say of how it was made, as far as models have limits to it.

Sources: DICOM PS3.3 C.7.6.1.1.2 and C.8.3.1.1.1 (Image Type), C.7.6.4 (Contrast/Bolus), PS3.16 annex L (Body Part
Examined), C.8.13.3 (Complex Image Component).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What the slices say of how they were taken, all together and in upper case.

    The values of ImageType and ComplexImageComponent, the parts of the body that are named, and whether a contrast
    agent is; what a pseudonymised series no longer says is not there.
    """

    image_types: frozenset[str] = field(default=frozenset())
    body_parts: frozenset[str] = field(default=frozenset())
    contrast: bool = False

    @classmethod
    def of(cls, slices: Iterable[Acquisition]) -> Acquisition:
        """Combine those of the slices into that of the series."""
        everything = list(slices)
        return cls(
            frozenset().union(*(one.image_types for one in everything)),
            frozenset().union(*(one.body_parts for one in everything)),
            any(one.contrast for one in everything),
        )


KEYWORDS = ("ImageType", "ComplexImageComponent", "BodyPartExamined", "ContrastBolusAgent")


def acquisition_of(values: Mapping[str, Iterable[str]]) -> Acquisition:
    """Return what one slice says, from the values of ``KEYWORDS`` as text."""

    def said(*keywords: str) -> frozenset[str]:
        texts = (text.strip(" \0").upper() for keyword in keywords for text in values.get(keyword, ()))
        return frozenset(text for text in texts if text)

    return Acquisition(
        said("ImageType", "ComplexImageComponent"), said("BodyPartExamined"), bool(said("ContrastBolusAgent"))
    )
