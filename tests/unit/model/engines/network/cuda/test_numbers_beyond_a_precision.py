"""Numbers that a lower precision cannot hold are never drawn: fp32 draws instead, and says so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.engines.network.cuda import places
from model.engines.network.cuda.batches import TensorPredict
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.way import OnDevice
from model.engines.network.labelling import Found, Labels
from model.engines.network.placed import Placed
from model.engines.network.way import Grids, OnCpu, Way
from model.engines.network.window import Shape, Window
from model.errors import EngineFailed
from model.packages.document import Precision
from tests.builders.devices import DEVICES
from tests.builders.volumes import blobs

SHAPE = (12, 20, 18)
WINDOW = Window((8, 16, 16))


class Loud(torch.nn.Module):
    """Two classes whose logits are a million times the image: beyond fp16, and not beyond bf16."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv3d(1, 2, 1, bias=False).requires_grad_(False)
        self.layer.weight.copy_(torch.tensor([-1e6, 1e6]).reshape(2, 1, 1, 1, 1))

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """Logits."""
        answer: torch.Tensor = self.layer(tile)
        return answer


def image() -> NDArray[np.float32]:
    values = blobs(SHAPE).astype(np.float32)
    return np.asarray(values / np.abs(values).max() - 0.3, dtype=np.float32)


def draw(way: Way, window: Window) -> Labels:
    return way.labels(image(), window, Grids(SHAPE, SHAPE), 2, lambda part: None)


def no_smaller(patch: Shape) -> Shape | None:
    return None


def on(device: str, precision: Precision) -> Callable[[], Way]:
    return lambda: OnDevice(Loud().to(device), Device(torch.device(device), precision))


@DEVICES
def test_fp32_draws_in_its_place_and_the_next_series_begins_again_in_fp16(device: str) -> None:
    placed = Placed(on(device, "fp16"), None, on(device, "fp32"))
    found, notes = placed.drawn(WINDOW, no_smaller, draw)
    assert notes == ["drawn in fp32, as numbers of the network went beyond fp16"]
    assert np.array_equal(np.asarray(found), image() > 0)
    assert placed.way.precision == "fp32"
    _, notes = placed.drawn(WINDOW, no_smaller, draw)
    assert len(notes) == 1


@DEVICES
def test_bf16_reaches_as_far_as_fp32(device: str) -> None:
    found, notes = Placed(on(device, "bf16"), None, on(device, "fp32")).drawn(WINDOW, no_smaller, draw)
    assert notes == []
    assert np.array_equal(np.asarray(found), image() > 0)


@DEVICES
def test_where_nothing_else_may_draw_nothing_is_drawn(device: str) -> None:
    with pytest.raises(EngineFailed, match="MODEL_NUMBERS"):
        Placed(on(device, "fp16")).drawn(WINDOW, no_smaller, draw)


def test_fp32_that_overflows_itself_is_not_tried_again() -> None:
    tried = []

    def broken(way: Way, window: Window) -> Found:
        tried.append(way.label)
        raise EngineFailed("MODEL_NUMBERS", "no numbers")

    with pytest.raises(EngineFailed, match="MODEL_NUMBERS"):
        Placed(on("cpu", "fp16"), None, on("cpu", "fp32")).drawn(WINDOW, no_smaller, broken)
    assert tried == ["cpu fp16", "cpu fp32"]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CUDA device by its name alone: nothing is computed on it."""
    monkeypatch.setattr(places, "best_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "card")


def on_the_card(*, trial: bool) -> Placed:
    def at(device: torch.device) -> TensorPredict:
        return Loud()

    return places.placed(at, lambda runtime: "fp16", together=True, trial=trial)


def short_or_beyond(way: Way, window: Window) -> Found:
    """Beyond fp16 at first, then too large for the card."""
    if way.precision == "fp16":
        raise EngineFailed("MODEL_NUMBERS", "no numbers")
    if not isinstance(way, OnCpu):
        raise RuntimeError("CUDA out of memory")
    return draw(way, window)


@pytest.mark.usefixtures("card")
def test_a_job_gets_fp32_on_the_card_and_then_the_cpu() -> None:
    found, notes = on_the_card(trial=False).drawn(WINDOW, no_smaller, short_or_beyond)
    assert notes == [
        "drawn in fp32, as numbers of the network went beyond fp16",
        "drawn on the CPU, as the GPU's memory was short",
    ]
    assert np.array_equal(np.asarray(found), image() > 0)


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory"), EngineFailed("MODEL_NUMBERS", "no numbers")])
def test_in_the_test_of_precision_nothing_draws_but_what_is_tested(error: Exception) -> None:
    placed = on_the_card(trial=True)

    def fails(way: Way, window: Window) -> Found:
        assert way.label == "cuda fp16"
        raise error

    with pytest.raises(EngineFailed, match=r"OUT_OF_MEMORY|MODEL_NUMBERS"):
        placed.drawn(WINDOW, no_smaller, fails)
