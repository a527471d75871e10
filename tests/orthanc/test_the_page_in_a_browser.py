"""Debian's Chromium opens the page through a real Orthanc and through nginx, and one elsewhere gets nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from model.samples.dicom_series import Patient
from tests.builders import browser as site
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

pytestmark = pytest.mark.skipif(bool(site.missing()), reason=f"needs {', '.join(site.missing())}: ./setup.sh test")

USER, PASSWORD = "admin", "secret-of-the-test"
REACHED = "(document.getElementById('health') ?? {}).textContent?.includes('working')"
PATIENT = Patient(name="Page^Test", identifier="PAGE-1")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with site.chromium(tmp_path / "profile") as opened:
        yield opened


def with_login(address: str) -> str:
    return address.replace("http://", f"http://{USER}:{PASSWORD}@")


def shows(browser: Chrome, script: str, what: str) -> Any:
    return until(lambda: browser.execute_script(f"return {script}"), what, 120, 0.2)


@pytest.mark.parametrize(
    "behind", ["Orthanc alone", "a proxy that changes the Host", "a proxy that passes the Host on"]
)
def test_the_page_works_with_a_password_and_under_a_proxy_s_path(
    start_orthanc: Callable[..., OrthancProcess], browser: Chrome, tmp_path: Path, behind: str
) -> None:
    options = {"AuthenticationEnabled": True, "RegisteredUsers": {USER: PASSWORD}}
    orthanc = start_orthanc(options=options, wait_for_gateway=False)
    login = (USER, PASSWORD)
    until(lambda: orthanc.get("/autocontour/health", auth=login).status_code == 200, "the gateway is up", 180)
    slices = files_of(phantom_series(patient=PATIENT))
    for file in slices:
        orthanc.post("/instances", data=file, auth=login)

    def job() -> dict[str, Any]:
        (only,) = orthanc.get("/autocontour/jobs", auth=login).json() or [{"State": "none"}]
        return dict(only)

    until(lambda: job()["State"] == "done", "the job is done", 120)
    if behind == "Orthanc alone":
        use(browser, orthanc.url)
    else:
        with site.nginx(tmp_path / "nginx", orthanc.url, "/apps/pacs/", pass_host="passes" in behind) as address:
            use(browser, address)
    assert orthanc.get("/autocontour/targets", auth=login).json()[0]["Paused"] is True, "the page's origin may change"


def use(browser: Chrome, address: str) -> None:
    """Open the page, look at the picture of its job, and let the page's own origin change something."""
    browser.get(with_login(address) + "/autocontour/app/")
    shows(browser, REACHED, "it reached the gateway")
    row = until(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-job]"), "the job is shown", 120)[0]
    assert "done" in row.text
    row.find_element(By.TAG_NAME, "a").click()
    shows(browser, "(document.querySelector('img.preview') ?? {}).naturalWidth > 100", "the picture is shown")
    status = browser.execute_async_script(
        "const [done] = arguments;"
        "const base = location.origin + location.pathname.replace(/app\\/?$/, '');"
        "fetch(base + 'targets/local/pause', { method: 'POST' }).then((answer) => done(answer.status), done);"
    )
    assert status == 200


