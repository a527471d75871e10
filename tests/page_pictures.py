"""Writes the pictures of the page in docs/images, from a real Orthanc with the sample series: ``make pictures``."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydicom
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pydicom.uid import generate_uid

from model.samples.build import demo_series
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import NARROW, chromium, visit
from tests.builders.phantom import Phantom, files_of, phantom_series

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = {"width": 1280, "height": 860}


def main() -> None:
    """Take every picture."""
    with tempfile.TemporaryDirectory(prefix="autocontour-pictures-") as folder:
        orthanc = OrthancProcess(Path(folder) / "orthanc").start()
        try:
            with chromium() as browser:
                take(browser, orthanc)
        finally:
            orthanc.stop()


def take(browser: Browser, orthanc: OrthancProcess) -> None:
    """Send the sample, look at it as people do, and keep what they see."""
    slices = [path.read_bytes() for path in sorted(demo_series().glob("*.dcm"))]
    job = orthanc.job_of(orthanc.store_all(slices))
    phantom = files_of(phantom_series(Phantom(slices=40)))
    orthanc.job_of(orthanc.store_all(phantom))
    orthanc.job_of(orthanc.store_all(phantom[:18] + phantom[22:]))
    edited = orthanc.post("/instances", data=edit(orthanc, job)).json()["ID"]
    with visit(browser, orthanc.url, size=SIZE) as visitor:
        page = visitor.open()
        expect(page.locator(f"[data-job='{job['ID']}']").first).to_be_visible()
        keep(page, "page-rest")
        running = orthanc.post(f"/autocontour/series/{job['Series']}/jobs", json={"Model": "hu-ct"}).json()
        page.locator(f"[data-job='{running['ID']}'] progress").wait_for()
        keep(page, "page-work")
        orthanc.job_of(job["Series"])
        visitor.open(f"#/jobs/{job['ID']}")
        page.locator("img").first.wait_for()
        keep(page, "page-job")
        contours(page, visitor.address + f"#/jobs/{job['ID']}/contours")
        keep(page, "page-contours")
        page.get_by_label("Compare with").select_option(edited)
        keep(page, "page-compare")
        visitor.open("#/evidence")
        page.get_by_label("Month (YYYY-MM)").fill(datetime.now(UTC).strftime("%Y-%m"))
        page.get_by_role("button", name="Show the month").click()
        page.locator("svg").first.wait_for()
        keep(page, "page-month", whole=True)
    with visit(browser, orthanc.url, size=NARROW, dark=True) as visitor:
        contours(visitor.page, visitor.address + f"#/jobs/{job['ID']}/contours")
        keep(visitor.page, "page-narrow")


def contours(page: Page, address: str) -> None:
    """Open the viewer and wait until every slice is there."""
    page.goto(address)
    page.reload()
    page.get_by_text("slices are loaded").wait_for()


def edit(orthanc: OrthancProcess, job: dict[str, Any]) -> bytes:
    """Our structure set as a person might leave it: the left lung moved by 8 mm, the trachea deleted."""
    dataset = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    numbers = {item.ROIName: item.ROINumber for item in dataset.StructureSetROISequence}
    for contour in next(
        one for one in dataset.ROIContourSequence if one.ReferencedROINumber == numbers["Lung_L"]
    ).ContourSequence:
        points = [float(value) for value in contour.ContourData]
        contour.ContourData = [value + 8 if index % 3 == 0 else value for index, value in enumerate(points)]
    for name in ("StructureSetROISequence", "ROIContourSequence", "RTROIObservationsSequence"):
        key = "ROINumber" if name == "StructureSetROISequence" else "ReferencedROINumber"
        setattr(dataset, name, [item for item in getattr(dataset, name) if getattr(item, key) != numbers["Trachea"]])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.StructureSetLabel = "edited"
    written = io.BytesIO()
    dataset.save_as(written)
    return written.getvalue()


def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """Write a picture, in few colours, so that the repository stays light."""
    shot = Image.open(io.BytesIO(page.screenshot(full_page=whole)))
    shot.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
