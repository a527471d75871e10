"""Resampling, the sliding window and the labelling against plain ways of doing the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.network.axis import Axis
from model.engines.network.candidates import largest
from model.engines.network.labelling import labels_of
from model.engines.network.memory import smaller
from model.engines.network.orientation import oriented
from model.engines.network.regions import regions_of
from model.engines.network.resample import resampled
from model.engines.network.window import Window, mirrored, slices
from model.errors import EngineFailed
from model.volume.volume import Volume
from tests.builders.series import GEOMETRIES, geometry
from tests.builders.volumes import blobs

Array = NDArray[np.float32]


@pytest.mark.parametrize("wanted", [(9, 20, 31), (20, 13, 12), (12, 17, 19)])
@pytest.mark.parametrize("order", [1, 3])
def test_matrix_products_resample_as_the_spline_does(wanted: tuple[int, int, int], order: int) -> None:
    array = blobs((12, 17, 19)).astype(np.float32)
    factors = [new / old for new, old in zip(wanted, array.shape, strict=True)]
    expected = ndimage.zoom(array.astype(np.float64), factors, order=order, mode="nearest", grid_mode=True)
    expected = np.clip(expected, array.min(), array.max())
    found = resampled(array.copy(), wanted, (order, order, order))
    assert found.shape == wanted
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


def test_the_window_gives_back_what_a_network_that_changes_nothing_saw() -> None:
    image = blobs((21, 30, 18)).astype(np.float32)
    window = Window((8, 16, 12), flips=(0, 2))

    def copy(tile: Array) -> Array:
        return np.concatenate((tile, -tile), axis=1)

    found = np.stack(list(slices(image, window, copy, 2)), axis=1)
    assert np.allclose(found[0], image, atol=1e-2)
    assert np.allclose(found[1], -image, atol=1e-2)


def test_a_runtime_may_use_one_buffer_for_all_its_answers() -> None:
    image = blobs((21, 30, 18)).astype(np.float32)
    buffer = np.empty((1, 2, 8, 16, 12), dtype=np.float32)

    def reused(tile: Array) -> Array:
        buffer[0, 0], buffer[0, 1] = tile[0, 0], -tile[0, 0]
        return buffer

    def anew(tile: Array) -> Array:
        return reused(tile).copy()

    for flips in ((), (0, 2)):
        window = Window((8, 16, 12), flips=flips)
        assert np.array_equal(list(slices(image, window, reused, 2)), list(slices(image, window, anew, 2)))


def test_tiles_are_nnunets_and_one_voxel_thick_ones_come_once() -> None:
    # nnU-Net's own example: steps of at most half a tile, as even as whole voxels allow.
    assert Window((64, 64, 64)).steps((110, 64, 200)) == [[0, 23, 46], [0], [0, 27, 54, 82, 109, 136]]
    assert Window((1, 8, 8)).steps((5, 8, 8))[0] == [0, 1, 2, 3, 4]


def test_an_image_smaller_than_a_tile_is_padded_and_comes_back_in_its_own_size() -> None:
    image = np.ones((3, 5, 4), dtype=np.float32)
    found = list(slices(image, Window((8, 8, 8)), lambda tile: tile, 1))
    assert len(found) == 3
    assert all(one.shape == (1, 5, 4) and np.allclose(one, 1) for one in found)


def test_mirror_images_are_averaged_over_every_combination_of_axes() -> None:
    seen: list[Array] = []

    def note(tile: Array) -> Array:
        seen.append(tile.copy())
        return tile

    tile = np.arange(8, dtype=np.float32).reshape(1, 1, 2, 2, 2)
    assert np.allclose(mirrored(note, tile, (0, 1, 2)), tile)
    assert len({tuple(one.flatten().tolist()) for one in seen}) == 8


CASES = given(
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(2, 7)] * 3),
    st.tuples(*[st.integers(2, 17)] * 3),
    st.sampled_from([1, 3, 9, 40]),
)


def noise(seed: int, shape: tuple[int, ...]) -> Array:
    """Logits (classes, z, y, x) without any order, background somewhat likelier."""
    logits = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    logits[0] += 1.5
    return logits


def interpolated(logits: Array, fine: tuple[int, int, int]) -> Array:
    """All classes on the fine grid at once, by torch."""
    whole = torch.nn.functional.interpolate(torch.from_numpy(logits)[None], fine, mode="trilinear", align_corners=False)
    found: Array = whole[0].numpy()
    return found


@settings(max_examples=40, deadline=None)
@CASES
def test_labels_by_slice_and_box_are_those_of_whole_logits(
    seed: int, coarse: tuple[int, int, int], fine: tuple[int, int, int], classes: int
) -> None:
    logits = noise(seed, (classes + 1, *coarse))
    whole = interpolated(logits, fine)
    found = labels_of(iter([logits[:, index] for index in range(coarse[0])]), coarse, fine)
    # Two ways of the same sum may round to either side of a tie.
    assert np.mean(found != whole.argmax(axis=0)) <= 0.002


@settings(max_examples=40, deadline=None)
@CASES
def test_channels_that_are_decided_one_by_one_are_whole_and_overlap(
    seed: int, coarse: tuple[int, int, int], fine: tuple[int, int, int], channels: int
) -> None:
    logits = noise(seed, (channels, *coarse))
    whole = interpolated(logits, fine)
    found = regions_of(iter([logits[:, index] for index in range(coarse[0])]), coarse, fine, channels)
    masks = np.stack([one.full(fine) for one in found])
    assert np.mean(masks != (whole > 0)) <= 0.002


def test_a_channel_that_is_sure_everywhere_fills_the_image_and_takes_nothing_from_the_others() -> None:
    logits = np.full((3, 4, 5, 6), 9, dtype=np.float32)
    logits[1] = -9.0
    logits[2, :, 2:4, 2:4] = -9.0
    filled, empty, holed = regions_of(iter([logits[:, index] for index in range(4)]), (4, 5, 6), (4, 5, 6), 3)
    assert filled.array.shape == (4, 5, 6)
    assert filled.array.all()
    assert empty.empty
    assert int(holed.array.sum()) == 4 * (30 - 4)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("draw", [labels_of, partial(regions_of, channels=4)])
def test_answers_that_are_no_numbers_are_refused_and_never_drawn(odd: float, draw: Callable[..., object]) -> None:
    logits = noise(0, (4, 5, 6, 7))
    logits[2, 3, 4, 5] = odd
    with pytest.raises(EngineFailed, match="MODEL_NUMBERS"):
        draw(iter(logits.swapaxes(0, 1)), coarse=(5, 6, 7), fine=(9, 9, 9))


@pytest.mark.parametrize(("coarse", "fine"), [((31, 45), (100, 170)), ((40, 40), (17, 90)), ((13, 1), (50, 5))])
@pytest.mark.parametrize("order", [0, 1])
def test_classes_that_cannot_win_are_left_out_and_the_labels_are_the_same(
    coarse: tuple[int, int], fine: tuple[int, int], order: int
) -> None:
    smooth = np.stack([ndimage.gaussian_filter(np.random.default_rng(c).normal(size=coarse), 3) for c in range(60)])
    logits = smooth.astype(np.float32)
    rows, columns = (Axis.between(c, f, order) for c, f in zip(coarse, fine, strict=True))
    expected = columns.blend(rows.blend(logits, 1), 2).argmax(axis=0)
    before = logits.copy()
    assert np.array_equal(largest(logits, rows, columns), expected)
    assert np.array_equal(logits, before)


@pytest.mark.parametrize("name", ["axial", "axial, head last", "axial, prone", "sagittal", "coronal", "gantry tilt"])
@pytest.mark.parametrize("letters", ["LPS", "RAS", "LAI"])
def test_labels_turn_back_to_where_they_came_from(name: str, letters: str) -> None:
    placed = geometry(GEOMETRIES[name])
    array = blobs(placed.shape)
    turned = oriented(Volume(array, placed), letters)
    assert np.array_equal(turned.back(turned.array.astype(np.uint16)), array.astype(np.uint16))


def test_indices_grow_as_the_letters_say() -> None:
    placed = geometry(GEOMETRIES["axial"])
    array = blobs(placed.shape)
    assert np.array_equal(oriented(Volume(array, placed), "LPS").array, array)
    assert np.array_equal(oriented(Volume(array, placed), "RAS").array, array[:, ::-1, ::-1])


def test_tiles_shrink_along_their_longest_axis_to_what_the_network_can_divide() -> None:
    assert smaller((64, 128, 96), (16, 16, 16)) == (64, 64, 96)
    assert smaller((16, 16, 16), (16, 16, 16)) is None
    assert smaller((1, 48, 48), (1, 32, 32)) == (1, 32, 48)
