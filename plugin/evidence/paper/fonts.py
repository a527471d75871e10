"""Fonts of documents: the ones every reader has, and a wider family where a name needs other letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

# Debian's fonts-dejavu-core; it covers Latin, Greek and Cyrillic.
_FOLDER = Path("/usr/share/fonts/truetype/dejavu")
_WIDE = {"plain": "DejaVuSans", "bold": "DejaVuSans-Bold", "mono": "DejaVuSansMono"}


@dataclass(frozen=True, slots=True)
class Fonts:
    """The three faces of a document."""

    plain: str = "Helvetica"
    bold: str = "Helvetica-Bold"
    mono: str = "Courier"


def fonts_for(texts: Iterable[str]) -> Fonts:
    """Choose the faces that hold all letters of the texts, as far as this machine has them."""
    if all(_western(text) for text in texts):
        return Fonts()
    if not all((_FOLDER / f"{name}.ttf").exists() for name in _WIDE.values()):
        return Fonts()
    for name in _WIDE.values():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(_FOLDER / f"{name}.ttf")))
    return Fonts(**_WIDE)


def _western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
