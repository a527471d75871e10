"""When memory runs out: how it is told, and the next smaller tile."""

from __future__ import annotations

from model.engines.network.window import Shape

# Of torch, of its allocators, and of cuDNN and cuBLAS, which ask for memory of their own.
WORDS = ("out of memory", "not enough memory", "can't allocate memory", "status_alloc_failed")


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, on the GPU or beside it."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error).lower() for words in WORDS)
    )


def smaller(patch: Shape, multiple: Shape) -> Shape | None:
    """Return a tile of half the longest axis, in whole multiples of what the network strides by.

    It is None when the tile is the smallest already.
    """
    for axis in sorted(range(3), key=lambda a: -patch[a]):
        half = -(-patch[axis] // (2 * multiple[axis])) * multiple[axis]
        if half < patch[axis]:
            return (
                half if axis == 0 else patch[0],
                half if axis == 1 else patch[1],
                half if axis == 2 else patch[2],
            )
    return None
