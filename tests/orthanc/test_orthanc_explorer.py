"""Orthanc's own page of a series and of a study says what became of it, requests contours and leads to our page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from model.samples.dicom_series import Patient
from tests.builders import browser as site
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

pytestmark = pytest.mark.skipif(bool(site.missing()), reason=f"needs {', '.join(site.missing())}: ./setup.sh test")

PATIENT = Patient(name="Named^Nobody", identifier="EXPLORER-1")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with site.chromium(tmp_path / "profile") as opened:
        yield opened


def opened(browser: Chrome, address: str, level: str, resource: str) -> str:
    browser.get("about:blank")
    browser.get(f"{address}/app/explorer.html#{level}?uuid={resource}")
    return says(browser, level, "")


def says(browser: Chrome, level: str, words: str) -> str:
    """The status on the page of a level, once it holds these words and is no question any more."""

    def said() -> str:
        found = browser.find_elements(By.ID, f"{level}-autocontour-status")
        text = found[0].text if found else ""
        return text if words in text and not text.endswith("…") else ""

    return str(until(said, f"the page says {words!r}", 120))


def our_page(browser: Chrome) -> str:
    """Where the link to our page leads."""
    (anchor,) = (one for one in browser.find_elements(By.LINK_TEXT, "Open in AutoContour") if one.is_displayed())
    return str(anchor.get_attribute("href"))


def press(browser: Chrome, level: str) -> None:
    button = browser.find_element(By.XPATH, f"//ul[@id='{level}-autocontour']//a[.='Request contours']")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()


def test_the_page_of_a_series_says_what_became_of_it_and_leads_to_its_job(
    orthanc: OrthancProcess, browser: Chrome
) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=PATIENT))))
    assert job["State"] == "done"
    said = opened(browser, orthanc.url, "series", job["Series"])
    assert "hu-ct done" in said
    assert f"{len(job['Rois'])} structures" in said
    assert "Named" not in browser.find_element(By.ID, "series-autocontour").text
    assert our_page(browser) == f"{orthanc.url}/autocontour/app/#/jobs/{job['ID']}"


def test_a_series_that_no_rule_matches_says_so_and_why_a_request_is_refused(
    start_orthanc: Callable[..., OrthancProcess], browser: Chrome
) -> None:
    orthanc = start_orthanc(section={"Rules": []})
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    until(lambda: orthanc.json(f"/autocontour/series/{series}")["Outcome"] == "none", "it is decided on")
    assert "No rule matches" in opened(browser, orthanc.url, "series", series)
    assert our_page(browser) == f"{orthanc.url}/autocontour/app/#/series/{series}/leaves"
    press(browser, "series")
    said = says(browser, "series", "Not requested")
    assert orthanc.jobs() == []
    assert "rule" in said, "why, and what helps"


def test_a_series_that_is_contoured_again_is_watched_until_it_is_done(orthanc: OrthancProcess, browser: Chrome) -> None:
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    first = orthanc.job_of(series)
    opened(browser, orthanc.url, "series", series)
    press(browser, "series")
    until(lambda: len(orthanc.jobs(Series=series)) == 2, "another job was requested", 180)
    until(lambda: says(browser, "series", "hu-ct done").count("done") == 2, "both are shown as done", 120)
    assert first["ID"] not in our_page(browser), "the newest one is opened"


def test_the_page_of_a_study_tells_of_its_series_and_requests_for_each(
    orthanc: OrthancProcess, browser: Chrome, tmp_path: Path
) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=PATIENT))))
    with site.nginx(tmp_path / "nginx", orthanc.url, "/apps/pacs/") as address:
        said = opened(browser, address, "study", job["Study"])
        assert said.startswith(f"Series 1 of 1: hu-ct done: {len(job['Rois'])} structures"), "its RTSTRUCT is left out"
        assert our_page(browser) == f"{address}/autocontour/app/#/find?study={job['Study']}"
        press(browser, "study")
        says(browser, "study", "Requested for 1 series.")
        until(lambda: len(orthanc.jobs(Study=job["Study"], State="done")) == 2, "another job is done")
        says(browser, "study", "hu-ct done")
        browser.find_element(By.PARTIAL_LINK_TEXT, "Series 1 of 1").click()
        until(lambda: urlsplit(browser.current_url).path == "/apps/pacs/autocontour/app/", "the page is below the path")
