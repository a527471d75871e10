"""Whether there is a CUDA device, asked without importing torch where there can be none."""

from __future__ import annotations

import ctypes
from functools import cache

from model.process.installed import is_installed


@cache
def cuda_is_there() -> bool:
    """Whether the driver and a torch that uses it are there; torch, which takes seconds, is imported only then."""
    if not is_installed("torch"):
        return False
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    import torch

    return bool(torch.cuda.is_available())
