"""The view Quality: alerts, a chart for each structure, and outliers that lead to their jobs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from plugin.state.database import open_database
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import NARROW, Visit, visit
from tests.builders.quality_year import Year, keep

ONE = "#/quality?structure=Heart&model=thorax&target=local"


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc whose gateway has a year of comparisons: a shift and an outlier of the heart, a quiet lung."""
    server = OrthancProcess(tmp_path_factory.mktemp("compared"), section={"Rules": []}).start()
    now = time.time()
    heart = Year(shift=400, factor=3.0, count=600, outlier=590).rows(1, end=now)
    lung = [replace(row, job=f"f{row.job[1:]}") for row in Year(count=100).rows(2, "Lung_L", end=now)]
    engine = open_database(f"sqlite:///{server.state / 'jobs.sqlite'}")
    keep(engine, [*heart, *lung])
    engine.dispose()
    yield server
    server.stop()


@pytest.fixture
def reader(browser: Browser, compared: OrthancProcess) -> Iterator[Visit]:
    with visit(browser, compared.url) as opened:
        yield opened


def test_each_structure_has_a_line_that_leads_to_its_chart(reader: Visit) -> None:
    page = reader.open("#/quality")
    heart = page.locator("[data-structure='Heart']")
    expect(heart).to_contain_text("600")
    expect(heart).to_contain_text("shift: more editing")
    expect(page.locator("[data-structure='Lung_L']")).to_contain_text("baseline not whole")
    assert reader.axe_findings() == []
    heart.get_by_role("link", name="Heart").click()
    expect(page.get_by_role("heading", level=2, name="Heart, model thorax, target local")).to_be_visible()
    expect(page.locator("svg.control")).to_have_attribute("data-points", "600")
    assert reader.axe_findings() == []
    assert reader.errors == []


def test_an_outlier_of_the_chart_and_the_worst_case_lead_to_their_jobs(reader: Visit) -> None:
    page = reader.open(ONE)
    links = page.locator("svg.control a")
    expect(links.last).to_have_attribute("aria-label", re.compile("Outlier of"))
    expect(page.locator(f"svg.control a[href='#/jobs/{590:032x}']")).to_have_count(1)
    expect(page.locator("#worst tbody tr")).to_have_count(10)
    links.last.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#/jobs/[0-9a-f]{32}$"))


def test_another_number_is_another_chart_and_its_address_can_be_sent(reader: Visit) -> None:
    page = reader.open(ONE)
    page.get_by_label("Number").select_option("Dice")
    expect(page.locator("svg.control")).to_contain_text("Dice of 600 comparisons")
    assert "value=Dice" in page.url
    with page.expect_download() as table:
        page.get_by_role("link", name="All points as a table (CSV)").click()
    assert len(table.value.path().read_text(encoding="utf-8").splitlines()) == 601


def test_an_alert_is_gone_once_somebody_has_seen_it(reader: Visit) -> None:
    page = reader.open("#/quality")
    outliers = page.locator("[data-alert='QUALITY_OUTLIER']")
    expect(outliers.first).to_be_visible()
    before = outliers.count()
    outliers.first.get_by_role("button", name="Seen").click()
    expect(outliers).to_have_count(before - 1)


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_read_on_a_telephone_in_both_themes(browser: Browser, compared: OrthancProcess, dark: bool) -> None:
    with visit(browser, compared.url, size=NARROW, dark=dark) as narrow:
        for place in ("#/quality", ONE):
            page = narrow.open(place)
            expect(page.locator("#structures, svg.control").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
            assert narrow.axe_findings() == []


def test_it_is_read_in_german(browser: Browser, compared: OrthancProcess) -> None:
    with visit(browser, compared.url, language="de-DE") as german:
        page = german.open("#/quality")
        expect(page.get_by_role("heading", level=1)).to_have_text("Qualität")
        expect(page.locator("[data-structure='Heart']")).to_contain_text("Sprung: mehr Änderungen")


def test_where_nothing_was_compared_it_says_so(visitor_of_idle: Visit) -> None:
    expect(visitor_of_idle.open("#/quality").get_by_text("Nothing was compared yet")).to_be_visible()
