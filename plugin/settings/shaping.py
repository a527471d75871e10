"""What a destination gets of a structure set: keys that every type of destination has, and what they allow."""

from __future__ import annotations

import re
import string
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from plugin.settings.document import Document

ProfileName = Literal["plain", "eclipse", "raystation", "monaco", "pinnacle", "mim"]
# What a label or a description may say beside its own words; never an attribute of a patient.
FIELDS = ("Model", "Version", "Date")
# Characters that VR SH and LO may hold (PS3.5 6.2).
LABEL, DESCRIPTION = 16, 64


def _rgb(value: list[int]) -> list[int]:
    if len(value) != 3 or not all(0 <= part <= 255 for part in value):
        raise PydanticCustomError("colour", "red, green and blue, each from 0 to 255")
    return value


Colour = Annotated[list[int], AfterValidator(_rgb)]
RoiPattern = Annotated[str, Field(min_length=1, max_length=DESCRIPTION)]


class Shaping(Document):
    """How the RTSTRUCT is changed before it is sent; nothing of it is changed unless the site asks for it.

    A key that is given goes before what the profile says.
    """

    Profile: ProfileName = "plain"
    # Which ROIs go along, in this order: names with * and ?, whatever their case.
    Rois: list[RoiPattern] | None = Field(default=None, min_length=1)
    Names: Literal["stored", "TG-263"] | None = None
    # Red, green and blue, by the name of the ROI.
    Colours: dict[RoiPattern, Colour] | None = None
    EmptyRois: Literal["leave out", "keep"] | None = None
    Label: str | None = None
    SeriesDescription: str | None = None

    @property
    def shaped(self) -> bool:
        """Whether another object is sent than the one that is stored."""
        return self.Profile != "plain" or bool(self.shaping_options)

    @property
    def shaping_options(self) -> dict[str, object]:
        """The keys that are given beside the profile, by name."""
        names = ("Rois", "Names", "Colours", "EmptyRois", "Label", "SeriesDescription")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @field_validator("Label")
    @classmethod
    def _label(cls, value: str | None) -> str | None:
        return _template(value, LABEL)

    @field_validator("SeriesDescription")
    @classmethod
    def _description(cls, value: str | None) -> str | None:
        return _template(value, DESCRIPTION)


def _template(value: str | None, longest: int) -> str | None:
    """Refuse a template with unknown fields, other signs than ASCII, or more words of its own than there is room."""
    if value is None:
        return None
    allowed = f"ASCII text of at most {longest} characters without backslash; {_listed()} are filled in"
    refused = PydanticCustomError("template", "{allowed}", {"allowed": allowed})
    if not re.fullmatch(r"[ -\[\]-~]*[!-\[\]-~][ -\[\]-~]*", value):
        raise refused
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        raise refused from None
    for _, name, form, conversion in parts:
        if name is not None and (name not in FIELDS or form or conversion):
            raise refused
    if sum(len(words) for words, *_ in parts) > longest:
        raise refused
    return value


def _listed() -> str:
    *first, last = (f"{{{name}}}" for name in FIELDS)
    return f"{', '.join(first)} and {last}"
