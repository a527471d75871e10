"""Processes as the kernel shows them (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path


def children(process: int, word: str = "") -> list[int]:
    """The processes that one has started, with a word in their command line."""
    return [
        int(path.name)
        for path in Path("/proc").glob("[0-9]*")
        if parent_of(path) == process and word in command_of(path)
    ]


def workers_of(process: int) -> list[int]:
    """The workers that a gateway or a service has spawned."""
    return children(process, "spawn_main")


def alive(pid: int) -> bool:
    """Whether it runs: not gone, and not only waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def peak_bytes(pid: int) -> int:
    """The most memory that a process had resident at once; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a process has had; 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parent_of(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0  # ended meanwhile


def command_of(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def environment_of(process: int) -> set[str]:
    """The names of the variables that a process was started with."""
    text = Path(f"/proc/{process}/environ").read_bytes().decode(errors="replace")
    return {line.partition("=")[0] for line in text.split("\0") if line}


def core_limits(process: int) -> list[str]:
    """The soft and the hard limit of core files."""
    line = next(one for one in Path(f"/proc/{process}/limits").read_text().splitlines() if "core file size" in one)
    return line.split()[4:6]


def working_folder(process: int) -> Path:
    """Where a process works."""
    return Path(f"/proc/{process}/cwd").resolve()
