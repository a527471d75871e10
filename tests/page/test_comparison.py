"""What people changed, on the page of its job, and both structure sets over the images: through a real Orthanc."""

from __future__ import annotations

import copy
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import Browser, Page, expect
from pydicom.uid import generate_uid

from tests.builders.edited import FIVE, returned
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import file_of, files_of, phantom_series

HOSTILE = '<img src=x onerror="window.ran=1">'


class Compared:
    """An Orthanc with one contoured series, and two versions of what people made of ours."""

    def __init__(self, orthanc: OrthancProcess) -> None:
        self.orthanc = orthanc
        job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
        self.id, self.rtstruct = str(job["ID"]), str(job["Rtstruct"])
        ours = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{self.rtstruct}/file").content))
        self.names = [str(roi.ROIName) for roi in ours.StructureSetROISequence]
        back = returned(ours, FIVE[0])  # approved
        self.verdicts = back.verdicts
        self.approved = self._store(back.dataset)
        draft = copy.deepcopy(ours)
        draft.SOPInstanceUID = draft.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        draft.SeriesInstanceUID = generate_uid()
        draft.SeriesDescription = HOSTILE
        drawn = draft.ROIContourSequence[0].ContourSequence
        last = max(float(contour.ContourData[2]) for contour in drawn)
        draft.ROIContourSequence[0].ContourSequence = [one for one in drawn if float(one.ContourData[2]) < last]
        draft.StructureSetROISequence[-1].ROIName = HOSTILE
        self.draft = self._store(draft)

    def _store(self, dataset: pydicom.Dataset) -> str:
        instance = str(self.orthanc.store(file_of(dataset))["ID"])

        def compared() -> bool:
            versions = self.orthanc.json(f"/autocontour/quality/{self.id}")["Versions"]
            return any(one["Instance"] == instance and one["State"] == "compared" for one in versions)

        until(compared, "the version is compared")
        return instance


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    # Of its own: the shared one is emptied after each test.
    server = OrthancProcess(tmp_path_factory.mktemp("edited")).start()
    yield Compared(server)
    server.stop()


@pytest.fixture
def reader(browser: Browser, compared: Compared) -> Iterator[Visit]:
    with visit(browser, compared.orthanc.url) as opened:
        yield opened


def rows(page: Page, verdict: str) -> list[str]:
    """The structures with a verdict, in the order of the table."""
    return page.locator(f"#compared tr[data-verdict='{verdict}'] th").all_inner_texts()


def look(page: Page, name: str) -> None:
    """Keep a picture, where a person asked for them."""
    folder = os.environ.get("AUTOCONTOUR_LOOK")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_each_structure_has_its_verdict_and_numbers_the_most_changed_first(compared: Compared, reader: Visit) -> None:
    page = reader.open(f"#/jobs/{compared.id}")
    expect(page.locator("#comparison")).to_contain_text("approved, reviewed")
    expect(page.locator("#comparison")).to_contain_text("drawn on the same images")
    expect(page.locator("#compared")).to_be_visible()
    for verdict in ("edited", "deleted", "untouched"):
        assert sorted(rows(page, verdict)) == sorted(name for name, its in compared.verdicts.items() if its == verdict)
    order = page.locator("#compared tr[data-verdict]").evaluate_all("(all) => all.map((row) => row.dataset.verdict)")
    assert order == sorted(order, key=["edited", "not comparable", "deleted", "added", "untouched"].index)
    said = compared.orthanc.json(f"/autocontour/quality/{compared.id}")["Rois"]
    edited = next(roi for roi in said if roi["Verdict"] == "edited")
    cells = page.locator("#compared tr[data-verdict='edited'] td").all_inner_texts()
    assert cells[1] == f"{edited['Volume']:,.1f} → {edited['OtherVolume']:,.1f}"
    assert cells[2] == f"{edited['Dice']:.3f}"
    assert cells[3] == f"{edited['Hausdorff95Mm']:.1f}"
    assert cells[6] == str(edited["SlicesEdited"])
    short = compared.orthanc.json(f"/autocontour/jobs/{compared.id}")["Quality"]
    assert (short["Versions"], short["Waiting"], short["Counting"]) == (2, 0, compared.approved)
    assert sum(short["Verdicts"].values()) == len(said)
    assert reader.errors == []


