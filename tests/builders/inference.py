"""Inference processes that stop before each tile until a test lets them go on, or that lack memory."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from model.engines.network.runtime.inference import compute_for_workers
from model.engines.network.runtime.openvino import OpenVino

# Names the folder in which a process that stops writes "begun", and waits for "go".
FOLDER = "AUTOCONTOUR_TEST_TILES"
LARGEST = 8 * 32 * 32

Array = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def compute_when_let(control: socket.socket) -> None:
    """Begin a tile, and compute it once the test says so or nobody wants it any more."""
    folder, compute = Path(os.environ[FOLDER]), OpenVino.compute

    def waiting(self: OpenVino, tile: Array, answer: Array, wanted: Callable[[], bool]) -> bool:
        (folder / "begun").touch()
        while wanted() and not (folder / "go").exists():
            time.sleep(0.01)
        return compute(self, tile, answer, wanted)

    OpenVino.compute = waiting  # type: ignore[method-assign]
    compute_for_workers(control)


def compute_small_tiles(control: socket.socket) -> None:
    """Lack memory for tiles of more than LARGEST voxels."""
    compute = OpenVino.compute

    def short(self: OpenVino, tile: Array, answer: Array, wanted: Callable[[], bool]) -> bool:
        if tile.size > LARGEST:
            raise MemoryError
        return compute(self, tile, answer, wanted)

    OpenVino.compute = short  # type: ignore[method-assign]
    compute_for_workers(control)


def end_at_once(control: socket.socket) -> None:
    """Never begin."""
    del control
    os._exit(3)
