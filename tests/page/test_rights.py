"""Patients' rights on the page: found, exported, objected, erased, each only after it was said what will happen."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from model.samples.dicom_series import Patient
from tests.builders.delivering import configured, contoured, dicom, ended
from tests.builders.dicom_node import DicomNode
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]
SOMEBODY = Patient(name="Rights^Test", identifier="RIGHTS / 1\\<b>")


@pytest.fixture
def processed(start_orthanc: Start) -> OrthancProcess:
    """An Orthanc of one's own with one job of this patient."""
    orthanc = start_orthanc()
    assert orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=SOMEBODY))))["State"] == "done"
    return orthanc


def found(page: Page, patient: str) -> None:
    page.get_by_label("PatientID").fill(patient)
    page.get_by_role("button", name="Find").click()


def test_what_was_done_is_found_and_taken_along_and_the_id_is_kept_nowhere(
    processed: OrthancProcess, browser: Browser
) -> None:
    with visit(browser, processed.url) as seen:
        page = seen.open("#/rights")
        found(page, SOMEBODY.identifier)
        expect(page.get_by_role("heading", name="1 series and 1 job are on record")).to_be_focused()
        expect(page.get_by_role("table", name="Jobs").get_by_role("row")).to_have_count(2)
        with page.expect_download() as file:
            page.get_by_role("button", name="Data only (JSON)").click()
        assert file.value.suggested_filename == "autocontour-export.json"
        export = json.loads(file.value.path().read_text())
        assert (export["Series"], len(export["Exports"])) == (1, 1)
        assert export["Exports"][0]["Certificate"] is not None
        assert "RIGHTS" not in page.url + page.title() + "".join(seen.asked)
        assert (
            page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])") == '[{},{},""]'
        )
        assert seen.errors == []


def test_the_portable_copy_is_a_zip_with_the_structure_set_in_it(processed: OrthancProcess, browser: Browser) -> None:
    with visit(browser, processed.url) as seen:
        page = seen.open("#/rights")
        found(page, SOMEBODY.identifier)
        with page.expect_download() as file:
            page.get_by_role("button", name="Portable copy (ZIP)").click()
        assert file.value.suggested_filename == "autocontour-export.zip"
        with zipfile.ZipFile(file.value.path()) as archive:
            assert archive.testzip() is None
            names = {name.rpartition("/")[2] for name in archive.namelist()}
        assert names >= {"README.txt", "export.json", "certificate.pdf", "rtstruct.dcm"}
        expect(page.locator("#done")).to_contain_text("1 job, with certificates")
        assert seen.errors == []


def test_a_copy_that_breaks_off_is_said_and_gives_no_file(processed: OrthancProcess, browser: Browser) -> None:
    with visit(browser, processed.url) as seen:
        page = seen.open("#/rights")
        found(page, SOMEBODY.identifier)
        downloads: list[object] = []
        page.on("download", lambda download: downloads.append(download))
        page.route("**/subjects/export", lambda route: route.abort("connectionreset"))
        page.get_by_role("button", name="Portable copy (ZIP)").click()
        expect(page.get_by_role("alert")).to_have_text("Orthanc does not answer.")
        page.unroute("**/subjects/export")
        page.route("**/subjects/export", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
        page.get_by_role("button", name="Portable copy (ZIP)").click()
        expect(page.get_by_role("alert")).to_contain_text("An error came in place of an answer")
        assert downloads == []


def test_objection_and_erasure_say_what_was_delivered_and_what_is_stopped(
    start_orthanc: Start, browser: Browser
) -> None:
    node = DicomNode().start()
    try:
        section, options = configured({"tps": dicom("tps")}, {"tps": node})
        orthanc = start_orthanc(section=section, options=options)
        assert ended(orthanc, contoured(orthanc, "tps", patient=SOMEBODY))["State"] == "delivered"
        with visit(browser, orthanc.url) as seen:
            page = seen.open("#/rights")
            found(page, SOMEBODY.identifier)
            page.get_by_role("button", name="Enter an objection").click()
            page.get_by_role("button", name="Enter the objection").click()
            expect(page.locator("#done")).to_contain_text(
                "Delivered before, and part of the medical record there: tps."
            )
            expect(page.get_by_text("This patient objected on")).to_be_visible()
            page.get_by_role("button", name="Erase what is held").click()
            page.get_by_role("button", name="Erase now").click()
            expect(page.locator("#done")).to_contain_text("Results lie, or may lie, at tps: have them erased there.")
    finally:
        node.stop()


def test_what_is_said_of_corrections_is_in_the_readers_language(browser: Browser, orthanc: OrthancProcess) -> None:
    with visit(browser, orthanc.url, language="de-DE") as german:
        page = german.open("#/rights")
        page.get_by_label("PatientID").fill("UNBEKANNT-1")
        page.get_by_role("button", name="Suchen").click()
        page.get_by_text("Was man verlangen kann").click()
        expect(page.get_by_text("Krankenakte")).to_be_visible()
        assert "POST" not in page.locator("main").inner_text()


def test_an_objection_is_entered_and_taken_back_after_it_was_said_what_happens(
    processed: OrthancProcess, browser: Browser
) -> None:
    with visit(browser, processed.url) as seen:
        page = seen.open("#/rights")
        found(page, SOMEBODY.identifier)
        page.get_by_role("button", name="Enter an objection").click()
        dialog = page.get_by_role("dialog", name="Enter an objection?")
        expect(dialog).to_contain_text("no series of this patient is processed")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("button", name="Enter an objection")).to_be_focused()
        assert (
            processed.post("/autocontour/subjects/find", json={"PatientID": SOMEBODY.identifier}).json()["Objection"]
            is False
        ), "Escape does nothing"
        page.get_by_role("button", name="Enter an objection").click()
        dialog.get_by_role("button", name="Enter the objection").click()
        expect(page.locator("#done")).to_contain_text("The objection is entered")
        expect(page.get_by_text("This patient objected")).to_be_visible()
        series = processed.store_all(files_of(phantom_series(patient=SOMEBODY)))
        assert processed.job_of(series)["State"] == "excluded"
        page.get_by_role("button", name="Take the objection back").click()
        page.get_by_role("dialog").get_by_role("button", name="Take it back").click()
        expect(page.locator("#done")).to_contain_text("is taken back")
        expect(page.get_by_text("There is no objection.")).to_be_visible()


