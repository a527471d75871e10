"""All chapters, as tables for the pages and as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.codes.command_line import COMMAND_LINE
from model.codes.constancy import CONSTANCY
from model.codes.deliveries import DELIVERIES
from model.codes.evidence import EVIDENCE
from model.codes.machine import MACHINE
from model.codes.orthanc import ORTHANC
from model.codes.quality import QUALITY
from model.codes.rest_api import REST_API
from model.codes.row import Chapter, Row
from model.codes.series import SERIES
from model.codes.service import SERVICE
from model.codes.targets import TARGETS

CHAPTERS = (
    *(SERIES, MACHINE, ORTHANC, TARGETS, DELIVERIES, QUALITY, CONSTANCY),
    *(EVIDENCE, REST_API, COMMAND_LINE, SERVICE),
)

_LINK = re.compile(r"\[([^]]+)\]\(([^)#]*)(#[^)]*)?\)")


def rows_of(code: str) -> list[tuple[Chapter, Row]]:
    """Return each row that explains a code; the service's own API may use a code in a sense of its own."""
    return [(chapter, row) for chapter in CHAPTERS for row in chapter.rows if code in row.codes]


def row_of_a_job(code: str) -> Row | None:
    """Return the row of a code as a job shows it, or None for one that only a newer service knows."""
    return next((row for chapter, row in rows_of(code) if chapter is not SERVICE), None)


def table_of(chapter: Chapter) -> str:
    """Return a chapter as a table in Markdown."""
    of_service = any(row.status for row in chapter.rows)
    head = ["status", "code"] if of_service else ["code"]
    lines = [_line([*head, "means", "again", "way out"]), "|---" * (len(head) + 3) + "|"]
    for row in chapter.rows:
        codes = ", ".join(f"`{code}`" for code in row.codes)
        lines.append(_line([*([row.status] if of_service else []), codes, row.means, row.again, row.way_out]))
    return "\n".join(lines) + "\n"


def text_of(chapter: Chapter, row: Row) -> Iterator[str]:
    """Return a row as lines for a terminal."""
    yield f"{', '.join(row.codes)}  ({chapter.title})"
    yield f"  means:   {plain(row.means)}"
    yield f"  again:   {row.again}"
    yield f"  way out: {plain(row.way_out) or '-'}"


def plain(text: str) -> str:
    """Return Markdown as plain text; a link becomes the page that it leads to."""
    return _LINK.sub(lambda link: f"docs/{link[2]}" if link[2] else "docs/operations.md", text).replace("`", "")


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
