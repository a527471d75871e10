"""The preview shows the planes as a radiologist looks at them, whatever the acquisition."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.contours.structure import BoxedMask
from model.errors import InputRefused
from model.preview.planes import render, three_planes
from model.preview.view import PLANES
from model.volume.patient_axes import to_canonical
from model.volume.volume import Volume
from tests.builders.acquisition import turned
from tests.builders.series import SeriesPlan, geometry

RED, GREEN = (255, 0, 0), (0, 255, 0)
# Voxels of 2 mm in 20 slices of 3 mm; rows to the left, columns to the back, slices to the head.
PLAN = SeriesPlan(shape=(40, 60), offsets=tuple(3.0 * n for n in range(20)), spacing=(2.0, 2.0))
SHAPE = (20, 40, 60)
# A block in the patient's left, front and upper corner.
LEFT_FRONT_TOP = (slice(14, 18), slice(4, 12), slice(40, 54))


def volume() -> Volume:
    array = np.full(SHAPE, -1000, dtype=np.int16)
    array[:, 2:-2, 2:-2] = 40
    return Volume(array, geometry(PLAN))


def block() -> BoxedMask:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[LEFT_FRONT_TOP] = True
    return BoxedMask.crop(mask)


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def middle_of_red(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Where the red outline is, as shares of the height and of the width."""
    rows, columns = np.nonzero((image[..., 0] > 150) & (image[..., 1] < 100) & (image[..., 2] < 100))
    return float(rows.mean()) / image.shape[0], float(columns.mean()) / image.shape[1]


@pytest.mark.parametrize(
    ("plane", "upper", "right"),
    [("axial", True, True), ("coronal", True, True), ("sagittal", True, False)],
)
def test_left_front_and_top_are_where_a_radiologist_expects_them(plane: str, upper: bool, right: bool) -> None:
    row, column = middle_of_red(pixels(render(volume(), [("Block", RED, block())], plane)))
    assert (row < 0.5) == upper
    assert (column > 0.5) == right


@pytest.mark.parametrize("plane", PLANES)
def test_pixels_are_square_in_millimetres(plane: str) -> None:
    image = pixels(render(volume(), [], plane, size=600))
    millimetres = dict(zip("zyx", (20 * 3.0, 40 * 2.0, 60 * 2.0), strict=True))
    tall, wide = {"axial": ("y", "x"), "coronal": ("z", "x"), "sagittal": ("z", "y")}[plane]
    assert image.shape[0] / image.shape[1] == pytest.approx(millimetres[tall] / millimetres[wide], rel=0.01)


@pytest.mark.parametrize(("row", "column"), [("R", "P"), ("L", "A"), ("P", "F"), ("A", "H"), ("R", "H")])
@pytest.mark.parametrize("plane", PLANES)
def test_the_picture_does_not_depend_on_the_acquisition(plane: str, row: str, column: str) -> None:
    upright = render(volume(), [("Block", RED, block())], plane)
    other = turned(volume(), row, column)
    frame = to_canonical(other).frame
    mask = frame.back(block(), other.geometry.shape)
    assert render(other, [("Block", RED, mask)], plane) == upright


def test_the_slice_is_chosen_where_the_structures_are() -> None:
    image = pixels(render(volume(), [("Block", RED, block())], "axial"))
    assert ((image[..., 0] > 150) & (image[..., 1] < 100)).any()


def test_a_slice_without_a_structure_shows_the_image_alone() -> None:
    image = pixels(render(volume(), [("Block", RED, block())], "axial", 2))
    assert not ((image[..., 0] > 150) & (image[..., 1] < 100)).any()
    assert image.max() > 100


def test_an_unknown_plane_is_refused() -> None:
    with pytest.raises(InputRefused, match="PREVIEW_PLANE"):
        render(volume(), [], "diagonal")


@pytest.mark.parametrize("index", [-1, 20, 4000])
def test_a_slice_outside_the_volume_is_refused(index: int) -> None:
    with pytest.raises(InputRefused, match="0 to 19"):
        render(volume(), [], "axial", index)


def test_three_planes_name_every_structure() -> None:
    one = pixels(three_planes(volume(), [("Block", RED, block())]))
    other = pixels(three_planes(volume(), [("Another", RED, block())]))
    none = pixels(three_planes(volume(), []))
    assert one.shape == other.shape
    legend = slice(int(one.shape[0] * 0.94), None)
    assert (one[legend] != other[legend]).any()
    assert none.shape[0] < one.shape[0]


def test_an_empty_structure_is_no_obstacle() -> None:
    empty = BoxedMask.crop(np.zeros(SHAPE, dtype=np.bool_))
    assert render(volume(), [("Nothing", GREEN, empty)], "axial").startswith(b"\x89PNG")
