"""The way on a device gives what the way on the CPU gives: on torch's CPU device, and on CUDA where there is one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.engines.network.cuda import labelling
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.way import OnDevice
from model.engines.network.runtime.torch_cpu import numpy_predict
from model.engines.network.way import Grids, OnCpu
from model.engines.network.window import Window
from model.errors import EngineFailed
from tests.builders.devices import DEVICES
from tests.builders.volumes import blobs

Array = NDArray[np.float32]
WINDOW = Window((8, 16, 12), flips=(0, 2))


def network(classes: int, seed: int, device: str) -> torch.nn.Module:
    """A convolution with random weights: every class is found somewhere."""
    torch.manual_seed(seed)
    return torch.nn.Conv3d(1, classes, 3, padding=1).to(device).requires_grad_(False)


def ways(classes: int, seed: int, device: str) -> tuple[OnCpu, OnDevice]:
    return (
        OnCpu(numpy_predict(network(classes, seed, "cpu"))),
        OnDevice(network(classes, seed, device), Device(torch.device(device))),
    )


def image(seed: int) -> Array:
    values = np.random.default_rng(seed).normal(size=(21, 30, 18)).astype(np.float32)
    return np.asarray(blobs((21, 30, 18)) / 300 + values, dtype=np.float32)


@DEVICES
@pytest.mark.parametrize("wanted", [(9, 40, 18), (21, 30, 18), (30, 17, 31)])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_images_are_resampled_alike(device: str, wanted: tuple[int, int, int], order: int) -> None:
    numpy_way, torch_way = ways(2, 0, device)
    expected = numpy_way.resampled(image(1), wanted, (order, order, order))
    found = torch_way.resampled(image(1), wanted, (order, order, order))
    assert found.shape == wanted
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


@DEVICES
@pytest.mark.parametrize("order", [1, 3])
def test_an_image_on_another_grid_is_resampled_where_it_is_drawn(device: str, order: int) -> None:
    grids = Grids((12, 31, 19), (21, 30, 18), there=(order, order, order))
    for way in ways(3, 5, device):
        coarse = way.resampled(image(5), grids.coarse, grids.there)
        whole, parts = (way.labels(one, WINDOW, grids, 3, lambda part: None) for one in (image(5), coarse))
        assert np.array_equal(whole, parts)
        masks, others = (way.regions(one, WINDOW, grids, 3, lambda part: None) for one in (image(5), coarse))
        assert [np.count_nonzero(one.array) for one in masks] == [np.count_nonzero(one.array) for one in others]
        assert whole.any()


@DEVICES
@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    classes=st.sampled_from([2, 3, 9, 30]),
    fine=st.tuples(*[st.integers(5, 60)] * 3),
    back=st.tuples(*[st.integers(0, 1)] * 3),
)
def test_labels_are_the_same_but_for_ties(
    device: str, seed: int, classes: int, fine: tuple[int, int, int], back: tuple[int, int, int]
) -> None:
    grids = Grids((21, 30, 18), fine, back)
    first, second = (
        way.labels(image(seed), WINDOW, grids, classes, lambda part: None) for way in ways(classes, seed, device)
    )
    assert first.shape == second.shape == fine
    assert np.mean(first != second) <= 0.002


def test_a_device_with_little_memory_decides_a_slice_in_bands_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    grids = Grids((21, 30, 18), (40, 61, 50))
    _, way = ways(9, 3, "cpu")
    whole = way.labels(image(3), WINDOW, grids, 9, lambda part: None)
    monkeypatch.setattr(labelling, "BLENDED", 9 * 50 * 4)
    assert np.array_equal(way.labels(image(3), WINDOW, grids, 9, lambda part: None), whole)


@DEVICES
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), channels=st.sampled_from([1, 3, 9]), fine=st.tuples(*[st.integers(5, 60)] * 3))
def test_regions_are_the_same_but_for_ties(device: str, seed: int, channels: int, fine: tuple[int, int, int]) -> None:
    grids = Grids((21, 30, 18), fine)
    first, second = (
        np.stack([one.full(fine) for one in way.regions(image(seed), WINDOW, grids, channels, lambda part: None)])
        for way in ways(channels, seed, device)
    )
    assert first.any()
    assert np.mean(first != second) <= 0.002


@DEVICES
def test_answers_that_are_no_numbers_are_refused_and_never_drawn(device: str) -> None:
    def broken(tile: torch.Tensor) -> torch.Tensor:
        return torch.cat((tile, tile / 0 * 0), dim=1)

    way = OnDevice(broken, Device(torch.device(device)))
    grids = Grids((21, 30, 18), (21, 30, 18))
    with pytest.raises(EngineFailed, match="MODEL_NUMBERS"):
        way.labels(image(0), WINDOW, grids, 2, lambda part: None)
    with pytest.raises(EngineFailed, match="MODEL_NUMBERS"):
        way.regions(image(0), WINDOW, grids, 2, lambda part: None)


@DEVICES
def test_the_channels_of_an_answer_are_told_before_a_series_is_drawn(device: str) -> None:
    for way in ways(7, 0, device):
        assert way.channels((8, 8, 8)) == 7
    odd = torch.nn.Conv3d(1, 2, 3).to(device)
    assert OnDevice(odd, Device(torch.device(device))).channels((8, 8, 8)) == 0
    assert OnCpu(numpy_predict(torch.nn.Conv3d(1, 2, 3))).channels((8, 8, 8)) == 0
