"""Core files: whether this machine writes them into the working folder, and a process that may."""

from __future__ import annotations

import resource
from pathlib import Path


def cores_are_written() -> bool:
    """Whether the kernel writes core files beside the process that dies; elsewhere a program takes them."""
    return not Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/"))


def unlimited_cores() -> None:
    """Let this process and its children write core files of any size."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
