"""The viewer of contours: structures, comparison, keys, what is left out, whom it suits."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from pydicom import Dataset, dcmread

from tests.builders.enhanced_series import enhanced
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import NARROW, WIDE, Visit, visit
from tests.builders.phantom import file_of, files_of, phantom_series
from tests.builders.series import GEOMETRIES, SeriesPlan
from tests.builders.shown_contours import Shown, bright, coloured, lopsided, store, voxel_centres

SCRIPT = "<img src=x onerror=\"document.title='ran'\"> Ärztin"
ORANGE, BLUE = (255, 176, 0), (64, 200, 255)


def plan_of(number: int, **changes: object) -> SeriesPlan:
    return replace(GEOMETRIES["axial"], number=number, **changes)  # type: ignore[arg-type]


def changed(orthanc: OrthancProcess, instance: str, change: Callable[[Dataset], None]) -> None:
    """Put another structure set in the place of one: as somebody's editor, or somebody's mistake, would write it."""
    dataset = dcmread(io.BytesIO(orthanc.get(f"/instances/{instance}/file").content))
    orthanc.delete(f"/instances/{instance}")
    change(dataset)
    assert orthanc.store(file_of(dataset))["ID"] == instance


def test_a_script_in_a_name_is_text(idle_orthanc: OrthancProcess, visitor_of_idle: Visit) -> None:
    plan = plan_of(1001, extra={"SeriesDescription": SCRIPT})
    stored = store(idle_orthanc, plan, {"liver": lopsided(plan)})

    def rename(dataset: Dataset) -> None:
        dataset.StructureSetROISequence[0].ROIName = SCRIPT

    changed(idle_orthanc, stored.rtstructs[0], rename)
    page = Shown.opened(visitor_of_idle, stored).page
    expect(page.locator(".structures .name")).to_have_text(SCRIPT)
    expect(page.locator(".description")).to_have_text(SCRIPT)
    assert page.title() == "AutoContour"
    assert visitor_of_idle.errors == []
    assert all(asked.startswith(idle_orthanc.url) for asked in visitor_of_idle.asked)
    assert "Ärztin" not in page.url


def test_two_sets_are_compared(idle_orthanc: OrthancProcess, visitor_of_idle: Visit) -> None:
    plan = plan_of(1002)
    # Without a hole: the lines of a keyhole may pass over the centre of a pixel.
    ours = np.zeros_like(lopsided(plan))
    ours[1:6, 9:33, 12:37] = ours[2:5, 33:40, 20:30] = True
    edited = np.roll(ours, 4, axis=2)
    stored = store(idle_orthanc, plan, {"liver": ours, "heart": ours}, {"liver": edited}, image=np.zeros_like(ours))
    shown = Shown.opened(visitor_of_idle, stored, compare=True)
    page = shown.page
    expect(page.locator(".structures li")).to_have_count(2)
    page.get_by_label("Lines").uncheck()
    page.get_by_label("Opacity").fill("1")
    page.get_by_role("button", name="Only this: Liver").click()
    shown.go("axial", 3)
    colours = shown.at("axial", voxel_centres(stored.images[3]))
    # The lines of the contours are drawn over the colours, in the colour of the structure; no pixel's centre is on one.
    assert np.array_equal(near(colours, ORANGE), ours[3] & ~edited[3])
    assert np.array_equal(near(colours, BLUE), edited[3] & ~ours[3])
    voxel = 1.5 * 1.5 * 3 / 1000
    dice = 2 * (ours & edited).sum() / (ours.sum() + edited.sum())
    said = page.locator(".structures li", has_text="Liver").inner_text()
    first, second, agreement = (float(number) for number in re.findall(r"\d+\.\d+", said))
    assert first == pytest.approx(ours.sum() * voxel, rel=0.02)
    assert second == pytest.approx(edited.sum() * voxel, rel=0.02)
    assert agreement == pytest.approx(dice, abs=0.02)
    assert "only in the first" in page.locator(".structures li", has_text="Heart").inner_text()
    page.get_by_role("button", name="Only this: Heart").click()
    shown.drawn()
    assert not near(shown.at("axial", voxel_centres(stored.images[3])), ORANGE).any(), "lines alone"
    page.get_by_role("button", name="Only this: Liver").click()
    page.get_by_label("Colour differences").uncheck()
    shown.drawn()
    assert not near(shown.at("axial", voxel_centres(stored.images[3])), ORANGE).any()


def near(colours: np.ndarray, wanted: tuple[int, int, int]) -> np.ndarray:
    """Which colours are this one, within what drawing rounds."""
    return np.asarray(np.abs(colours.astype(int) - wanted).max(axis=-1) < 8)


def test_everything_can_be_done_by_keys(idle_orthanc: OrthancProcess, visitor_of_idle: Visit) -> None:
    plan = plan_of(1003)
    small = np.zeros_like(lopsided(plan))
    small[2:4, 40:50, 10:20] = True
    shown = Shown.opened(visitor_of_idle, store(idle_orthanc, plan, {"liver": lopsided(plan), "heart": small}))
    page = shown.page
    steps = page.locator("section.axial .steps")
    shown.plane("axial").focus()
    expect(steps).to_contain_text("step 5 of 8")
    page.keyboard.press("ArrowUp")
    expect(steps).to_contain_text("step 6 of 8")
    page.keyboard.press("Home")
    expect(steps).to_contain_text("step 1 of 8")
    page.keyboard.press("End")
    expect(steps).to_contain_text("step 8 of 8")
    page.keyboard.press("]")
    page.keyboard.press("]")
    expect(page.locator(".structures li.chosen")).to_contain_text("Heart")
    expect(steps).to_contain_text(re.compile("step [34] of 8"))
    page.keyboard.press("n")
    expect(steps).to_contain_text("step 4 of 8")
    page.keyboard.press("p")
    expect(steps).to_contain_text("step 3 of 8")
    page.keyboard.press("3")
    expect(page.get_by_label("Window preset")).to_have_value("lung")
    page.keyboard.press("c")
    expect(page.get_by_label("Contours", exact=True)).not_to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(shown.plane("axial")).to_be_focused()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing(idle_orthanc: OrthancProcess, browser: Browser, dark: bool, size: dict[str, int]) -> None:
    plan = plan_of(1010 + 2 * dark + (size == NARROW))
    stored = store(idle_orthanc, plan, {"liver": lopsided(plan)}, {"liver": lopsided(plan)})
    with visit(browser, idle_orthanc.url, dark=dark, size=size) as seen:
        page = Shown.opened(seen, stored, compare=True).page
        page.get_by_role("button", name="Go to the middle of Liver").or_(
            page.locator(".structures .name")
        ).first.click()
        assert seen.axe_findings() == []
        assert seen.errors == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_the_job_says_volumes_and_flags(orthanc: OrthancProcess, visitor: Visit) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done"
    page = visitor.open(f"#/jobs/{job['ID']}/contours")
    expect(page.locator("[data-loaded='true']")).to_be_visible()
    rows = page.locator(".structures li")
    expect(rows).to_have_count(len(job["Rois"]))
    for roi in job["Rois"]:
        row = rows.filter(has=page.get_by_role("button", name=roi["Name"], exact=True))
        expect(row).to_contain_text(f"{roi['Volume']:,.1f} cm³")
        for flag in roi["Flags"]:
            expect(row).to_contain_text(flag)


def test_contours_of_another_frame_of_reference_are_said_and_not_shown(
    idle_orthanc: OrthancProcess, visitor_of_idle: Visit
) -> None:
    plan = plan_of(1005)
    stored = store(idle_orthanc, plan, {"liver": lopsided(plan)}, {"heart": lopsided(plan)})

    def elsewhere(dataset: Dataset) -> None:
        dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "2.25.1"

    changed(idle_orthanc, stored.rtstructs[0], elsewhere)
    shown = Shown.opened(visitor_of_idle, stored)
    shown.plainly()
    expect(shown.page.locator(".structures li")).to_contain_text("another frame of reference")
    colours = shown.at("axial", voxel_centres(stored.images[4])).astype(int)
    assert (colours.max(axis=-1) - colours.min(axis=-1)).max() == 0, "nothing is coloured"


def test_contours_that_are_repeated_do_not_erase_each_other(
    idle_orthanc: OrthancProcess, visitor_of_idle: Visit
) -> None:
    plan = plan_of(1009)
    stored = store(idle_orthanc, plan, {"liver": lopsided(plan)})

    def repeat(dataset: Dataset) -> None:
        item = dataset.ROIContourSequence[0]
        item.ContourSequence = [*item.ContourSequence, copy.deepcopy(item.ContourSequence[0])]

    changed(idle_orthanc, stored.rtstructs[0], repeat)
    shown = Shown.opened(visitor_of_idle, stored)
    shown.plainly()
    expect(shown.page.locator(".structures li")).to_contain_text("1 contours repeat another one of their slice")
    for index in (0, 7):
        shown.go("axial", index)
        assert np.array_equal(coloured(shown.at("axial", voxel_centres(stored.images[index]))), lopsided(plan)[index])


def test_an_enhanced_object_is_shown_frame_by_frame(idle_orthanc: OrthancProcess, visitor_of_idle: Visit) -> None:
    plan = plan_of(1006)
    stored = store(idle_orthanc, plan, {"liver": lopsided(plan)})
    (whole,) = enhanced(stored.images, shuffle=3, series="2.25.4711.1006.66")
    series = idle_orthanc.store_all([file_of(whole)])
    page = visitor_of_idle.open(f"#/series/{series}/contours")
    expect(page.get_by_text("All 8 slices are loaded.")).to_be_visible()
    shown = Shown(page)
    page.get_by_label("Lines").uncheck()
    page.get_by_label("Smooth").uncheck()
    page.get_by_label("Contours", exact=True).uncheck()
    for index in (0, 3, 7):
        shown.go("axial", index)
        assert np.array_equal(bright(shown.at("axial", voxel_centres(stored.images[index]))), lopsided(plan)[index])


def test_what_cannot_be_shown_is_said(idle_orthanc: OrthancProcess, visitor_of_idle: Visit) -> None:
    plan = plan_of(1007, localizers=2)
    stored = store(idle_orthanc, plan, {"liver": lopsided(plan)})
    page = Shown.opened(visitor_of_idle, stored).page
    expect(page.locator(".said")).to_contain_text("2 images of another direction or size are not shown.")
    placeless = phantom_series()[:3]
    for one in placeless:
        del one.ImagePositionPatient
    page = visitor_of_idle.open(f"#/series/{idle_orthanc.store_all(files_of(placeless))}/contours")
    expect(page.get_by_text("say of no place in the patient")).to_be_visible()


def test_a_user_who_may_not_see_images_is_told_so(
    start_orthanc: Callable[..., OrthancProcess], browser: Browser, tmp_path: Path
) -> None:
    script = tmp_path / "rights.lua"
    script.write_text(
        "function IncomingHttpRequestFilter(method, uri, ip, username, headers)\n"
        "  return not string.find(uri, '^/instances/') or method ~= 'GET'\nend\n"
    )
    plan = plan_of(1008)
    orthanc = start_orthanc(section={"Rules": []}, options={"LuaScripts": [str(script)]})
    stored = store(orthanc, plan, {"liver": lopsided(plan)})
    with visit(browser, orthanc.url) as seen:
        page = seen.open(stored.address())
        expect(page.get_by_text("This Orthanc does not let your user see this.").first).to_be_visible()
