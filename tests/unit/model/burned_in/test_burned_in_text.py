"""Text that was drawn into slices is suspected; anatomy, noise, grids and rulers are not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from model.burned_in.policy import BurnedInText
from model.burned_in.search import slices_with_text
from model.errors import PrivacyRefused
from model.gate.verify import verify
from plugin.privacy.clean import CleanSeries
from plugin.settings.privacy import PrivacyRules, PrivacySettings
from tests.builders.marked import ct, encoded
from tests.builders.untouched import cleaned
from tests.builders.writing import BOTTOM, CORNER, LINES, MIDDLE, coverage, written

SLICES, SIDE = 12, 256
OFF, FLAG = PrivacyRules(burned_in_text=BurnedInText.OFF), PrivacyRules(burned_in_text=BurnedInText.FLAG)


def body(modality: str = "CT") -> list[NDArray[Any]]:
    """A trunk with lungs, spine and ribs, blurred and noisy as a scanner's image: stored values."""
    return [one.copy() for one in _body(modality)]


@cache
def _body(modality: str) -> list[NDArray[Any]]:
    random = np.random.default_rng(1)
    row, column = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    slices: list[NDArray[Any]] = []
    for index in range(SLICES):
        image = np.where((row / 80) ** 2 + (column / 105) ** 2 < 1, 1050.0, 0.0)
        for side in (-48, 48):
            image[((row + 5) / 45) ** 2 + ((column - side) / (30 + index)) ** 2 < 1] = 180
        image[((row - 55) / 14) ** 2 + (column / 14) ** 2 < 1] = 1500
        for angle in np.linspace(0.3, 2 * np.pi, 22):
            place = (row - 72 * np.sin(angle + index / 20)) ** 2 + (column - 96 * np.cos(angle + index / 20)) ** 2
            image[place < 16] = 1700
        image = ndimage.gaussian_filter(image, 1.0) + random.normal(0, 12, image.shape)
        # Magnitudes are never negative, and the background of an MR is noise.
        image = np.abs(image) if modality == "MR" else np.clip(image, 0, 4095)
        slices.append(np.round(image).astype(np.int16 if modality == "CT" else np.uint16))
    return slices


def with_text(
    slices: list[NDArray[Any]], ink: float, only: int | None = None, text: str = LINES[0], size: int = 12, **how: Any
) -> list[NDArray[Any]]:
    shape = (slices[0].shape[0], slices[0].shape[1])
    covered = coverage(shape, text, size, **how)
    return [written(one, ink, covered) if only in (None, index) else one for index, one in enumerate(slices)]


@pytest.mark.parametrize("modality", ["CT", "MR"])
@pytest.mark.parametrize("place", [CORNER, BOTTOM, MIDDLE])
@pytest.mark.parametrize(("text", "size"), [*((text, size) for text in LINES for size in (10, 12, 16)), (LINES[0], 24)])
@pytest.mark.parametrize("only", [None, 5], ids=["in all", "in one"])
def test_text_is_suspected(modality: str, place: str, size: int, text: str, only: int | None) -> None:
    found = slices_with_text(with_text(body(modality), 3000, only, text, size, place=place))
    assert found == (5,) if only == 5 else found


def test_text_without_smoothing_is_suspected() -> None:
    assert slices_with_text(with_text(body(), 3000, 5, smooth=False)) == (5,)


def test_text_that_stands_upright_along_the_margin_of_every_slice_is_suspected() -> None:
    assert slices_with_text(with_text(body(), 3000, upright=True, size=16, smooth=False))


def test_dark_text_on_a_light_ground_is_suspected() -> None:
    light = [np.where(one < 100, 2000, one).astype(one.dtype) for one in body()]
    assert slices_with_text(with_text(light, 0, 5)) == (5,)


def test_faint_text_at_one_place_of_many_slices_is_suspected() -> None:
    assert len(slices_with_text(with_text(body(), 130, smooth=False))) == SLICES
    assert len(slices_with_text(with_text(body(), 130, size=24, text=LINES[0]))) == SLICES
    assert slices_with_text(with_text(body(), 130, only=5)) == ()


