"""Contours and images on the canvases of the page lie where an independent reader of the files puts them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Browser
from pydicom.dataset import Dataset
from scipy import ndimage

from tests.builders import rasteriser
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import WIDE, Visit, visit
from tests.builders.series import GEOMETRIES
from tests.builders.shown_contours import Mask, Shown, Stored, bright, coloured, lopsided, store, voxel_centres

# Every geometry but one whose pixels are finer than the tenths of a mm that the page says.
PLANS = {
    name: replace(plan, number=900 + index)
    for index, (name, plan) in enumerate(GEOMETRIES.items())
    if name != "tiny pixels"
}
# The plane of the page that shows the slices of a series as they are.
OWN = {"sagittal": "sagittal", "coronal": "coronal"}
ACROSS = {"axial": ("coronal", "sagittal"), "coronal": ("axial", "sagittal"), "sagittal": ("axial", "coronal")}


@pytest.mark.parametrize("name", PLANS)
def test_contours_lie_where_an_independent_reader_puts_them(
    idle_orthanc: OrthancProcess, browser: Browser, name: str
) -> None:
    plan = PLANS[name]
    stored = store(idle_orthanc, plan, {"liver": lopsided(plan)})
    # So large that the line of a contour, 1.6 pixels of the screen, reaches no centre of a pixel of the image.
    size = {"width": 2000, "height": 1200} if min(plan.spacing) < 1 else WIDE
    with visit(browser, idle_orthanc.url, size=size) as visitor:
        shown = Shown.opened(visitor, stored)
        shown.plainly()
        agrees(shown, stored, drawn_in(idle_orthanc, stored), name)


def agrees(shown: Shown, stored: Stored, truth: Mask, name: str) -> None:
    """Contours and image of three slices, and contours of four planes across them, are where ``truth`` is."""
    own = OWN.get(name, "axial")
    for index in sorted({0, len(stored.images) // 3, len(stored.images) - 1}):
        image = stored.images[index]
        go_to(shown, own, image, stored.images)
        shown.contours(True)
        assert np.array_equal(coloured(shown.at(own, voxel_centres(image))), truth[index]), f"contours of slice {index}"
        shown.contours(False)
        assert np.array_equal(bright(shown.at(own, voxel_centres(image))), truth[index]), f"image of slice {index}"
        for row, column in ((10, 13), (17, 18), (40, 45)):
            said, value = shown.says_over(own, voxel_centres(image)[row, column])
            assert value == image.pixel_array[row, column], f"the value of pixel {row}, {column} of slice {index}"
            assert np.abs(said - voxel_centres(image)[row, column]).max() < max(image.PixelSpacing), "its place"
    shown.contours(True)
    centres = np.stack([voxel_centres(image) for image in stored.images])
    for plane, column in zip(ACROSS[own], (False, True), strict=True):
        # Of tilted slices no row of pixels lies in one plane; a column does.
        if PLANS[name].shear != (0.0, 0.0, 0.0) and not column:
            continue
        for index in (13, 25):
            place = centres[:, :, index] if column else centres[:, index, :]
            axis = {"sagittal": 0, "coronal": 1, "axial": 2}[plane]
            steps = centres[0, 0, :, axis] if column else centres[0, :, 0, axis]
            shown.go(plane, index if steps[-1] > steps[0] else len(steps) - 1 - index)
            wanted = truth[:, :, index] if column else truth[:, index, :]
            assert np.array_equal(coloured(shown.at(plane, place)), wanted), f"contours, {plane} at {index}"
            shown.contours(False)
            # The image of tilted slices is resampled, which is said: beside an edge it may be either.
            sure = ~edges(wanted) if PLANS[name].shear != (0.0, 0.0, 0.0) else np.ones_like(wanted)
            assert np.array_equal(bright(shown.at(plane, place))[sure], wanted[sure]), f"image, {plane} at {index}"
            shown.contours(True)


def edges(mask: Mask) -> Mask:
    """Which pixels have a neighbour that is not as they are."""
    return np.asarray(ndimage.maximum_filter(mask, 3) != ndimage.minimum_filter(mask, 3))


def drawn_in(pacs: OrthancProcess, stored: Stored) -> Mask:
    """What the independent reader makes of the one structure of the first set."""
    file = pacs.get(f"/instances/{stored.rtstructs[0]}/file").content
    (mask,) = rasteriser.masks(file, stored.images).values()
    return mask


def go_to(shown: Shown, plane: str, image: Dataset, images: list[Dataset]) -> None:
    """Step to an image: sliders go towards the head, the back and the left."""
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[plane]
    places = sorted(float(one.ImagePositionPatient[axis]) for one in images)
    shown.go(plane, places.index(float(image.ImagePositionPatient[axis])))


SIDES = {
    "axial": ("R", "L", "A", "P"),
    "coronal": ("R", "L", "H", "F"),
    "sagittal": ("A", "P", "H", "F"),
}


@pytest.mark.parametrize(
    "name", ["axial", "axial, head last", "axial, prone", "sagittal", "coronal", "gantry tilt", "oblique"]
)
def test_left_is_left(idle_orthanc: OrthancProcess, visitor_of_idle: Visit, name: str) -> None:
    plan = replace(GEOMETRIES[name], number=960 + list(GEOMETRIES).index(name))
    shown = Shown.opened(visitor_of_idle, store(idle_orthanc, plan, {"liver": lopsided(plan)}))
    for plane, letters in SIDES.items():
        found = [shown.letter(plane, edge) for edge in ("left", "right", "top", "bottom")]
        assert [letter[0] for letter in found] == list(letters), plane
        across, down = shown.to_pixels(plane)[:, :3]
        # To the left, the back and the head of the patient: DICOM PS3.3 C.7.6.2.1.1.
        towards = {"L": np.array([1, 0, 0]), "P": np.array([0, 1, 0]), "H": np.array([0, 0, 1])}
        assert across @ towards["P" if plane == "sagittal" else "L"] > 0, f"{plane}: what lies there is on the right"
        lower = -towards["H"] if plane != "axial" else towards["P"]
        assert down @ lower > 0, f"{plane}: what lies there is below"
