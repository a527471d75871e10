"""As nnU-Net draws: at least 99.99 % of the voxels of a real CT, for each kind of network; ``make test-models``.

Its name keeps it out of ``make test``: it needs nnU-Net itself and trains for minutes the first time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

from tests.models.compare import IMAGES, compare

EQUAL = 0.9999


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """On a busy machine two threads wait for each other longer than they work; speed is for the benchmark."""
    before, torch_before = os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads()
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(torch_before)
    os.environ.pop("OMP_NUM_THREADS")
    if before is not None:
        os.environ["OMP_NUM_THREADS"] = before


@pytest.mark.parametrize("name", IMAGES)
def test_voxels_are_those_of_nnunet(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = compare(name)
    with capsys.disabled():
        print(f"\n{name}: {100 * found.equal:.4f} % equal, {100 * found.precise:.4f} % with buffers of 32 bits")
    assert found.equal >= EQUAL
    # What differs comes from the 16 bits of nnU-Net's buffers: with more it is nearer.
    assert found.precise >= found.equal
    assert found.foreground > 0.99
