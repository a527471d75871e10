"""A series with a structure set in Orthanc, and what the viewer of the page draws of it, measured on its canvas."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from model.rtstruct.write import structure_set
from tests.builders.drawings import NOW, drawing
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import Visit
from tests.builders.phantom import file_of
from tests.builders.series import ROOT, SeriesPlan, add_pixels, geometry, headers, uids_in_order

INSIDE, OUTSIDE = 900, -900
PICK = """(canvas, places) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const colour = (at) => Array.from(data.subarray(at, at + 3));
    return [width, height, places.map(([x, y]) => colour(4 * (y * width + x)))];
}"""
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Stored:
    """A series in Orthanc: its id, its images along the normal, and the ids of its structure sets."""

    series: str
    images: list[Dataset]
    rtstructs: list[str]

    def address(self, *, compare: bool = False) -> str:
        """Where the page shows it."""
        compared = f"&with={self.rtstructs[1]}" if compare else ""
        return f"#/series/{self.series}/contours?rtstruct={self.rtstructs[0]}{compared}"


def lopsided(plan: SeriesPlan) -> Mask:
    """(slice, row, column): a shape that no mirroring and no turn leaves as it is, other on each slice, with a hole."""
    slices, (rows, columns) = len(plan.offsets), plan.shape
    made = np.zeros((slices, rows, columns), dtype=np.bool_)
    for index in range(slices):
        made[index, 9 : 30 + index, 12 : 40 - index] = True
        made[index, 14:20, 16 : 24 + index] = False
        made[index, 34 + index : 40 + index, 9:15] = True
    return made


def store(orthanc: OrthancProcess, plan: SeriesPlan, *drawn: dict[str, Mask], image: Mask | None = None) -> Stored:
    """Store a planned series, bright in ``image`` (else in the first mask), and sets of ``drawn``."""
    bright = image if image is not None else next(iter(drawn[0].values()))
    order = {uid: index for index, uid in enumerate(uids_in_order(plan))}
    images = []
    for dataset in headers(plan):
        index = order.get(str(dataset.SOPInstanceUID))
        inside = np.zeros(plan.shape, dtype=np.bool_) if index is None else bright[index]
        add_pixels(dataset, np.where(inside, INSIDE, OUTSIDE).astype(np.int16))
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        images.append(dataset)
    series = orthanc.store_all(file_of(one) for one in images)
    rtstructs = []
    for number, masks in enumerate(drawn):
        made = structure_set(
            geometry(plan),
            headers(plan)[0],
            drawing(masks.items()),
            series_uid=f"{ROOT}.{plan.number}.8.{number}",
            instance_uid=f"{ROOT}.{plan.number}.9.{number}",
            label=f"set {number}",
            now=NOW,
        )
        rtstructs.append(str(orthanc.store(made.content)["ID"]))
    along = sorted(
        (one for one in images if str(one.SOPInstanceUID) in order), key=lambda one: order[str(one.SOPInstanceUID)]
    )
    return Stored(series, along, rtstructs)


def voxel_centres(image: Dataset) -> NDArray[np.float64]:
    """(row, column, 3) LPS mm of the pixels of an image. DICOM PS3.3 C.7.6.2.1.1."""
    cosines = np.array(image.ImageOrientationPatient, dtype=np.float64)
    rows, columns = np.mgrid[: int(image.Rows), : int(image.Columns)]
    along_row = columns[..., None] * float(image.PixelSpacing[1]) * cosines[:3]
    along_column = rows[..., None] * float(image.PixelSpacing[0]) * cosines[3:]
    return np.asarray(np.array(image.ImagePositionPatient, dtype=np.float64) + along_row + along_column)


def coloured(pixels: NDArray[np.uint8]) -> Mask:
    """Which colours are none of grey."""
    return np.asarray(pixels.max(axis=-1).astype(int) - pixels.min(axis=-1) > 40)


def bright(pixels: NDArray[np.uint8]) -> Mask:
    """Which colours are nearer to white than to black."""
    return np.asarray(pixels[..., 0] > 127)


class Shown:
    """The viewer in a browser: what its canvases hold, and what it says of them."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def opened(cls, visitor: Visit, stored: Stored, *, compare: bool = False) -> Shown:
        """Open the viewer and wait until every slice and structure is there."""
        page = visitor.open(stored.address(compare=compare))
        expect(page.locator("[data-loaded='true']")).to_be_visible()
        expect(page.locator(".structures li").first).to_be_visible()
        return cls(page)

    def plane(self, name: str) -> Locator:
        """The canvas of a plane."""
        return self.page.locator(f"canvas[data-plane='{name}']")

    def plainly(self) -> None:
        """No lines of the planes and no smoothing between pixels; contours filled with their whole colour."""
        self.page.get_by_label("Lines").uncheck()
        self.page.get_by_label("Smooth").uncheck()
        self.page.get_by_label("Filled").check()
        self.page.get_by_label("Opacity").fill("1")

    def go(self, plane: str, step: int) -> None:
        """Move the slider of a plane, and wait for its picture."""
        slider = self.page.locator(f"section.{plane} input[type=range]")
        slider.fill(str(step))
        self.drawn()

    def contours(self, on: bool) -> None:
        """Switch all contours on or off."""
        self.page.get_by_label("Contours").set_checked(on)
        self.drawn()

    def drawn(self) -> None:
        """Wait until what was asked for is on the screen."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def says_at(self, plane: str, x: float, y: float) -> tuple[NDArray[np.float64], float | None]:
        """What the page says under the pointer at CSS pixels of a canvas: LPS mm, and the value."""
        box = self.plane(plane).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        text = self.page.locator(".readout").inner_text().replace(",", "")
        place, _, value = text.partition(" · ")
        found = re.search(r"-?\d+(\.\d+)?$", value.removesuffix(" HU"))
        return np.array([float(number) for number in re.findall(r"-?\d+\.\d", place)]), float(
            found[0]
        ) if found else None

    def says_over(self, plane: str, point: NDArray[np.float64]) -> tuple[NDArray[np.float64], float | None]:
        """What the page says when the pointer is over a point of the patient, LPS mm."""
        matrix = self.to_pixels(plane)
        x, y = matrix[:, :3] @ point + matrix[:, 3]
        return self.says_at(plane, float(x), float(y))

    def letter(self, plane: str, edge: str) -> str:
        """What stands at an edge of a plane."""
        return self.page.locator(f"section.{plane} .letter.at-{edge}").inner_text()

    def to_pixels(self, plane: str) -> NDArray[np.float64]:
        """(2, 4): from LPS mm (and 1) to x and y of the canvas, learnt from what the page says under the pointer."""
        box = self.plane(plane).bounding_box()
        assert box is not None
        places = [(8, 8), (box["width"] - 8, 8), (8, box["height"] - 8), (box["width"] - 8, box["height"] - 8)]
        said = np.array([self.says_at(plane, x, y)[0] for x, y in places])
        solved, *_ = np.linalg.lstsq(np.column_stack([said, np.ones(4)]), np.array(places), rcond=None)
        return np.asarray(solved.T)

    def at(self, plane: str, points: NDArray[np.float64]) -> NDArray[np.uint8]:
        """(…, 3): the colours of a canvas over points of the patient (…, 3), LPS mm."""
        matrix = self.to_pixels(plane)
        places = np.floor(points @ matrix[:, :3].T + matrix[:, 3]).astype(int)
        width, height, colours = self.plane(plane).evaluate(PICK, places.reshape(-1, 2).tolist())
        inside = ((places >= 0) & (places < [width, height])).all(axis=-1)
        assert inside.all(), "the canvas shows all of the series"
        return np.array(colours, dtype=np.uint8).reshape(*points.shape[:-1], 3)
