"""An image that is resampled where it is drawn does not take memory while its tiles are."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.engines.network.cuda.device import Device
from model.engines.network.cuda.way import OnDevice
from model.engines.network.way import Grids, OnCpu
from model.engines.network.window import Window
from tests.builders.devices import DEVICES

GRIDS = Grids((8, 16, 16), (16, 32, 32), there=(3, 3, 3))
WINDOW = Window((8, 8, 8))


class Held:
    """Makes an image, and knows whether anybody holds it still."""

    def __init__(self) -> None:
        self._seen: list[weakref.ref[NDArray[np.float32]]] = []
        self.held: list[bool] = []

    def image(self) -> NDArray[np.float32]:
        """A new one."""
        made = np.random.default_rng(0).normal(size=GRIDS.fine).astype(np.float32)
        self._seen.append(weakref.ref(made))
        return made

    def look(self) -> None:
        """Note whether it is held now."""
        self.held.append(self._seen[-1]() is not None)


@pytest.mark.parametrize("regions", [False, True])
def test_on_the_cpu(regions: bool) -> None:
    held = Held()

    def predict(tile: NDArray[np.float32]) -> NDArray[np.float32]:
        held.look()
        return np.concatenate((tile, -tile), axis=1)

    way = OnCpu(predict)
    draw = way.regions if regions else way.labels
    draw(held.image(), WINDOW, GRIDS, 2, lambda part: None)
    assert set(held.held) == {False}


@DEVICES
@pytest.mark.parametrize("regions", [False, True])
def test_on_a_device(device: str, regions: bool) -> None:
    held = Held()

    def predict(tile: torch.Tensor) -> torch.Tensor:
        held.look()
        return torch.cat((tile, -tile), dim=1)

    way = OnDevice(predict, Device(torch.device(device)))
    draw = way.regions if regions else way.labels
    draw(held.image(), WINDOW, GRIDS, 2, lambda part: None)
    assert set(held.held) == {False}
