"""Tiles go through a network several at a time where there is room, and come out as one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model.engines.network.cuda.batches import Batches, CudaRoom, Room, fitting
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.window import slices
from model.engines.network.window import Window
from tests.builders.devices import DEVICES, NO_CUDA

WINDOW = Window((8, 16, 12), flips=(0, 2))
# Three tiles along each axis, four images of each tile.
ANSWERS = 27 * 4


class Plenty:
    """The memory of a device that has room for so many tiles."""

    def __init__(self, tiles: int) -> None:
        self._tiles = tiles

    def watch(self) -> None:
        """Nothing to note."""

    def used(self) -> int:
        """Of one tile."""
        return 100

    def free(self) -> int:
        """Twice what the tiles use: half of it is taken."""
        return 200 * self._tiles


class Network:
    """Two convolutions and a norm with random weights, that note how many tiles they got at a time."""

    def __init__(
        self, device: str, most: int = 1000, error: str = "CUDA out of memory. Tried to allocate 2 GiB"
    ) -> None:
        torch.manual_seed(0)
        self._layers = torch.nn.Sequential(
            torch.nn.Conv3d(1, 8, 3, padding=1),
            torch.nn.InstanceNorm3d(8),
            torch.nn.LeakyReLU(),
            torch.nn.Conv3d(8, 5, 3, padding=1),
        )
        self._layers.to(device).requires_grad_(False)
        self._most, self._error = most, error
        self.sizes: list[int] = []

    def __call__(self, tiles: torch.Tensor) -> torch.Tensor:
        """Logits; more than ``most`` tiles are too many for the memory."""
        self.sizes.append(len(tiles))
        if len(tiles) > self._most:
            raise RuntimeError(self._error)
        answer: torch.Tensor = self._layers(tiles)
        return answer


def drawn(network: Network, room: Room | None, device: str) -> torch.Tensor:
    """(classes, z, y, x) averaged logits of an image of noise, on the host."""
    image = torch.from_numpy(np.random.default_rng(0).normal(size=(16, 32, 24)).astype(np.float32))
    batches = Batches(Device(torch.device(device)).run(network), room)
    return torch.stack(list(slices(image.to(device), WINDOW, batches, 5)), dim=1).cpu()


@DEVICES
@pytest.mark.parametrize("tiles", [2, 7, 500])
def test_logits_are_those_of_one_tile_at_a_time_but_for_the_last_digits(device: str, tiles: int) -> None:
    one_by_one, together = Network(device), Network(device)
    expected, found = drawn(one_by_one, None, device), drawn(together, Plenty(tiles), device)
    assert set(one_by_one.sizes) == {1}
    assert together.sizes[:2] == [1, min(tiles, ANSWERS - 1)]
    assert sum(together.sizes) == sum(one_by_one.sizes) == ANSWERS
    assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert (found.argmax(dim=0) != expected.argmax(dim=0)).float().mean() <= 0.0005


@DEVICES
def test_a_batch_that_is_too_large_is_halved_and_nothing_is_lost_or_drawn_twice(device: str) -> None:
    network = Network(device, most=3)
    found = drawn(network, Plenty(16), device)
    assert network.sizes[:6] == [1, 16, 8, 4, 2, 2]
    assert sum(size for size in network.sizes if size <= 3) == ANSWERS
    assert torch.allclose(found, drawn(Network(device), None, device), atol=1e-4)


def test_one_tile_that_is_too_large_is_for_others_to_make_smaller() -> None:
    with pytest.raises(RuntimeError, match="out of memory"):
        drawn(Network("cpu", most=0), Plenty(16), "cpu")


def test_another_error_of_a_batch_is_not_taken_for_short_memory() -> None:
    network = Network("cpu", most=1, error="shapes differ")
    with pytest.raises(RuntimeError, match="shapes differ"):
        drawn(network, Plenty(4), "cpu")
    assert network.sizes == [1, 4]


def test_tiles_that_fill_a_device_by_themselves_are_not_held_back_for_others() -> None:
    assert fitting(128**3, Plenty(100)) == 4
    assert fitting(64**3, Plenty(100)) == 32
    assert fitting(64**3, Plenty(3)) == 3
    assert fitting(256**3, Plenty(100)) == 1
    assert fitting(64**3, Plenty(0)) == 1


@NO_CUDA
def test_what_a_tile_uses_of_a_cuda_device_is_seen() -> None:
    device = torch.device("cuda")
    room = CudaRoom(device)
    room.watch()
    network = Network("cuda")
    tile = torch.zeros((1, 1, 64, 64, 64), device=device)
    network(tile)
    # At least the eight features of the first layer and the five classes.
    assert room.used() >= 13 * 4 * 64**3
    assert room.free() > 0
