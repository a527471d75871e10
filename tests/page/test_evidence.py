"""Evidence on the page: a code leads to its certificate, the chain is verified, a month is drawn and told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import files_of, phantom_series

MONTH = f"{datetime.now(UTC):%Y-%m}"
Start = Callable[..., OrthancProcess]


def a_job(orthanc: OrthancProcess) -> dict[str, Any]:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    return job


def test_a_code_leads_to_its_certificate_and_to_the_chain_behind_it(visitor: Visit, orthanc: OrthancProcess) -> None:
    code = a_job(orthanc)["EvidenceCode"]
    body = orthanc.json(f"/autocontour/evidence/{code}")["document"]["body"]
    page = visitor.open("#/evidence")
    page.get_by_label("Evidence code").fill(f" {body['EvidenceCode'].lower()} ")
    page.get_by_role("button", name="Show the certificate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Certificate {body['EvidenceCode']}")
    for statement in body["Statements"]:
        expect(page.get_by_text(statement)).to_be_visible()
    expect(page.get_by_role("table", name="Deletions").get_by_role("row")).to_have_count(1 + len(body["Deletions"]))
    with page.expect_download() as paper:
        page.get_by_role("link", name="As signed PDF").click()
    assert paper.value.path().read_bytes().startswith(b"%PDF")
    page.get_by_role("button", name="Verify the chain now").click()
    expect(page.locator("#chain")).to_contain_text("The chain is whole")
    assert visitor.errors == []


def test_a_code_that_is_none_is_refused_in_words(visitor: Visit) -> None:
    page = visitor.open("#/evidence/0000000000000000")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"\[[A-Z_]+\]"))


def test_a_month_is_drawn_and_said_in_tables(visitor: Visit, orthanc: OrthancProcess) -> None:
    a_job(orthanc)
    files = files_of(phantom_series())
    failed = orthanc.job_of(orthanc.store_all(files[:4] + files[6:]))
    assert failed["State"] == "failed"
    page = visitor.open("#/evidence")
    page.get_by_label("Month").fill(MONTH)
    page.get_by_role("button", name="Show the month").click()
    expect(page.get_by_role("heading", name=f"Month {MONTH}")).to_be_visible()
    body = orthanc.json(f"/autocontour/reports/{MONTH}")["document"]["body"]
    (today,) = (day for day in body["Daily"] if day["Done"])
    assert page.locator("svg[role=img] rect.good").count() == 1, "one day has jobs that are done"
    page.get_by_text("The same as a table").first.click()
    days = page.get_by_role("table", name="Jobs that were closed, by day")
    expect(days.get_by_role("row")).to_have_count(1 + len(body["Daily"]))
    shown = days.get_by_role("row").nth(today["Day"]).get_by_role("cell").all_text_contents()
    assert shown == [str(today[key]) for key in ("Day", "Done", "Refused", "Failed")]
    refused = page.get_by_role("table", name="Refusals and failures")
    expect(refused).to_contain_text(failed["Error"]["Code"])
    assert page.url.endswith(f"#/evidence?month={MONTH}"), "the address can be sent"
    assert visitor.errors == []


def test_the_dossier_of_the_configuration_in_force_is_taken_along(visitor: Visit, orthanc: OrthancProcess) -> None:
    page = visitor.open("#/evidence")
    for name, begins in (("Dossier as PDF", b"%PDF"), ("Dossier as text (Markdown)", b"# ")):
        with page.expect_download() as file:
            page.get_by_role("link", name=name).click()
        assert file.value.path().read_bytes().startswith(begins)
    report = orthanc.json(f"/autocontour/reports/{MONTH}")["document"]["body"]
    assert [one["Event"] for one in report["Changes"]].count("DOSSIER_ISSUED") == 1


def test_deletions_that_are_confirmed_are_counted(start_orthanc: Start, browser: Browser) -> None:
    orthanc = start_orthanc()
    a_job(orthanc)
    with visit(browser, orthanc.url) as seen:
        page = seen.open(f"#/evidence?month={MONTH}")
        expect(page.locator("#deleted")).to_have_text("1 of 1")
        page.get_by_text("The same as a table").nth(1).click()
        stages = page.get_by_role("table", name="Seconds for each part of the way")
        assert re.search(r"from arrival to closed\s*1\s*\d", stages.inner_text()), stages.inner_text()


def test_a_chain_that_was_changed_is_said_to_be_broken(start_orthanc: Start, browser: Browser) -> None:
    orthanc = start_orthanc()
    a_job(orthanc)
    (records,) = (orthanc.state / "evidence").rglob(f"{MONTH}.jsonl")
    lines = records.read_text().splitlines()
    lines[2] = lines[2].replace('"job"', '"jab"') if '"job"' in lines[2] else lines[2] + " "
    records.write_text("\n".join(lines) + "\n")
    with visit(browser, orthanc.url) as seen:
        page = seen.open("#/evidence")
        page.get_by_role("button", name="Verify the chain now").click()
        expect(page.locator("#chain")).to_contain_text("is not as it was written")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_in_a_month_and_a_certificate(
    browser: Browser, orthanc: OrthancProcess, dark: bool, size: dict[str, int]
) -> None:
    code = a_job(orthanc)["EvidenceCode"]
    with visit(browser, orthanc.url, dark=dark, size=size) as seen:
        for place, there in ((f"#/evidence?month={MONTH}", "#deleted"), (f"#/evidence/{code}", "#deletions")):
            page = seen.open(place)
            expect(page.locator(there)).to_be_visible()
            assert seen.axe_findings() == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_the_month_is_read_in_german(browser: Browser, orthanc: OrthancProcess) -> None:
    a_job(orthanc)
    with visit(browser, orthanc.url, language="de-DE") as german:
        page = german.open(f"#/evidence?month={MONTH}")
        expect(page.get_by_role("heading", name=f"Monat {MONTH}")).to_be_visible()
        expect(page.get_by_role("heading", name="Sekunden für jeden Teil des Weges")).to_be_visible()
