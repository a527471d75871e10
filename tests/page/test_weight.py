"""What the page weighs: what a browser loads before it shows something, and what it loads only when it is asked to."""

from __future__ import annotations

import gzip
import re

from playwright.sync_api import expect

from plugin.gateway.api.page import ASSETS
from tests.builders.page import Visit

FIRST_VIEW_BYTES = 150 * 1024


def loaded(visitor: Visit) -> set[str]:
    """The names of the files of the page that were asked for."""
    return {found[1] for asked in visitor.asked if (found := re.search(r"/app/assets/([^/?#]+)$", asked))}


def test_the_first_view_is_light(visitor: Visit) -> None:
    page = visitor.open()
    expect(page.locator("#health")).to_contain_text("working")
    files = loaded(visitor)
    assert {"start.js"} < files
    weight = sum(len(gzip.compress((ASSETS / name).read_bytes(), 6)) for name in files)
    weight += len(gzip.compress((ASSETS / "index.html").read_bytes(), 6))
    assert weight < FIRST_VIEW_BYTES, f"{weight} bytes, compressed"


def test_a_view_is_loaded_when_it_is_opened_for_the_first_time(visitor: Visit) -> None:
    page = visitor.open()
    expect(page.locator("#health")).to_contain_text("working")
    before = loaded(visitor)
    assert not [name for name in before if name.startswith("contours-")]
    page.goto(visitor.address + "#/jobs/0123")
    expect(page.get_by_role("alert")).to_contain_text("There is no such job.")
    assert [name for name in loaded(visitor) - before if name.startswith("job-")]
