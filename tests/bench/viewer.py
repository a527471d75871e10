"""The viewer of the page on a CT of 300 slices: time to the first image and to all, and milliseconds of a step.

Through a real Orthanc on loopback, in Chromium without a graphics card. A step is from the change of the slider to the
end of the frame that shows it; a screen of 60 Hz gives each at least 16.7 ms.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tests.builders import browser as site
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import PATIENCE, chromium, visit
from tests.builders.series import SeriesPlan
from tests.builders.shown_contours import store

SLICES, SIDE = 300, 512
GOAL_FIRST_MS, GOAL_STEP_MS = 1000.0, 50.0
FIRST_IMAGE = """(address) => new Promise((done) => {
    const begun = performance.now();
    location.hash = address;
    const look = () => {
        const canvas = document.querySelector("canvas[data-plane='axial']");
        if (canvas?.dataset.drawn !== undefined) done(performance.now() - begun);
        else requestAnimationFrame(look);
    };
    look();
})"""
STEPS = """(plane) => new Promise((done) => {
    const slider = document.querySelector(`section.${plane} input[type=range]`);
    const times = [];
    const step = (index) => {
        const begun = performance.now();
        slider.value = String(100 + index);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        // The first of the two frames draws; when the second begins, the first is over.
        requestAnimationFrame(() => requestAnimationFrame(() => {
            times.push((performance.now() - begun) / 2);
            if (times.length < 100) step(index + 1);
            else done(times);
        }));
    };
    step(0);
})"""


def main() -> None:
    """Print the numbers beside their goals."""
    absent = site.missing()
    if absent:
        print(f"needs {', '.join(absent)}")
        return
    with tempfile.TemporaryDirectory() as folder:
        orthanc = OrthancProcess(Path(folder) / "orthanc", section={"Rules": []}).start()
        try:
            _measure(orthanc)
        finally:
            orthanc.stop()


def _measure(orthanc: OrthancProcess) -> None:
    plan = SeriesPlan(shape=(SIDE, SIDE), offsets=tuple(float(n) for n in range(SLICES)), spacing=(0.7, 0.7))
    stored = store(orthanc, plan, {"external": _body(0.42), "liver": _body(0.15), "heart": _body(0.05)})
    with chromium() as browser, visit(browser, orthanc.url) as seen:
        page = seen.open()
        page.locator("#content h1").wait_for()
        first = page.evaluate(FIRST_IMAGE, stored.address())
        begun = page.evaluate("performance.now()")
        page.locator("[data-loaded='true']").wait_for(timeout=PATIENCE)
        whole = first + page.evaluate("performance.now()") - begun
        page.locator(".structures li").first.wait_for()
        print(f"first image of {SLICES} slices  {first:7.0f} ms   goal {GOAL_FIRST_MS:.0f}")
        print(f"all of them                {whole:7.0f} ms")
        for plane in ("axial", "coronal", "sagittal"):
            times = np.array(page.evaluate(STEPS, plane))
            median, most = np.median(times), np.percentile(times, 95)
            print(f"a step, {plane:9}  median {median:5.1f} ms, 95 % {most:5.1f} ms   goal {GOAL_STEP_MS:.0f}")


def _body(radius: float) -> np.ndarray:
    """(slice, row, column): a cylinder that leans."""
    y, x = np.ogrid[:SIDE, :SIDE]
    return np.stack([(y - SIDE / 2) ** 2 + (x - SIDE / 2 - n / 10) ** 2 < (radius * SIDE) ** 2 for n in range(SLICES)])


if __name__ == "__main__":
    main()
