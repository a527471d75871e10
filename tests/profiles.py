"""Writes the table of profiles in docs/delivery.md from plugin/deliver/profiles.py: ``python -m tests.profiles``."""

from __future__ import annotations

import re
from pathlib import Path

from plugin.deliver.profiles import (
    ENCODING,
    NO_SOURCE,
    OBSERVATIONS,
    PROFILES,
    ROI_CONTOUR,
    TG_263,
    VR,
    Profile,
    Source,
)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "delivery.md"

_PART = re.compile(r"(<!-- profiles -->\n).*?(<!-- end -->)", re.DOTALL)


def table() -> str:
    """A row for each profile: what it does, and by which source."""
    head = (
        "`Profile`",
        "for",
        "ROI names",
        "long numbers",
        "label",
        "type of an ROI",
        "ROIs without contours",
        "encoding",
    )
    rows = [head, ("---",) * len(head)]
    rows += [(f"`{name}`", one.product, *_cells(one)) for name, one in PROFILES.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def current(text: str) -> str:
    """The page with its table as it is now."""
    return _PART.sub(lambda part: part[1] + table() + part[2], text)


def _cells(one: Profile) -> tuple[str, ...]:
    if not one.whole:
        return ("as stored",) * 6
    empty = "left out" if one.empty_rois == "leave out" else "kept"
    if not one.empty_contours:
        empty += "; kept ones have no item in ROI Contour Sequence"
    return (
        f"at most {one.name_characters} characters: {_by(one.names_by, TG_263)}",
        f"at most 16 bytes: {_by(one.numbers_by, VR)}",
        f"at most 16 characters: {_by(one.label_by, VR)}",
        f"never empty: {_by(one.types_by, OBSERVATIONS)}",
        f"{empty}: {_by(one.empty_by, ROI_CONTOUR)}",
        f"Implicit VR Little Endian: {_by(one.encoding_by, ENCODING)}",
    )


def _by(of_product: Source | None, for_all: Source) -> str:
    """The source for this product; where there is none, that, and the one for all."""
    return f"{for_all.markdown}, for the product {NO_SOURCE}" if of_product is None else of_product.markdown


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
