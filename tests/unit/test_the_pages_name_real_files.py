"""Each link between our pages leads somewhere, and each path of this repository that they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted(CHECKOUT.glob("*.md")) + sorted(CHECKOUT.glob("docs/**/*.md"))

_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_PATH = re.compile(r"`((?:plugin|model|routing|tests|docs|docker)/[\w./-]*)(?:::\w+)?`")


def test_there_are_pages() -> None:
    assert {"README.md", "docs/operations.md", "docs/decisions/README.md"} <= {_name(page) for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_and_every_path_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [page if not path else page.parent / path for path, _ in _LINK.findall(text)]
    missing = [str(target) for target in targets if not target.exists()]
    missing += [path for path in _PATH.findall(text) if not (CHECKOUT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_to_a_heading_meets_one(page: Path) -> None:
    for path, fragment in _LINK.findall(page.read_text(encoding="utf-8")):
        target = page if not path else page.parent / path
        if fragment and target.suffix == ".md":
            assert fragment in _anchors(target), f"{path}#{fragment}"


def test_every_decision_is_listed() -> None:
    listed = (CHECKOUT / "docs/decisions/README.md").read_text(encoding="utf-8")
    records = sorted((CHECKOUT / "docs/decisions").glob("[0-9]*.md"))
    assert len(records) >= 14
    assert [path.name for path in records if f"({path.name})" not in listed] == []
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))


def _name(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def _anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub and GitLab make links of them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
