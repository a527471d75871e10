"""How a process of ours keeps the memory that it will need again at once, and what it does not look at again.

A slice of 512 x 512 is half a megabyte. By itself glibc gives blocks of that size back to the system as soon as they
are free, and the next slice pays for every page anew: 0.5 ms for a block, more than all that is computed on it.
"""

from __future__ import annotations

import ctypes
import gc

# glibc's malloc.h. Setting either one turns off that glibc adapts both by itself.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 8 << 20


def keep_freed_blocks() -> None:
    """Keep up to KEPT_BYTES at the end of each of malloc's arenas; does nothing where malloc is another one's."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(_TRIM_THRESHOLD, KEPT_BYTES)


def leave_out_of_collections() -> None:
    """Take what lives as long as the process (modules, parts, tables) out of Python's searches for garbage.

    Half a million objects; each search for cycles while a long series is worked on went over all of them.
    """
    gc.collect()
    gc.freeze()
