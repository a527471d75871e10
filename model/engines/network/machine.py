"""What computes a network, by name: the runtime, its version, and the processor's instructions that it rounds with.

bf16 is computed by instructions of its own (AMX, AVX512-BF16) or imitated, and each way rounds otherwise: what was
found of bf16 on one machine says nothing of another kind of machine.
"""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

# Of x86-64 and of 64-bit ARM, the first that a processor has; those of bf16 stand first.
BF16 = ("amx_bf16", "avx512_bf16", "bf16")
OTHER = ("avx512f", "avx2", "asimd")


@cache
def instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the best that this processor has, such as ``avx512_bf16``; its architecture where nothing is told."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return platform.machine()
    told = next((line for line in lines if line.partition(":")[0].strip() in ("flags", "Features")), "")
    known = set(told.partition(":")[2].split())
    return next((one for one in (*BF16, *OTHER) if one in known), platform.machine())


def runtime_name(name: str, version: str, place: str | None = None) -> str:
    """Return such as ``torch 2.13.0 on avx512_bf16``; ``place`` is a device, in place of this processor."""
    return f"{name} {version} on {place or instructions()}"


def imitates_bf16(runtime: str) -> bool:
    """Whether a runtime of this name computes bf16 by instructions for wider numbers, which is never faster."""
    return runtime.rpartition(" on ")[2] in (*OTHER, platform.machine())