def test_another_version_is_chosen_and_says_its_reasons(compared: Compared, reader: Visit) -> None:
    page = reader.open(f"#/jobs/{compared.id}")
    version = page.get_by_label("Version")
    expect(version).to_have_value(compared.approved)
    expect(version.locator("option")).to_have_text([re.compile("1 of 2.*approved, counts$"), re.compile("2 of 2")])
    version.select_option(compared.draft)
    expect(page.locator("#compared")).to_contain_text("[ENDS_CUT]")
    expect(page.locator("#compared")).to_contain_text("1 cut")
    expect(page.locator("#compared")).to_contain_text("slices that both have: Dice 1.000")
    expect(page.locator("#comparison")).to_contain_text("not approved")
    assert rows(page, "edited") == [compared.names[0]]
    look(page, "job-draft")
    unknown = compared.orthanc.get(f"/autocontour/quality/{compared.id}?Version={compared.rtstruct}")
    assert (unknown.status_code, unknown.json()["Error"]) == (404, "NO_VERSION")
    assert reader.errors == []


def test_what_was_decided_is_a_document_of_the_version_that_is_shown(compared: Compared, reader: Visit) -> None:
    page = reader.open(f"#/jobs/{compared.id}")
    page.get_by_label("Version").select_option(compared.draft)
    link = page.get_by_role("link", name="What was decided (FHIR)")
    expect(link).to_have_attribute("href", re.compile(compared.draft))
    with page.expect_download() as started:
        link.click()
    bundle = json.loads(started.value.path().read_text(encoding="utf-8"))
    assert bundle["resourceType"] == "Bundle"
    with page.expect_download() as started:
        page.get_by_role("link", name="What was decided (DICOM SR)").click()
    assert pydicom.dcmread(started.value.path()).Modality == "SR"
    assert reader.errors == []


def test_a_job_that_nobody_changed_has_no_comparison(orthanc: OrthancProcess, visitor: Visit) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    page = visitor.open(f"#/jobs/{job['ID']}")
    expect(page.get_by_role("rowheader", name="Lung_L")).to_be_visible()
    expect(page.locator("#comparison")).to_have_count(0)
    assert "Quality" not in job
    assert not [asked for asked in visitor.asked if "/autocontour/quality/" in asked]


def test_both_sets_are_drawn_and_theirs_is_switched_off(compared: Compared, reader: Visit) -> None:
    page = reader.open(f"#/jobs/{compared.id}/contours")
    switch = page.get_by_label("What people made of it, dashed over ours")
    expect(switch).to_be_checked()
    expect(page.locator(".legend.which")).to_contain_text("solid: ours, of this job")
    expect(page.locator(".legend.which")).to_contain_text("dashed: what people made of it: Plan 1")
    edited = next(name for name, verdict in compared.verdicts.items() if verdict == "edited")
    both = page.locator(".structures li").filter(has=page.get_by_role("button", name=edited, exact=True))
    expect(both).to_contain_text(re.compile("Dice 0[.]"))
    look(page, "viewer")
    assert any(f"/instances/{compared.approved}/file" in asked for asked in reader.asked), "Orthanc gave it"
    switch.uncheck()
    expect(page.locator(".legend.which")).to_have_count(0)
    expect(both).not_to_contain_text("Dice")
    page.reload()
    expect(switch).not_to_be_checked()
    expect(page.locator(".structures li").first).to_be_visible()
    assert f"/instances/{compared.approved}/file" not in "".join(reader.asked[-30:]), "what is off is not asked for"
    switch.check()
    expect(both).to_contain_text("Dice")
    assert reader.errors == []


def test_names_that_people_gave_are_text(compared: Compared, reader: Visit) -> None:
    page = reader.open(f"#/jobs/{compared.id}")
    page.get_by_label("Version").select_option(compared.draft)
    page.get_by_role("link", name="Look at both").click()
    expect(page.locator(".legend.which")).to_contain_text(HOSTILE)
    expect(page.locator(".structures li", has_text=HOSTILE)).to_have_count(1)
    assert page.evaluate("window.ran") is None
    assert reader.errors == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing(browser: Browser, compared: Compared, dark: bool, size: dict[str, int]) -> None:
    with visit(browser, compared.orthanc.url, dark=dark, size=size) as seen:
        for place, there in (("", "#compared"), ("/contours", ".legend.which")):
            page = seen.open(f"#/jobs/{compared.id}{place}")
            expect(page.locator(there)).to_be_visible()
            look(page, f"{'dark' if dark else 'light'}-{size['width']}{place.replace('/', '-')}")
            assert seen.axe_findings() == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_it_is_read_in_german(browser: Browser, compared: Compared) -> None:
    with visit(browser, compared.orthanc.url, language="de-DE") as german:
        page = german.open(f"#/jobs/{compared.id}")
        expect(page.get_by_role("heading", name="Was Menschen geändert haben")).to_be_visible()
        expect(page.locator("#compared tr[data-verdict='edited']")).to_contain_text("geändert")
        page = german.open(f"#/jobs/{compared.id}/contours")
        expect(page.locator(".legend.which")).to_contain_text("durchgezogen: unsere, dieses Auftrags")
        expect(page.locator(".legend.which")).to_contain_text("gestrichelt: was Menschen daraus gemacht haben")