def test_erasing_asks_again_and_repeats_what_will_happen(processed: OrthancProcess, browser: Browser) -> None:
    with visit(browser, processed.url) as seen:
        page = seen.open("#/rights")
        found(page, SOMEBODY.identifier)
        page.get_by_role("button", name="Erase what is held").click()
        dialog = page.get_by_role("dialog", name="Erase what is held?")
        expect(dialog).to_contain_text("of 1 series and 1 job")
        expect(dialog).to_contain_text("This cannot be undone.")
        expect(dialog.get_by_role("button", name="Do nothing")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        assert len(processed.jobs()) == 1, "the first button does nothing"
        page.get_by_role("button", name="Erase what is held").click()
        dialog.get_by_role("button", name="Erase now").click()
        expect(page.locator("#done")).to_contain_text("of 1 series and 1 job")
        expect(page.get_by_role("heading", name="Nothing is on record here")).to_be_visible()
    assert processed.jobs() == []
    assert len(processed.json("/series")) == 2, "images and structure set stay"


def test_what_is_shown_is_never_of_another_patient_than_the_one_in_the_field(
    processed: OrthancProcess, browser: Browser
) -> None:
    with visit(browser, processed.url) as seen:
        page = seen.open("#/rights")
        found(page, SOMEBODY.identifier)
        expect(page.get_by_role("button", name="Erase what is held")).to_be_visible()
        page.get_by_label("PatientID").press_sequentially("2")
        expect(page.get_by_role("button", name="Erase what is held")).to_have_count(0)


VIEWERS = """
function IncomingHttpRequestFilter(method, uri, ip, username, headers)
  return username ~= 'viewer' or string.find(uri, '/autocontour/subjects', 1, true) == nil
end
"""


def test_of_two_users_the_one_who_may_not_is_told_so_and_sees_the_rest(
    start_orthanc: Start, browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "viewers.lua").write_text(VIEWERS)
    users = {"officer": "secret-of-one", "viewer": "secret-of-another"}
    options = {
        "AuthenticationEnabled": True,
        "RegisteredUsers": users,
        "LuaScripts": [str(tmp_path / "viewers.lua")],
    }
    orthanc = start_orthanc(options=options, wait_for_gateway=False)
    login = ("officer", users["officer"])
    until(lambda: orthanc.get("/autocontour/health", auth=login).status_code == 200, "the gateway is up")
    with visit(browser, orthanc.url, login=("viewer", users["viewer"])) as viewer:
        page = viewer.open("#/rights")
        found(page, "NOBODY-1")
        expect(page.get_by_role("alert")).to_contain_text("does not let your user see this")
        page = viewer.open("#/evidence")
        page.get_by_role("button", name="Verify the chain now").click()
        expect(page.locator("#chain")).to_contain_text("The chain is whole")
    with visit(browser, orthanc.url, login=login) as officer:
        page = officer.open("#/rights")
        found(page, "NOBODY-1")
        expect(page.get_by_role("heading", name="Nothing is on record here")).to_be_visible()


def test_a_patient_of_whom_nothing_is_known_is_said_to_be_one(visitor: Visit) -> None:
    page = visitor.open("#/rights")
    found(page, "NOBODY-OF-THIS-NAME")
    expect(page.get_by_role("heading", name="Nothing is on record here")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_in_what_was_found_and_what_is_asked(
    browser: Browser, orthanc: OrthancProcess, dark: bool, size: dict[str, int]
) -> None:
    orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=SOMEBODY))))
    with visit(browser, orthanc.url, dark=dark, size=size) as seen:
        page = seen.open("#/rights")
        found(page, SOMEBODY.identifier)
        expect(page.get_by_role("table", name="Jobs")).to_be_visible()
        assert seen.axe_findings() == []
        page.get_by_role("button", name="Erase what is held").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert seen.axe_findings() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        box = page.get_by_text("A series of 12 CT images was taken in.").first.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= size["width"], "what was done is read without scrolling the table"


def test_rights_are_read_in_german(browser: Browser, orthanc: OrthancProcess) -> None:
    with visit(browser, orthanc.url, language="de-DE") as german:
        page = german.open("#/rights")
        page.get_by_label("PatientID").fill("UNBEKANNT-1")
        page.get_by_role("button", name="Suchen").click()
        expect(page.get_by_role("heading", name="Zu dieser PatientID")).to_be_visible()
