"""Tiles of air are not computed, and what is drawn is what would have been drawn with them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.engines.engine import AirTiles
from model.engines.network import air
from model.engines.network.air import Air, Skipping, air_of, tiles_of_air, together
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.way import OnDevice
from model.engines.network.head import Head
from model.engines.network.runtime.torch_cpu import numpy_predict
from model.engines.network.way import Grids, OnCpu, Way
from model.engines.network.window import Shape, Window

Array = NDArray[np.float32]
Drawn = NDArray[np.uint16] | NDArray[np.bool_]
SHAPE: Shape = (20, 48, 44)
# Hundreds of HU, in which a network of these tests sees its images.
AIR = Air(-11.0, -10.0, -9.0)
FINE: Shape = (40, 96, 88)


def image(shape: Shape = SHAPE, noise: float = 0.1) -> Array:
    """A body of blobs in a corner of much air."""
    generator = np.random.default_rng(0)
    made = -10 + noise * generator.normal(size=shape)
    made[: shape[0] // 2, :14, :12] = generator.normal(size=(shape[0] // 2, 14, 12))
    return np.clip(made, -10.9, None).astype(np.float32)


class Centres(torch.nn.Module):
    """Channels by the mean of the nearest voxels: class 0 is air, also beside the edges of a tile."""

    def __init__(self, centres: tuple[float, ...] = (-5.0, 0.0, 0.5)) -> None:
        super().__init__()
        self.layer = torch.nn.Conv3d(1, len(centres), 3, padding=1)
        values = torch.tensor(centres)
        # A mean beside the edge of a tile is one with zeros: in a corner it is -3 where all is air.
        self.layer.weight.data = (values.reshape(-1, 1, 1, 1, 1) / 27).expand(-1, 1, 3, 3, 3).clone()
        self.layer.bias = torch.nn.Parameter(-values * values / 2)
        self.requires_grad_(False)

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """Logits."""
        answer: torch.Tensor = self.layer(tile)
        return answer


@dataclass
class Counted:
    """A network on the CPU that counts the tiles it computes."""

    network: Callable[[torch.Tensor], torch.Tensor]
    tiles: int = 0
    told: list[AirTiles] = field(default_factory=list)

    def predict(self, tile: torch.Tensor) -> torch.Tensor:
        self.tiles += 1
        return self.network(tile)

    def ways(self) -> dict[str, Way]:
        return {
            "cpu": OnCpu(numpy_predict(self.predict)),
            "device": OnDevice(self.predict, Device(torch.device("cpu"))),
        }

    def drawn(self, way: str, seen: Array, window: Window, *, regions: bool = False) -> tuple[Drawn, Drawn]:
        """What is drawn with all tiles, and without those of air."""
        shape: Shape = (seen.shape[0], seen.shape[1], seen.shape[2])
        fine: Shape = (2 * shape[0], 2 * shape[1], 2 * shape[2])
        found: list[Drawn] = []
        for skipping in (None, Skipping(AIR, self.told.append)):
            self.tiles = 0
            arguments = (seen, window, Grids(shape, fine), 3, lambda part: None, skipping)
            if regions:
                masks = self.ways()[way].regions(*arguments)
                found.append(np.stack([one.full(fine) for one in masks]))
            else:
                found.append(self.ways()[way].labels(*arguments))
        return found[0], found[1]


WAYS = pytest.mark.parametrize("way", ["cpu", "device"])


@WAYS
@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("flips", [(), (1,), (0, 1, 2)])
def test_labels_are_the_same_and_the_tiles_are_not_computed(way: str, noise: float, flips: tuple[int, ...]) -> None:
    network = Counted(Centres())
    window = Window((8, 16, 16), flips=flips)
    whole, skipping = network.drawn(way, image(noise=noise), window)
    assert np.array_equal(whole, skipping)
    assert set(np.unique(whole)) == {0, 1, 2}
    (told,) = network.told
    tiles = math.prod(len(axis) for axis in window.steps(SHAPE))
    assert told.tiles == tiles
    assert told.skipped > tiles / 3
    # Two of them are computed to learn the answer; one, where all are one tile.
    assert network.tiles == (tiles - told.skipped + (2 if noise else 1)) * 2 ** len(flips)


@WAYS
def test_channels_of_their_own_are_the_same(way: str) -> None:
    def regions(tile: torch.Tensor) -> torch.Tensor:
        near = torch.nn.functional.avg_pool3d(tile, 3, stride=1, padding=1)
        return torch.cat((near + 5.5, near - 0.2, near - 1), dim=1)

    network = Counted(regions)
    window = Window((8, 16, 16), gaussian=False)
    seen = image()
    # Beside the edge of a tile the padding of this network is brighter than air.
    whole, skipping = network.drawn(way, seen, window, regions=True)
    assert whole.any()
    assert np.array_equal(whole, skipping)
    (told,) = network.told
    assert told.skipped == 0
    assert told.reason == air.DRAWN


@WAYS
def test_regions_that_are_nothing_in_air_are_skipped(way: str) -> None:
    network = Counted(lambda tile: torch.cat((tile + 5.5, tile - 0.2, tile - 1), dim=1))
    whole, skipping = network.drawn(way, image(), Window((8, 16, 16)), regions=True)
    assert whole.any(axis=(1, 2, 3)).all()
    assert np.array_equal(whole, skipping)
    assert network.told[0].skipped > 0


@WAYS
def test_a_network_that_draws_in_air_computes_every_tile(way: str) -> None:
    network = Counted(Centres((0.0, -10.0, 0.5)))
    whole, skipping = network.drawn(way, image(), Window((8, 16, 16)))
    assert np.array_equal(whole, skipping)
    (told,) = network.told
    assert (told.skipped, told.reason) == (0, air.DRAWN)


@WAYS
def test_a_network_that_draws_in_the_loudest_air_alone_computes_every_tile(way: str) -> None:
    seen = image(noise=0.0)
    seen[-8:, -16:, -16:] = -9.05  # one tile, which a network takes for a structure
    network = Counted(lambda tile: torch.cat((torch.full_like(tile, -9.5), tile, tile - 2), dim=1))
    whole, skipping = network.drawn(way, seen, Window((8, 16, 16)))
    assert np.array_equal(whole, skipping)
    assert network.told[0].reason == air.DRAWN


def test_one_voxel_that_is_not_air_makes_a_tile_another() -> None:
    window = Window((8, 16, 16), overlap=0.0)
    seen = np.full((8, 32, 16), -10, dtype=np.float32)
    assert tiles_of_air(seen, window, AIR).places == {(0, 0, 0), (0, 16, 0)}
    for value, is_air in ((-8.99, False), (-9.0, True), (-11.0, True), (-11.01, False), (float("nan"), False)):
        seen[7, 16, 15] = value
        expected = {(0, 0, 0), (0, 16, 0)} if is_air else {(0, 0, 0)}
        assert tiles_of_air(seen, window, AIR).places == expected


@WAYS
def test_padding_counts_as_air_and_labels_are_the_same(way: str) -> None:
    # Thinner than a tile: above and below it there are zeros, as in every other tile.
    seen = image((5, 48, 44))
    network = Counted(Centres((-5.0, 0.0, 0.5)))
    window = Window((8, 16, 16))
    found = tiles_of_air(seen, window, AIR)
    assert found.places
    assert found.quiet.shape == (8, 16, 16)
    assert not found.quiet[0].any()
    # Where there is no image, the network draws a structure; nobody sees it.
    padded = network.network(torch.from_numpy(found.quiet)[None, None])[0].argmax(dim=0)
    assert bool(padded[-1].any())
    assert not bool(padded[found.inside].any())
    whole, skipping = network.drawn(way, seen, window)
    assert np.array_equal(whole, skipping)
    assert network.told[0].skipped == len(found.places)


def test_with_the_last_layer_taken_off_the_labels_are_the_same() -> None:
    weights = np.array([[-10.0], [0.0], [0.5]], dtype=np.float32)
    head = Head(weights, np.asarray(-np.square(weights) / 2, dtype=np.float32))
    told: list[AirTiles] = []
    way = OnCpu(lambda tile: tile, head=head)
    found = [
        way.labels(image(), Window((8, 16, 16)), Grids(SHAPE, FINE), 3, lambda part: None, skipping)
        for skipping in (None, Skipping(AIR, told.append))
    ]
    assert np.array_equal(found[0], found[1])
    assert told[0].skipped > 0
    structure = OnCpu(lambda tile: tile, head=Head(head.weights[::-1].copy(), head.bias[::-1].copy()))
    structure.labels(image(), Window((8, 16, 16)), Grids(SHAPE, FINE), 3, lambda part: None, Skipping(AIR, told.append))
    assert told[1].reason == air.DRAWN


def test_an_answer_that_is_too_large_to_be_held_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Counted(Centres())
    monkeypatch.setattr(air, "HELD_BYTES", 3 * 4 * 8 * 16 * 16 - 1)
    whole, skipping = network.drawn("cpu", image(), Window((8, 16, 16)))
    assert np.array_equal(whole, skipping)
    assert (network.told[0].skipped, network.told[0].reason) == (0, air.HELD)


def test_two_tiles_are_computed_rather_than_looked_at() -> None:
    network = Counted(Centres())
    seen = np.full((8, 16, 32), -10, dtype=np.float32)
    network.drawn("cpu", seen, Window((8, 16, 16), overlap=0.0))
    assert network.told == [AirTiles(2, 0)]
    assert network.tiles == 2


def test_a_runtime_may_use_one_buffer_for_all_its_answers() -> None:
    buffer = np.empty((1, 2, 8, 16, 16), dtype=np.float32)

    def predict(tile: Array) -> Array:
        buffer[0, 0], buffer[0, 1] = -5.0, tile[0, 0]
        return buffer

    way = OnCpu(predict)
    told: list[AirTiles] = []
    found = [
        way.labels(image(), Window((8, 16, 16)), Grids(SHAPE, FINE), 2, lambda part: None, skipping)
        for skipping in (None, Skipping(AIR, told.append))
    ]
    assert np.array_equal(found[0], found[1])
    assert told[0].skipped > 0


def test_air_is_told_in_the_numbers_of_a_network() -> None:
    seen = air_of(lambda hu: np.asarray((np.maximum(hu, -1024) + 24) / 100, dtype=np.float32))
    assert (seen.lowest, seen.plain, seen.highest) == pytest.approx((-10.0, -9.76, -8.76), abs=2 * air.ROUNDING)
    one = air_of(lambda hu: np.asarray(np.maximum(hu, -160) / 100, dtype=np.float32))
    assert one.highest - one.lowest == pytest.approx(2 * air.ROUNDING)


def test_several_networks_have_one_outcome() -> None:
    assert together([]) is None
    assert together([AirTiles(9, 3), AirTiles(5, 0, "x"), AirTiles(5, 0, "x")]) == AirTiles(19, 3, "x")
