"""Every view behind nginx, below a path of the proxy's own, with a password: nothing is asked for beside that path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.builders import browser as site
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.page import visit
from tests.builders.phantom import files_of, phantom_series

LOGIN = ("admin", "secret-of-the-test")


def test_each_view_works_below_a_proxy_s_path(
    start_orthanc: Callable[..., OrthancProcess], browser: Browser, tmp_path: Path
) -> None:
    options = {"AuthenticationEnabled": True, "RegisteredUsers": dict([LOGIN])}
    orthanc = start_orthanc(options=options, wait_for_gateway=False)
    until(lambda: orthanc.get("/autocontour/health", auth=LOGIN).status_code == 200, "the gateway is up", 120)
    for file in files_of(phantom_series()):
        orthanc.post("/instances", data=file, auth=LOGIN)
    until(
        lambda: [job["State"] for job in orthanc.get("/autocontour/jobs", auth=LOGIN).json()] == ["done"], "done", 180
    )
    (job,) = orthanc.get("/autocontour/jobs", auth=LOGIN).json()
    views = {
        "#/": "Now",
        "#/find": "Find",
        f"#/jobs/{job['ID']}": "Job of",
        f"#/jobs/{job['ID']}/contours": "Contours",
        f"#/series/{job['Series']}/leaves": "What",
        "#/rules": "Try a rule",
        f"#/evidence/{job['EvidenceCode']}": "Certificate",
        "#/rights": "Patients' rights",
    }
    with (
        site.nginx(tmp_path / "nginx", orthanc.url, "/apps/pacs/") as address,
        visit(browser, address, login=LOGIN) as visitor,
    ):
        for place, heading in views.items():
            page = visitor.open(place)
            expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        page = visitor.open(f"#/jobs/{job['ID']}/contours")
        expect(page.get_by_text("slices are loaded")).to_be_visible()
        assert [asked for asked in visitor.asked if not asked.startswith((address + "/", "blob:"))] == []
        assert visitor.errors == []
