"""Find among many: by what Orthanc knows of patients, by what the gateway knows of jobs, and by an address to send."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from model.samples.dicom_series import Patient
from plugin.state.database import open_database
from tests.builders.many_jobs import note_many
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import NARROW, Visit, visit
from tests.builders.phantom import files_of, phantom_series

MANY = 20_000
MARA = Patient(name="Muster^Mara", identifier="MARA-1")
LUDWIG = Patient(name="Lücke^Ludwig", identifier="LUDWIG-2")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc with two patients, whose gateway has worked for months."""
    folder = tmp_path_factory.mktemp("busy")
    server = OrthancProcess(folder)
    server.state.mkdir(parents=True, mode=0o700)
    engine = open_database(f"sqlite:///{server.state / 'jobs.sqlite'}")
    note_many(engine, MANY)
    engine.dispose()
    server.start()
    for patient in (MARA, LUDWIG):
        job = server.job_of(server.store_all(files_of(phantom_series(patient=patient))))
        assert job["State"] == "done", job["Error"]
    yield server
    server.stop()


@pytest.fixture
def seen(browser: Browser, busy: OrthancProcess) -> Iterator[Visit]:
    with visit(browser, busy.url) as opened:
        yield opened


def search(page: Page, text: str) -> None:
    page.get_by_label("Patient, ID, study or series").fill(text)
    page.get_by_role("button", name="Search").click()


@pytest.mark.parametrize("text", ["muster", "Muster, Mara", "mara-1", "MUSTER MARA"])
def test_a_patient_is_found_among_20000_jobs_and_stands_in_no_address(seen: Visit, text: str) -> None:
    page = seen.open("#/find")
    expect(page.locator("#found")).to_have_text("20,002 jobs")
    search(page, text)
    expect(page.locator("#found")).to_have_text("1 job")
    expect(page.locator("[data-job]")).to_contain_text("Muster, Mara · MARA-1")
    assert "muster" not in "".join(seen.asked).lower() + page.url.lower() + page.title().lower()
    assert seen.errors == []


def test_a_series_is_found_by_its_description(seen: Visit) -> None:
    page = seen.open("#/find")
    search(page, "phantom")
    expect(page.locator("#found")).to_have_text("2 jobs")


def test_a_text_that_nobody_has_says_so(seen: Visit) -> None:
    page = seen.open("#/find")
    search(page, "nobody of this name")
    expect(page.get_by_text("Orthanc knows no patient")).to_be_visible()
    expect(page.locator("#found")).to_have_text("0 jobs")
    page.get_by_label("Patient, ID, study or series").fill("")
    expect(page.locator("#found")).to_have_text("20,002 jobs")


def test_filters_stand_in_an_address_that_another_person_can_open(browser: Browser, seen: Visit) -> None:
    page = seen.open("#/find")
    expect(page.locator("#found")).to_have_text("20,002 jobs")
    page.get_by_label("Model").select_option("seldom")
    page.get_by_label("rejected").check()
    page.get_by_label("failed").check()
    expect(page.locator("[data-job]").first).to_contain_text("seldom")
    expect(page.locator("#found")).not_to_have_text("20,002 jobs")
    expect(page.get_by_label("failed")).to_be_focused()
    expect(page).to_have_url(re.compile("state=rejected%2Cfailed"))
    assert "model=seldom" in page.url
    with visit(browser, seen.address.removesuffix("/autocontour/app/")) as other:
        opened = other.open(page.url.split("/app/", 1)[1])
        expect(opened.locator("#found")).to_have_text(re.compile(r"^[1-9]\d* jobs"))
        # The page itself may still show what was found before its last filter.
        expect(page.locator("#found")).to_have_text(opened.locator("#found").inner_text())
        expect(opened.get_by_label("Model")).to_have_value("seldom")
        expect(opened.get_by_label("rejected")).to_be_checked()


def test_each_value_says_how_many_jobs_it_finds(seen: Visit) -> None:
    page = seen.open("#/find?model=seldom")
    option = page.get_by_label("Model").get_by_role("option", name="seldom")
    expect(option).to_have_text(re.compile(r"\([1-9]"))
    count = option.inner_text().split("(")[1].rstrip(")")
    expect(page.locator("#found")).to_have_text(f"{count} jobs")


