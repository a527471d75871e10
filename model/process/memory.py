"""How a process of ours keeps the memory that it will need again at once, and what it does not look at again.

A slice of 512 x 512 is half a megabyte. By itself glibc gives blocks of that size back to the system as soon as they
are free, and the next slice pays for every page anew: 0.5 ms for a block, more than all that is computed on it.
"""

from __future__ import annotations

import ctypes
import gc

# glibc's malloc.h. Setting one of the thresholds turns off that glibc adapts both by itself.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
KEPT_BYTES = 4 << 20


def keep_freed_blocks(arenas: int | None = None) -> None:
    """Keep up to KEPT_BYTES at the end of each of malloc's arenas; does nothing where malloc is another one's.

    ``arenas`` is how many there may be, for a process of many threads that take turns.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(_TRIM_THRESHOLD, KEPT_BYTES)
        if arenas is not None:
            mallopt(_ARENA_MAX, arenas)


def leave_out_of_collections() -> None:
    """Take what lives as long as the process (modules, parts, tables) out of Python's searches for garbage.

    Half a million objects; each search for cycles while a long series is worked on went over all of them.
    """
    gc.collect()
    gc.freeze()
