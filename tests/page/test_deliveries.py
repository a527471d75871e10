"""Where a result goes, on the page of its job: what is proved, what was refused, and sending it again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from tests.builders.delivering import configured, contoured, dicom, ended
from tests.builders.dicom_node import DicomNode
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import visit


def test_what_a_node_refused_is_sent_again_and_proved(
    start_orthanc: Callable[..., OrthancProcess], browser: Browser
) -> None:
    node = DicomNode(status=0xC000).start()
    try:
        section, options = configured({"tps": dicom("tps")}, {"tps": node})
        orthanc = start_orthanc(section=section, options=options)
        job = contoured(orthanc, "tps")
        assert ended(orthanc, job)["State"] == "refused"
        with visit(browser, orthanc.url) as visitor:
            page = visitor.open(f"#/jobs/{job['ID']}")
            row = page.locator("[data-destination='tps']")
            expect(row).to_contain_text("refused")
            expect(row).to_contain_text("0xC000")
            assert visitor.axe_findings() == []
            node.status = 0x0000
            row.get_by_role("button", name="Send to tps again").click()
            expect(row).to_contain_text("delivered")
            expect(row).to_contain_text("query (C-FIND)")
            expect(row.get_by_role("button")).to_have_count(0)
        assert len(node.kept) == 1
    finally:
        node.stop()