def test_flagged_jobs_and_days_narrow_the_list(seen: Visit) -> None:
    page = seen.open("#/find?flagged=1&since=2026-09-01&until=2026-09-01")
    rows = page.locator("[data-job]")
    expect(rows.first).to_contain_text("look")
    texts = rows.all_inner_texts()
    assert all("look" in text and re.search(r"\bSep 1, 2026", text) for text in texts), texts


def test_pages_go_on_without_limit_and_what_is_shown_costs_nothing_again(seen: Visit) -> None:
    page = seen.open("#/find")
    named = page.locator("[data-job]", has_text="no longer in Orthanc")  # all but the two that are
    expect(named).to_have_count(98)
    page.evaluate(COUNT_CHANGES)
    for number in range(2, 14):
        page.get_by_role("button", name="Show 100 more").click()
        expect(page.locator("[data-job]")).to_have_count(100 * number)
    expect(page.get_by_text("1,300 of 20,002 shown")).to_be_visible()
    assert page.evaluate("changes.in_first_row") == 0, "a row that is there stays as it was"
    expect(named).to_have_count(1298)
    before = page.evaluate("changes.anywhere")
    page.evaluate(SCROLL_THROUGH)
    assert page.evaluate("changes.anywhere") == before, "scrolling is the browser's work alone"


COUNT_CHANGES = """() => {
    window.changes = { in_first_row: 0, anywhere: 0 };
    const watched = { subtree: true, childList: true, attributes: true, characterData: true };
    const first = document.querySelector("[data-job]");
    new MutationObserver((seen) => { changes.in_first_row += seen.length; }).observe(first, watched);
    new MutationObserver((seen) => { changes.anywhere += seen.length; }).observe(document.body, watched);
    new MutationObserver((seen) => {
        changes.in_first_row += seen.filter((one) => [...one.removedNodes].includes(first)).length;
    }).observe(document.body, { subtree: true, childList: true });
}"""
SCROLL_THROUGH = """new Promise((done) => {
    let left = 30;
    const frame = () => {
        scrollTo(0, (document.body.scrollHeight * left) / 30);
        left -= 1;
        if (left < 0) done(true); else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})"""


def test_a_search_is_still_there_for_who_comes_back_from_a_job(seen: Visit) -> None:
    page = seen.open("#/find")
    search(page, "lücke")
    expect(page.locator("#found")).to_have_text("1 job")  # until then the list stays as it was
    page.locator("[data-job]").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Job")
    page.go_back()
    expect(page.get_by_label("Patient, ID, study or series")).to_have_value("lücke")
    expect(page.locator("#found")).to_have_text("1 job")


def test_an_orthanc_that_lets_nobody_search_says_so_and_filters_work(
    browser: Browser, start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    script = tmp_path / "filter.lua"
    script.write_text(
        "function IncomingHttpRequestFilter(method, uri, ip, username, httpHeaders)\n"
        "  return uri ~= '/tools/find'\nend\n"
    )
    orthanc = start_orthanc(options={"LuaScripts": [str(script)]})
    orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=MARA))))
    with visit(browser, orthanc.url) as refused:
        page = refused.open("#/find")
        search(page, "muster")
        expect(page.get_by_text("does not let your user search")).to_be_visible()
        page.get_by_label("done").check()
        expect(page.locator("#found")).to_have_text("1 job")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Browser, busy: OrthancProcess, dark: bool) -> None:
    with visit(browser, busy.url, dark=dark, size=NARROW, language="de-DE") as narrow:
        page = narrow.open("#/find?state=rejected,done&flagged=1")
        expect(page.locator("[data-job]").first).to_contain_text("LUDWIG-2")
        assert narrow.axe_findings() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_a_link_from_orthanc_s_own_pages_names_the_study(seen: Visit, busy: OrthancProcess) -> None:
    (study,) = [
        one["ID"] for one in busy.json("/studies?expand") if one["PatientMainDicomTags"]["PatientID"] == "MARA-1"
    ]
    page = seen.open(f"#/find?study={study}")
    expect(page.locator("#found")).to_have_text("1 job")
    expect(page.locator("[data-job]")).to_contain_text("Muster, Mara")
    page.get_by_role("button", name="Show the jobs of all studies").click()
    expect(page.locator("#found")).to_have_text("20,002 jobs")
    assert page.url.endswith("#/find")