def test_text_in_eight_bits_and_negative_values_is_suspected() -> None:
    eight = [np.clip(one // 16, 0, 255).astype(np.uint8) for one in body()]
    assert slices_with_text(with_text(eight, 255, 5)) == (5,)
    hounsfield = [(one - 1024).astype(np.int16) for one in body()]
    assert slices_with_text(with_text(hounsfield, 3071, 5)) == (5,)


def test_a_page_of_text_is_suspected() -> None:
    page = np.zeros((512, 512), dtype=np.int16)
    for line in range(20):
        one = with_text([np.zeros_like(page)], 1000, None, LINES[line % 3], 14)[0]
        page = np.maximum(page, np.roll(one, 22 * line, axis=0))
    assert slices_with_text([page]) == (0,)


def ruler(image: NDArray[Any]) -> None:
    image[10:18:1, 20:220:10] = 3000
    image[10:26, 20:220:50] = 3000


def grid(image: NDArray[Any]) -> None:
    image[::16, :] = 2000
    image[:, ::16] = 2000


def checkers(image: NDArray[Any]) -> None:
    image[:] = np.kron(np.indices((32, 32)).sum(axis=0) % 2, np.ones((8, 8))) * 1000


def discs(image: NDArray[Any]) -> None:
    row, column = np.mgrid[:SIDE, :SIDE]
    for at in range(20, 240, 14):
        image[(row - 40) ** 2 + (column - at) ** 2 < 20] = 3000


def noise(image: NDArray[Any]) -> None:
    image[:] = np.random.default_rng(3).integers(0, 4096, image.shape)


def spikes(image: NDArray[Any]) -> None:
    image[tuple(np.random.default_rng(4).integers(0, SIDE, (2, 3000)))] = 4000


@pytest.mark.parametrize("change", [ruler, grid, checkers, discs, noise, spikes, lambda image: None])
@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_what_is_no_text_is_not_suspected(change: Callable[[NDArray[Any]], None], modality: str) -> None:
    slices = body(modality)
    for one in slices:
        change(one)
    assert slices_with_text(slices) == ()


@pytest.mark.parametrize("value", [0, 1000])
def test_images_of_one_value_and_no_images_are_not_suspected(value: int) -> None:
    assert slices_with_text([np.full((64, 64), value, dtype=np.int16)] * 5) == ()
    assert slices_with_text([]) == ()


def sent(rules: PrivacyRules, text: bool = True) -> CleanSeries:
    files = []
    slices = [np.minimum(one, 4095).astype(np.uint16) for one in body()]
    for index, pixels in enumerate(with_text(slices, 4000, only=5) if text else slices):
        dataset = ct(index, (SIDE, SIDE))
        dataset.PixelData = pixels.tobytes()
        files.append(encoded(dataset))
    return cleaned(files, rules)


def test_the_sender_refuses_such_a_series_unless_the_site_says_otherwise() -> None:
    with pytest.raises(PrivacyRefused) as refused:
        sent(PrivacyRules())
    assert refused.value.findings == {"PIXELS_TEXT": 1}
    assert sent(FLAG).suspected == 1
    assert sent(OFF).suspected == 0
    assert sent(PrivacyRules(), text=False).suspected == 0


def test_the_receiver_refuses_it_whatever_the_sender_did() -> None:
    files = {file.name: file.data for file in sent(OFF)}
    with pytest.raises(PrivacyRefused) as refused:
        verify(files)
    assert refused.value.findings == {"PIXELS_TEXT": 1}
    assert verify(files, None, BurnedInText.FLAG).suspected == 1
    assert verify(files, None, BurnedInText.OFF).suspected == 0


def test_the_site_says_so_with_a_key() -> None:
    assert PrivacySettings.model_validate({}).rules().burned_in_text is BurnedInText.REFUSE
    assert PrivacySettings.model_validate({"BurnedInText": "flag"}).rules().burned_in_text is BurnedInText.FLAG
    with pytest.raises(ValueError, match="refuse"):
        PrivacySettings.model_validate({"BurnedInText": "maybe"})
