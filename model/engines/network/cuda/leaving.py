"""What is computed on a device comes back to the host, slice by slice, while the device goes on computing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import torch
from numpy.typing import NDArray

Place = TypeVar("Place")


def brought_back(found: Iterator[tuple[Place, torch.Tensor]]) -> Iterator[tuple[Place, NDArray[Any]]]:
    """Yield tensors of one type as arrays, in order, each with its place; one holds until the next is asked for.

    The next one is begun before the one before it has arrived. Two buffers of page-locked memory, of a slice each,
    are written in turn: memory that is not locked would be copied once more, and nothing could go on meanwhile.
    """
    buffers: list[torch.Tensor | None] = [None, None]
    on_its_way: tuple[Place, torch.Tensor, torch.cuda.Event | None] | None = None
    for number, (place, tensor) in enumerate(found):
        buffer = buffers[number % 2]
        if buffer is None or buffer.numel() < tensor.numel():
            buffer = torch.empty(tensor.numel(), dtype=tensor.dtype, pin_memory=tensor.is_cuda)
            buffers[number % 2] = buffer
        arriving = buffer[: tensor.numel()].view(tensor.shape)
        arriving.copy_(tensor, non_blocking=True)
        event = None
        if tensor.is_cuda:
            event = torch.cuda.Event()
            event.record(torch.cuda.current_stream(tensor.device))
        if on_its_way is not None:
            yield _arrived(*on_its_way)
        on_its_way = (place, arriving, event)
    if on_its_way is not None:
        yield _arrived(*on_its_way)


def _arrived(place: Place, arriving: torch.Tensor, event: torch.cuda.Event | None) -> tuple[Place, NDArray[Any]]:
    if event is not None:
        event.synchronize()
    return place, arriving.numpy()
