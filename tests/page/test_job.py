"""A job on the page: its way, what it found, and what can be done about it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from playwright.sync_api import Browser, Page, expect

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]
HOSTILE = '<img src=x onerror="window.ran=1">'
ASKED = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith(`/autocontour/jobs/${id}`))"
HIDING = """
function IncomingHttpRequestFilter(method, uri, ip, username, headers)
    return username ~= "guest" or not (uri:find("^/series") or uri:find("^/studies") or uri:find("^/tools"))
end
"""


def first_job(orthanc: OrthancProcess, series: str) -> dict[str, Any]:
    """The newest job of a series, in whatever state."""
    found = until(lambda: orthanc.jobs(Series=series), f"the series has a job; log:\n{orthanc.tail()}")
    return dict(found[0])


def step(page: Page, name: str) -> Any:
    steps = page.get_by_role("list", name="Its way").get_by_role("listitem")
    return steps.filter(has=page.get_by_text(name, exact=True))


@pytest.fixture
def paused(orthanc: OrthancProcess) -> Any:
    """The shared Orthanc, whose local target waits for a word."""
    assert orthanc.post("/autocontour/targets/local/pause").status_code == 200
    yield orthanc
    orthanc.post("/autocontour/targets/local/resume")


def test_a_job_is_cancelled_run_again_and_watched_to_its_contours(paused: OrthancProcess, visitor: Visit) -> None:
    job = first_job(paused, paused.store_all(files_of(phantom_series())))
    page = visitor.open(f"#/jobs/{job['ID']}")
    standing = page.locator("#standing")
    expect(standing).to_contain_text("waiting")
    expect(step(page, "Erased")).to_contain_text("to come")
    page.get_by_role("button", name="Cancel this job").click()
    expect(standing).to_contain_text("cancelled")
    expect(step(page, "Pseudonymised")).to_contain_text("ended here")
    expect(page.get_by_role("button", name="Cancel this job")).to_have_count(0)
    page.get_by_role("button", name="Run it again").click()
    expect(standing).to_contain_text("waiting")
    assert paused.post("/autocontour/targets/local/resume").status_code == 200
    expect(standing).to_contain_text("done")
    expect(page.get_by_role("rowheader", name="Lung_L")).to_be_visible()
    for done in (
        "Stored",
        "Decided",
        "Pseudonymised",
        "Checked",
        "Contoured",
        "Patient restored",
        "Delivered",
        "Erased",
    ):
        expect(step(page, done)).to_contain_text("done")
    expect(step(page, "Sent")).to_contain_text("does not apply")
    expect(page.get_by_role("button", name="Run it again")).to_have_count(0)
    preview = page.get_by_alt_text("Contours over three planes")
    expect(preview).to_be_visible()
    assert preview.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    assert visitor.errors == []


def test_the_sentence_of_a_refused_retry_is_shown(paused: OrthancProcess, visitor: Visit) -> None:
    series = paused.store_all(files_of(phantom_series()))
    job = first_job(paused, series)
    assert paused.post(f"/autocontour/jobs/{job['ID']}/cancel").status_code == 200
    page = visitor.open(f"#/jobs/{job['ID']}")
    again = page.get_by_role("button", name="Run it again")
    expect(again).to_be_enabled()
    assert paused.delete(f"/series/{series}").status_code == 200
    again.click()
    refused = page.get_by_role("alert").filter(has_text="SERIES_GONE")
    expect(refused).to_contain_text("no longer in Orthanc")
    expect(page.locator("#standing")).to_contain_text("cancelled")
    expect(again, "whoever asked can ask again").to_be_focused()


def test_a_job_that_nothing_can_help_offers_nothing(orthanc: OrthancProcess, visitor: Visit) -> None:
    slices = phantom_series()
    slices[4].ImagePositionPatient = slices[3].ImagePositionPatient
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "failed"
    page = visitor.open(f"#/jobs/{job['ID']}")
    expect(page.get_by_text("[SLICES_COINCIDE]")).to_be_visible()
    expect(page.get_by_text("When the series comes whole or corrected, a new job begins by itself.")).to_be_visible()
    expect(page.get_by_text(job["Error"]["WayOut"])).to_be_visible()
    expect(step(page, "Erased")).to_contain_text("Nothing was made that would have to be deleted.")
    expect(page.get_by_role("button", name="Run it again")).to_have_count(0)


def test_a_rejected_job_names_the_rules_that_were_broken(orthanc: OrthancProcess, visitor: Visit) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(BurnedInAnnotation="YES"))))
    assert job["State"] == "rejected"
    page = visitor.open(f"#/jobs/{job['ID']}")
    for rule, count in job["Findings"].items():
        expect(page.get_by_role("listitem").filter(has_text=rule)).to_contain_text(str(count))
    expect(step(page, "Contoured")).to_contain_text("does not apply")


def test_names_and_descriptions_are_text_whatever_they_hold(orthanc: OrthancProcess, visitor: Visit) -> None:
    patient = Patient(name="<script>window.ran=1</script>^Eve", identifier="HOSTILE-1")
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=patient, description=HOSTILE))))
    page = visitor.open(f"#/jobs/{job['ID']}")
    whose = page.get_by_role("region", name="Patient, study and series")
    expect(whose).to_contain_text("<script>")
    expect(whose).to_contain_text("Eve (HOSTILE-1)")
    expect(whose).to_contain_text(HOSTILE)
    assert page.evaluate("window.ran") is None
    assert "Eve" not in page.url + page.title() + page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert not [asked for asked in visitor.asked if "Eve" in asked or "HOSTILE" in asked]
    assert visitor.errors == []


def test_a_user_whom_orthanc_shows_no_series_sees_the_rest(
    start_orthanc: Start, browser: Browser, tmp_path: Path
) -> None:
    script = tmp_path / "hiding.lua"
    script.write_text(HIDING)
    users = {"doctor": "of-the-test", "guest": "of-the-test"}
    orthanc = start_orthanc(
        options={"AuthenticationEnabled": True, "RegisteredUsers": users, "LuaScripts": [str(script)]},
        wait_for_gateway=False,
    )
    doctor = ("doctor", users["doctor"])

    def asked(path: str) -> Any:
        return orthanc.get(path, auth=doctor)

    until(lambda: asked("/autocontour/health").status_code == 200, "the gateway is up", every=0.2)
    patient = Patient(name="Hidden^Name", identifier="HIDDEN-1")
    for file in files_of(phantom_series(patient=patient)):
        assert orthanc.post("/instances", data=file, auth=doctor).status_code == 200
    job = until(lambda: asked("/autocontour/jobs?State=done").json(), "the job is done", every=0.2)[0]
    with visit(browser, orthanc.url, login=("guest", users["guest"])) as guest:
        page = guest.open(f"#/jobs/{job['ID']}")
        expect(page.get_by_text("not visible for you")).to_be_visible()
        expect(page.get_by_role("rowheader", name="Lung_L")).to_be_visible()
        expect(step(page, "Delivered")).to_contain_text("done")
        assert "Hidden" not in page.content()
    with visit(browser, orthanc.url, login=doctor) as seen:
        page = seen.open(f"#/jobs/{job['ID']}")
        expect(page.get_by_text("Hidden, Name (HIDDEN-1)")).to_be_visible()


def test_a_job_that_has_ended_is_asked_for_seldom(orthanc: OrthancProcess, visitor: Visit) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    page = visitor.open(f"#/jobs/{job['ID']}")
    expect(step(page, "Erased")).to_contain_text("done")
    # At once, once more when it is known to have ended, and then after a while.
    page.wait_for_function(f"(id) => {ASKED}.length >= 3", arg=job["ID"])
    times = page.evaluate(f"(id) => {ASKED}.map((one) => one.startTime)", job["ID"])
    assert times[2] - times[1] > 15_000, "not every second"


def test_result_and_proofs_are_fetched_from_the_job(orthanc: OrthancProcess, visitor: Visit) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    page = visitor.open(f"#/jobs/{job['ID']}")
    with page.expect_download() as got:
        page.get_by_role("link", name="RTSTRUCT (DICOM)").click()
    file = pydicom.dcmread(io.BytesIO(Path(got.value.path()).read_bytes()))
    assert file.Modality == "RTSTRUCT"
    assert [roi.ROIName for roi in file.StructureSetROISequence] == [roi["Name"] for roi in job["Rois"]]
    with page.expect_download() as got:
        page.get_by_role("link", name="Certificate (JSON)").click()
    assert job["EvidenceCode"] in Path(got.value.path()).read_text(encoding="utf-8").replace("-", "")
    for name in ("Certificate (PDF)", "Report of the month (PDF)"):
        address = page.get_by_role("link", name=name).get_attribute("href") or ""
        assert orthanc.get(address.removeprefix(orthanc.url)).content.startswith(b"%PDF")
    explorer = page.get_by_role("link", name="Study in Orthanc Explorer").get_attribute("href") or ""
    assert explorer == f"{orthanc.url}/app/explorer.html#study?uuid={job['Study']}"


def test_the_rules_of_today_are_asked_with_values_and_those_of_then_without(
    orthanc: OrthancProcess, visitor: Visit
) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    page = visitor.open(f"#/jobs/{job['ID']}")
    expect(page.get_by_role("row", name="Modality CT (a value) yes")).to_be_visible()
    page.get_by_role("button", name="Ask the rules of today").click()
    today = page.get_by_role("region", name="What the rules of today say")
    expect(today.get_by_role("row", name="Modality CT CT yes")).to_be_visible()
    expect(today).to_contain_text("12 slices")


def test_an_excluded_series_has_the_steps_that_do_not_apply(start_orthanc: Start, browser: Browser) -> None:
    rules = [{"Name": "no heads", "When": {"BodyPartExamined": "HEAD"}, "Then": {"Exclude": "by hand"}}, AXIAL_CT]
    orthanc = start_orthanc(section={"Rules": rules})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(BodyPartExamined="HEAD"))))
    with visit(browser, orthanc.url, language="de-DE") as seen:
        page = seen.open(f"#/jobs/{job['ID']}")
        way = page.get_by_role("list", name="Sein Weg").get_by_role("listitem")
        expect(way.filter(has_text="Entschieden")).to_contain_text("durch die Regel no heads")
        expect(way.filter(has_text=re.compile("Die Serie .* ausgenommen"))).to_have_count(7)
        expect(page.get_by_text("trifft zu no heads und entscheidet")).to_be_visible()
        expect(page.get_by_text("aber eine frühere entscheidet")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_in_a_job(
    browser: Browser, orthanc: OrthancProcess, dark: bool, size: dict[str, int]
) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    with visit(browser, orthanc.url, dark=dark, size=size) as seen:
        page = seen.open(f"#/jobs/{job['ID']}")
        expect(step(page, "Erased")).to_contain_text("done")
        page.get_by_role("button", name="Ask the rules of today").click()
        expect(page.get_by_role("region", name="What the rules of today say")).to_be_visible()
        assert seen.axe_findings() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


NAMES_IN_THEIR_STEPS = """
[...document.querySelectorAll(".way > li")].filter((step) => {
  const [name, box] = [step.querySelector("strong").getBoundingClientRect(), step.getBoundingClientRect()];
  return name.left < box.left || name.right > box.right || name.bottom > box.bottom;
}).map((step) => step.innerText)
"""


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_the_name_of_a_step_stays_in_its_column_at_any_width(
    browser: Browser, orthanc: OrthancProcess, language: str
) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    with visit(browser, orthanc.url, language=language) as seen:
        page = seen.open(f"#/jobs/{job['ID']}")
        expect(page.locator(".way > li")).to_have_count(9)
        for width in (1600, 1280, 1200, 1024, 800, 799, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(NAMES_IN_THEIR_STEPS) == [], f"at {width} pixels"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"at {width} pixels"
