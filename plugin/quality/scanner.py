"""The class of a scanner: a maker that is known, and its model. Anything else may be a text of somebody's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

OTHER = "other"
# As makers write themselves into Manufacturer (DICOM PS3.3 C.7.5.1), and what they are called here.
MAKERS = (
    ("SIEMENS", "Siemens"),
    ("GE MEDICAL", "GE"),
    ("GE HEALTHCARE", "GE"),
    ("PHILIPS", "Philips"),
    ("ADAC", "Philips"),
    ("CANON", "Canon"),
    ("TOSHIBA", "Canon"),
    ("FUJIFILM", "Fujifilm"),
    ("HITACHI", "Fujifilm"),
    ("UIH", "United Imaging"),
    ("UNITED IMAGING", "United Imaging"),
    ("VARIAN", "Varian"),
    ("ELEKTA", "Elekta"),
    ("NEUSOFT", "Neusoft"),
    ("BRAINLAB", "Brainlab"),
    ("MEDTRONIC", "Medtronic"),
)
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+/()-]{0,31}")


def scanner_class(tags: Mapping[str, Any]) -> str:
    """Return maker and model of a scanner from the tags of a slice, by keyword; ``other`` for makers nobody listed."""
    written = str(tags.get("Manufacturer") or "").strip(" \0").upper()
    maker = next((name for begin, name in MAKERS if written == begin or written.startswith(begin)), None)
    if maker is None:
        return OTHER
    model = " ".join(str(tags.get("ManufacturerModelName") or "").split())
    return f"{maker} {model}" if _MODEL.fullmatch(model) else maker
