"""Writes the tables of codes in docs/operations.md and docs/service.md from model/codes: ``python -m tests.codes``."""

from __future__ import annotations

import re
from pathlib import Path

from model.codes.listing import CHAPTERS, table_of

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = (CHECKOUT / "docs" / "operations.md", CHECKOUT / "docs" / "service.md")
TABLES = {chapter.key: table_of(chapter) for chapter in CHAPTERS}

_PART = re.compile(r"(<!-- codes: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def current(text: str) -> str:
    """The page with its tables as they are now."""
    return _PART.sub(lambda part: part[1] + TABLES[part[2]] + part[3], text)


def chapters_of(text: str) -> list[str]:
    """The keys of the chapters that a page shows."""
    return [key for _, key, _ in _PART.findall(text)]


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(current(page.read_text(encoding="utf-8")), encoding="utf-8")
