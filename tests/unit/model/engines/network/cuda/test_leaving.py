"""Slices come back from a device in order, each whole, although the buffers are used again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from model.engines.network.cuda.leaving import brought_back
from tests.builders.devices import DEVICES

# Growing and shrinking, with nothing on one of them.
SHAPES = [(3, 4), (5, 6), (2, 2), (0, 3), (7, 1), (5, 6)]


def made(device: str) -> Iterator[tuple[int, torch.Tensor]]:
    for number, shape in enumerate(SHAPES):
        yield number, torch.full(shape, number, dtype=torch.int16, device=device)


@DEVICES
def test_each_slice_arrives_with_its_place_and_its_values(device: str) -> None:
    found = [(place, array.copy()) for place, array in brought_back(made(device))]
    assert [place for place, _ in found] == list(range(len(SHAPES)))
    for (number, array), shape in zip(found, SHAPES, strict=True):
        assert array.shape == shape
        assert array.dtype == np.int16
        assert (array == number).all()


def test_nothing_arrives_from_nothing() -> None:
    assert list(brought_back(iter(()))) == []


def test_what_fails_on_its_way_fails_and_is_not_left_out() -> None:
    def broken() -> Iterator[tuple[int, torch.Tensor]]:
        yield 0, torch.zeros(2)
        raise RuntimeError("CUDA error: out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        list(brought_back(broken()))