ATTACK = """<!doctype html><title>elsewhere</title><body><script>
const BODY = '{"PatientID": "PAGE-1", "Model": "hu-ct"}';
const PARTS = ["--x", 'Content-Disposition: form-data; name="a"', "Host: localhost", "", BODY, "--x--"].join("\\r\\n");
function form(address, kind) {
  const frame = document.createElement("iframe");
  frame.name = "f" + Math.random();
  document.body.appendChild(frame);
  const form = document.body.appendChild(document.createElement("form"));
  Object.assign(form, { method: "POST", action: address, enctype: kind, target: frame.name });
  const field = form.appendChild(document.createElement("input"));
  field.name = BODY.slice(0, -1) + ', "x": "'; field.value = '"}';
  form.submit();  // the frame is refused, so that it says nothing of its end
}
async function attack(base, paths) {
  let sent = 0;
  for (const path of paths) {
    for (const kind of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      form(base + path, kind); sent += 1;
    }
    for (const kind of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const body = kind.startsWith("multipart") ? PARTS : BODY;
      const how = { method: "POST", mode: "no-cors", credentials: "include", body };
      await fetch(base + path, { ...how, headers: { "Content-Type": kind } }).catch(() => null); sent += 1;
    }
    for (const method of ["POST", "PUT", "DELETE"]) {
      const how = { method, credentials: "include", body: BODY, headers: { "Content-Type": "application/json" } };
      await fetch(base + path, how)
        .then(() => { throw new Error("answered"); }, () => {});
    }
    navigator.sendBeacon(base + path, BODY);
  }
  return sent;
}
</script>"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])  # the same site on another port, and another site
def test_a_page_elsewhere_gets_nowhere(orthanc: OrthancProcess, browser: Chrome, name: str) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=PATIENT))))
    failed = orthanc.job_of(orthanc.store_all((files := files_of(phantom_series()))[:4] + files[6:]))
    assert (job["State"], failed["State"]) == ("done", "failed")
    before = orthanc.jobs()
    paths = [
        f"/autocontour/series/{job['Series']}/jobs",
        f"/autocontour/jobs/{failed['ID']}/retry",
        "/autocontour/targets/local/pause",
        "/autocontour/subjects/erase",
        "/autocontour/subjects/objection",
        "/autocontour/subjects/PAGE-1/erase",
    ]

    def attacked(path: str) -> bool:
        return arrived(orthanc, path) >= 6

    with site.site_elsewhere(ATTACK) as page:
        browser.get(page.replace("127.0.0.1", name))
        sent = browser.execute_async_script(
            "const [base, paths, done] = arguments; attack(base, paths).then(done, (error) => done(String(error)));",
            orthanc.url,
            paths,
        )
        assert sent == 6 * len(paths), "all were sent, and none that a page may read was answered"
        for path in paths:
            until(partial(attacked, path), f"what was sent to {path} did arrive at Orthanc", 180)
    assert orthanc.jobs() == before
    assert orthanc.json("/autocontour/targets")[0]["Paused"] is False
    said = orthanc.post("/autocontour/subjects/find", json={"PatientID": "PAGE-1"}).json()
    assert said["Objection"] is False
    assert job["EvidenceCode"] in str(said).replace("-", "")


def arrived(orthanc: OrthancProcess, path: str) -> int:
    """How many POST requests to this address Orthanc's own log tells of, since the log began."""
    return len(re.findall(rf"POST {re.escape(path)}\s", orthanc.log.read_text(errors="replace")))


def test_a_page_elsewhere_cannot_show_ours_in_a_frame(orthanc: OrthancProcess, browser: Chrome) -> None:
    frames = {"ours": f"{orthanc.url}/autocontour/app/", "Orthanc's": f"{orthanc.url}/app/explorer.html"}
    shown = {}
    for whose, address in frames.items():
        with site.site_elsewhere(f"<!doctype html><iframe src={json.dumps(address)}></iframe>") as page:
            browser.get(page)
            browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
            until(
                lambda: browser.execute_script("return document.readyState") == "complete", "the frame is loaded", 180
            )
            shown[whose] = browser.execute_script("return location.protocol")
            browser.switch_to.default_content()
    assert shown == {"ours": "chrome-error:", "Orthanc's": "http:"}


def test_a_name_that_was_rebound_to_this_machine_is_not_answered(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    orthanc = start_orthanc(section={"AllowedHosts": ["pacs.example"]})
    rules = "MAP attacker.example 127.0.0.1, MAP pacs.example 127.0.0.1"
    with site.chromium(tmp_path / "profile", f"--host-resolver-rules={rules}") as browser:
        browser.get(orthanc.url.replace("127.0.0.1", "attacker.example") + "/autocontour/app/")
        assert "FOREIGN_HOST" in browser.page_source
        browser.get(orthanc.url.replace("127.0.0.1", "pacs.example") + "/autocontour/app/")
        shows(browser, REACHED, "the named host works")
