"""Writes the lists of stores in docs/dpo.md from plugin/state/holdings.py: ``python -m tests.holdings``."""

from __future__ import annotations

import re
from pathlib import Path

from plugin.state.holdings import as_page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "dpo.md"
_PART = re.compile(r"(<!-- holdings -->\n).*?(<!-- end -->)", re.DOTALL)


def current(text: str) -> str:
    """The page with its lists as they are now."""
    return _PART.sub(lambda part: part[1] + as_page() + part[2], text)


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
