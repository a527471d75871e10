"""The page through an Orthanc whose gateways run elsewhere: it is the same page, and names them."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.builders.gateway_group import GatewayGroup
from tests.builders.page import visit
from tests.builders.phantom import files_of, phantom_series


def test_the_gateways_of_a_group_are_shown_and_one_that_is_down(
    browser: Browser, database: str, tmp_path: Path
) -> None:
    group = GatewayGroup(tmp_path, count=2, database=database, tls=True).start()
    first, second = group.gateways
    try:
        with visit(browser, group.orthanc.url) as visitor:
            page = visitor.open()
            rows = page.get_by_role("region", name="Gateways").locator("tbody tr")
            expect(rows).to_have_count(2)
            expect(rows.filter(has_text="leads")).to_have_count(1)
            expect(rows.filter(has_text="answers here")).to_have_count(1)
            expect(page.get_by_role("region", name="Gateways").get_by_text("does not work")).to_have_count(0)
            group.orthanc.store_all(files_of(phantom_series()))
            expect(page.get_by_role("region", name="Last results").get_by_text("done").first).to_be_visible(
                timeout=120_000
            )
            # Whichever the page asked: the other one answers for it.
            first.kill()
            lost = rows.filter(has_text="does not work")
            expect(lost).to_have_count(1, timeout=120_000)
            expect(lost).to_contain_text("Nothing was heard of it since")
            assert second.alive
            assert visitor.errors == []
    finally:
        group.stop()
