"""What leaves of a series, on the page: before and after side by side, or why it would not leave."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import files_of, phantom_series

PATIENT = Patient(name="<b>Leaving</b>^Test", identifier="LEAVES-1")


def test_before_and_after_stand_side_by_side(orthanc: OrthancProcess, visitor: Visit) -> None:
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    job = orthanc.job_of(series)
    page = visitor.open(f"#/series/{series}/leaves")
    name = page.locator("tr[data-tag='0010,0010']")
    expect(name).to_contain_text("PatientName")
    expect(name.get_by_role("cell").nth(1)).to_have_text("<b>Leaving</b>^Test")
    expect(name.get_by_role("cell").nth(2)).not_to_contain_text("Leaving")
    folded = page.locator("tr[data-tag='0008,0018']")
    expect(folded).to_contain_text("12 values in 12 slices")
    folded.locator("summary").first.click()
    expect(folded.get_by_role("listitem").first).to_be_visible()
    expect(page.get_by_role("link", name="Job of every axial CT, model hu-ct")).to_have_attribute(
        "href", f"#/jobs/{job['ID']}"
    )
    assert visitor.errors == []


def test_attributes_are_filtered_by_text_and_by_what_is_done(orthanc: OrthancProcess, visitor: Visit) -> None:
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    page = visitor.open(f"#/series/{series}/leaves")
    rows = page.locator(".attributes tbody tr")
    expect(rows.first).to_be_visible()
    page.get_by_label("Filter").fill("leaves-1")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("PatientID")
    page.get_by_label("Filter").fill("")
    page.get_by_label("What is done").select_option("kept")
    expect(rows.filter(has_text="Rows")).to_be_visible()
    expect(rows.filter(has_text="PatientName")).to_have_count(0)
    assert "leaves-1" not in "".join(visitor.asked).lower(), "what is filtered for is in no address"


def test_the_very_files_are_fetched_as_zip(orthanc: OrthancProcess, visitor: Visit) -> None:
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    page = visitor.open(f"#/series/{series}/leaves")
    with page.expect_download() as got:
        page.get_by_role("link", name="The very files (ZIP)").click()
    with zipfile.ZipFile(Path(got.value.path())) as archive:
        assert len(archive.namelist()) == 13, "twelve slices and their manifest"
        assert not [name for name in archive.namelist() if b"Leaving" in archive.read(name)]


def test_a_series_that_would_be_refused_is_marked_with_the_rules(orthanc: OrthancProcess, visitor: Visit) -> None:
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT, BurnedInAnnotation="YES")))
    refused = orthanc.get(f"/autocontour/series/{series}/outgoing")
    assert refused.status_code == 422
    page = visitor.open(f"#/series/{series}/leaves")
    for rule, count in refused.json()["Findings"].items():
        expect(page.locator("#findings").get_by_role("row", name=f"{rule} {count}")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text=refused.json()["Error"])).to_be_visible()
    expect(page.get_by_role("link", name="The very files (ZIP)")).to_have_count(0)


def test_the_outcome_of_a_series_that_no_rule_takes_is_told(orthanc: OrthancProcess, visitor: Visit) -> None:
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT, Modality="US")))
    page = visitor.open(f"#/series/{series}/leaves")
    expect(page.get_by_text("no CT or MR", exact=True)).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_in_what_leaves(
    browser: Browser, orthanc: OrthancProcess, dark: bool, size: dict[str, int]
) -> None:
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    orthanc.job_of(series)
    with visit(browser, orthanc.url, dark=dark, size=size, language="de-DE") as seen:
        page = seen.open(f"#/series/{series}/leaves")
        expect(page.get_by_role("columnheader", name="Wie es hinausginge")).to_be_visible()
        assert seen.axe_findings() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
