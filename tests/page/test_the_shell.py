"""The frame around the views: its addresses, its policy, its languages, and whom it suits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import files_of, phantom_series


@pytest.mark.parametrize("address", ["/autocontour", "/autocontour/", "/autocontour/app", "/autocontour/app/"])
def test_the_page_works_at_each_of_its_addresses(visitor: Visit, orthanc: OrthancProcess, address: str) -> None:
    visitor.page.goto(orthanc.url + address)
    expect(visitor.page.locator("#health")).to_contain_text("working")
    assert all(asked.startswith(orthanc.url) for asked in visitor.asked), "nothing was asked from elsewhere"


def test_the_page_runs_under_its_policy(visitor: Visit) -> None:
    page = visitor.open()
    expect(page.locator("#health")).to_contain_text("working")
    assert visitor.errors == []
    broken = page.evaluate(
        "new Promise((done) => {"
        "document.addEventListener('securitypolicyviolation', (event) => done(event.blockedURI));"
        "const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        "document.body.append(script); })"
    )
    assert broken == "inline"
    assert page.evaluate("window.ran") is None


def test_a_view_that_is_none_leads_back(visitor: Visit) -> None:
    page = visitor.open("#/nowhere")
    page.get_by_role("link", name="Go to what happens now").click()
    expect(page.locator("#health")).to_contain_text("working")


def test_the_page_is_read_in_german_and_in_english(browser: Browser, orthanc: OrthancProcess) -> None:
    with visit(browser, orthanc.url, language="de-DE") as german:
        page = german.open()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("#health")).to_contain_text("arbeitet")
        page.get_by_role("button", name="English").click()
        expect(page.locator("#health")).to_contain_text("working")
        assert page.evaluate("Object.keys(localStorage)") == ["autocontour-language"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_in_what_happens_now(
    browser: Browser, orthanc: OrthancProcess, dark: bool, size: dict[str, int]
) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    with visit(browser, orthanc.url, dark=dark, size=size) as seen:
        page = seen.open()
        expect(page.locator(f"[data-job='{job['ID']}']")).to_be_visible()
        assert seen.axe_findings() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
