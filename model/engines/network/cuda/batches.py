"""Tiles through a network several at a time: as many as the device has room for, fewer where that was too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

import torch

from model.engines.network.memory import out_of_memory

# A batch of tiles (n, 1, z, y, x) to logits (n, classes, z, y, x).
TensorPredict = Callable[[torch.Tensor], torch.Tensor]
# Voxels of all tiles of a batch: four of 128³, dozens of a 2d network. A choice: no device was there to measure it on.
VOXELS = 2**23
# What is taken of the memory that is free: that of several tiles is no exact multiple of one's.
SHARE = 0.5


class Room(Protocol):
    """The memory of a device, in bytes."""

    def watch(self) -> None:
        """Begin to look at what is used."""
        ...

    def used(self) -> int:
        """Return the most that was used at a time since then."""
        ...

    def free(self) -> int:
        """Return what is free now."""
        ...


class CudaRoom:
    """The memory of a CUDA device, as torch's allocator knows it."""

    def __init__(self, device: torch.device) -> None:
        """Nothing is looked at yet."""
        self._device, self._before = device, 0

    def watch(self) -> None:
        """As Room says."""
        torch.cuda.reset_peak_memory_stats(self._device)
        self._before = torch.cuda.memory_allocated(self._device)

    def used(self) -> int:
        """As Room says."""
        return torch.cuda.max_memory_allocated(self._device) - self._before

    def free(self) -> int:
        """As Room says: what the driver has, and what the allocator keeps and does not use."""
        kept = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return torch.cuda.mem_get_info(self._device)[0] + kept


class Batches:
    """``predict`` of one tile, and then of as many as ``room`` has memory for; of one at a time without ``room``."""

    def __init__(self, predict: TensorPredict, room: Room | None) -> None:
        """Begin with one tile at a time; what the first one uses decides how many follow."""
        self._predict, self._room = predict, room
        self.size = 1

    def answers(self, tiles: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
        """Yield the logits (classes, z, y, x) of each tile (z, y, x), all of one shape, in order.

        Raises RuntimeError when the memory does not suffice for one tile.
        """
        first = next(tiles, None)
        if first is None:
            return
        if self._room is not None:
            self._room.watch()
        yield self._predict(first[None, None].contiguous())[0]
        if self._room is not None:
            self.size = fitting(first.numel(), self._room)
        while waiting := list(islice(tiles, self.size)):
            while waiting:
                now = waiting[: self.size]
                answers = self._computed(now)
                if answers is None:
                    self.size = len(now) // 2
                    torch.cuda.empty_cache()
                    continue
                del waiting[: len(now)]
                yield from answers
                del answers  # before there are the next

    def _computed(self, tiles: list[torch.Tensor]) -> torch.Tensor | None:
        """Return the logits of some tiles; None where memory is too short for them, and there are fewer to try."""
        try:
            return self._predict(torch.stack(tiles)[:, None])
        except (RuntimeError, MemoryError) as error:
            if len(tiles) == 1 or not out_of_memory(error):
                raise
        return None


def fitting(voxels: int, room: Room) -> int:
    """Return how many tiles of so many voxels are computed at a time, by what one of them used."""
    return max(1, min(VOXELS // voxels, int(SHARE * room.free() / max(1, room.used()))))
