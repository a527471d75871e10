"""How many threads may compute here: the cores of this process, its share of them, or what the site says."""

from __future__ import annotations

import os
from pathlib import Path

# What the site may say, and several workers are told.
SAID = "OMP_NUM_THREADS"
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def threads() -> int:
    """Return OMP_NUM_THREADS where it is set, else the cores that this process may use."""
    said = os.environ.get(SAID, "").partition(",")[0].strip()
    if said.isdigit() and int(said) > 0:
        return int(said)
    return cores()


def share_cores(workers: int) -> None:
    """Take this process's share of the cores for what computes in it, where several workers are; the site's word goes.

    Two networks that take all cores each wait for each other's threads.
    """
    if workers > 1:
        os.environ.setdefault(SAID, str(max(1, cores() // workers)))


def cores(quota: Path = QUOTA) -> int:
    """Return the cores that this process may use, by its affinity and by its container's share of time."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        most, period = quota.read_text().split()
        if most != "max":
            allowed = min(allowed, -(-int(most) // int(period)))
    except (OSError, ValueError, ZeroDivisionError):
        pass
    return max(1, allowed)
