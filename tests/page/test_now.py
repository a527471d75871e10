"""What happens now, as a person sees it: live, quiet while nobody looks, and honest about what cannot be seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.page import NARROW, Visit, visit
from tests.builders.phantom import Phantom, files_of, phantom_series

MARA = Patient(name="Muster^Mara", identifier="MARA-1")
DOCTOR, GUEST = ("doctor", "of the test"), ("guest", "of the test")
LOOK_AWAY = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
# A user who may use the gateway, and sees nothing of what Orthanc stores.
NO_STORED_THING = """
function IncomingHttpRequestFilter(method, uri, ip, username, httpHeaders)
  return username ~= 'guest' or string.find(uri, '^/autocontour') ~= nil
end
"""


def store(orthanc: OrthancProcess, patient: Patient = MARA) -> str:
    return orthanc.store_all(files_of(phantom_series(patient=patient)))


def in_list(page: Page, heading: str, text: str) -> Locator:
    return page.get_by_role("region", name=heading).get_by_role("row").filter(has_text=text)


@pytest.fixture
def unhurried(start_orthanc: Callable[..., OrthancProcess]) -> OrthancProcess:
    """An Orthanc whose series arrive long enough to be seen."""
    return start_orthanc(section={"QuietSeconds": 4})


def store_long(orthanc: OrthancProcess) -> str:
    """Store a series that is drawn long enough to be seen."""
    return orthanc.store_all(files_of(phantom_series(Phantom(slices=100, size=256, pixel_mm=1.5), patient=MARA)))


def test_a_series_is_watched_from_its_arrival_to_its_contours_without_loading_again(
    browser: Browser, unhurried: OrthancProcess
) -> None:
    with visit(browser, unhurried.url) as visitor:
        watch_one(visitor, unhurried)


def watch_one(visitor: Visit, orthanc: OrthancProcess) -> None:
    page = visitor.open()
    expect(page.locator("#health")).to_contain_text("shown as it happens")
    page.evaluate("window.opened = 'once'")
    series = store_long(orthanc)
    expect(page.locator(f"[data-series='{series}']")).to_contain_text("100")
    expect(page.locator(f"[data-series='{series}']")).to_contain_text("without a new one are waited for")
    expect(in_list(page, "Running", "Muster, Mara").get_by_role("progressbar")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("1 running")
    expect(in_list(page, "Last results", "Muster, Mara · MARA-1").first).to_contain_text("done")
    assert page.evaluate("window.opened") == "once"
    assert visitor.errors == []


def test_missing_slices_are_said_and_waited_for(browser: Browser, start_orthanc: Callable[..., OrthancProcess]) -> None:
    orthanc = start_orthanc(section={"IncompleteSeconds": 600})
    files = files_of(phantom_series())
    series = orthanc.store_all([*files[:4], *files[7:]])
    with visit(browser, orthanc.url) as seen:
        expect(seen.open().locator(f"[data-series='{series}']")).to_contain_text("Slices are missing")


def test_names_stand_in_no_address_no_title_and_no_storage(visitor: Visit, orthanc: OrthancProcess) -> None:
    orthanc.job_of(store(orthanc))
    page = visitor.open()
    in_list(page, "Last results", "Muster, Mara").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Job")
    assert "uster" not in page.title() + "".join(visitor.asked) + page.url
    assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])") == '[{},{},""]'


def test_a_script_in_a_name_is_text(visitor: Visit, orthanc: OrthancProcess) -> None:
    name = "<script>document.title</script>"
    orthanc.job_of(store(orthanc, Patient(name=name, identifier="<b>1</b>")))
    page = visitor.open()
    expect(in_list(page, "Last results", name)).to_contain_text("<b>1</b>")
    assert page.title() == "AutoContour"
    assert page.locator("main script").count() == 0


def test_a_tab_that_nobody_looks_at_asks_nothing(visitor: Visit, orthanc: OrthancProcess) -> None:
    page = visitor.open()
    expect(page.locator("#health")).to_contain_text("shown as it happens")
    page.evaluate(LOOK_AWAY, True)
    expect(page.locator("#health")).to_contain_text("waiting for you to look")
    before = len(visitor.asked)
    job = orthanc.job_of(store(orthanc))
    assert visitor.asked[before:] == [], "a whole job went by"
    page.evaluate(LOOK_AWAY, False)
    expect(page.locator(f"[data-job='{job['ID']}']")).to_be_visible()


def test_where_events_do_not_come_through_it_asks(visitor: Visit, orthanc: OrthancProcess) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=502, body="a proxy")

    visitor.page.route("**/autocontour/events*", refuse)
    page = visitor.open()
    expect(page.locator("#health")).to_contain_text("asked every 5 seconds")
    with page.expect_response(lambda one: one.url.endswith("/now") and one.status == 304):
        pass  # nothing had changed, and that cost no body
    job = orthanc.job_of(store(orthanc))
    expect(page.locator(f"[data-job='{job['ID']}']")).to_be_visible()


def test_a_tab_at_rest_moves_little(visitor: Visit, orthanc: OrthancProcess) -> None:
    page = visitor.open()
    network = visitor.context.new_cdp_session(page)
    network.send("Network.enable")
    received: list[tuple[float, int]] = []
    network.on("Network.loadingFinished", lambda one: received.append((one["timestamp"], one["encodedDataLength"])))

    def held() -> bool:
        page.wait_for_timeout(500)  # lets Playwright hear of events
        return len(received) >= 2 and received[-1][0] - received[-2][0] > 20

    until(held, "a request is held to its end", seconds=300)
    assert received[-1][1] / (received[-1][0] - received[-2][0]) < 2000


def test_a_target_is_paused_and_resumed_and_the_focus_stays(visitor: Visit, orthanc: OrthancProcess) -> None:
    page = visitor.open()
    row = page.locator("[data-target='local']")
    row.get_by_role("button", name="Pause local").press("Enter")
    expect(row).to_contain_text("paused")
    expect(row.get_by_role("button", name="Resume local")).to_be_focused()
    store(orthanc)
    expect(in_list(page, "Waiting", "Muster, Mara")).to_contain_text("The target local is paused")
    row.get_by_role("button", name="Resume local").press("Enter")
    expect(row).to_contain_text("takes jobs")
    expect(in_list(page, "Last results", "Muster, Mara").first).to_contain_text("done")


def test_who_may_not_see_a_patient_sees_everything_else(
    browser: Browser, start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    script = tmp_path / "filter.lua"
    script.write_text(NO_STORED_THING)
    options = {"LuaScripts": [str(script)], "AuthenticationEnabled": True}
    users = {"RegisteredUsers": dict([DOCTOR, GUEST])}
    orthanc = start_orthanc(options=options | users, wait_for_gateway=False)
    until(lambda: orthanc.get("/autocontour/health", auth=DOCTOR).status_code == 200, "the gateway is up")
    for file in files_of(phantom_series(patient=MARA)):
        assert orthanc.post("/instances", data=file, auth=DOCTOR).status_code == 200
    for user, shown in ((DOCTOR, "Muster, Mara"), (GUEST, "not visible for you")):
        with visit(browser, orthanc.url, login=user) as seen:
            row = seen.open().locator("[data-job]").filter(has_text="done").first
            expect(row).to_contain_text(shown)
            expect(row.get_by_role("link")).to_have_attribute("href", re.compile("#/jobs/"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_while_series_arrive_and_jobs_run(
    browser: Browser, unhurried: OrthancProcess, dark: bool
) -> None:
    with visit(browser, unhurried.url, dark=dark, size=NARROW, language="de-DE") as seen:
        page = seen.open()
        expect(page.locator("#health")).to_contain_text("arbeitet")
        series = store_long(unhurried)
        expect(page.locator(f"[data-series='{series}']")).to_be_visible()
        assert seen.axe_findings() == []
        expect(page.get_by_role("progressbar").first).to_be_visible()
        assert seen.axe_findings() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
