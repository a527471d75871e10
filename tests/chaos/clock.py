"""A clock that is wrong for one process: a small library that is loaded before the others."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long ahead(void) {
    const char *text = getenv("CLOCK_AHEAD");
    return text ? atol(text) : 0;
}
int clock_gettime(clockid_t which, struct timespec *now) {
    long failed = syscall(SYS_clock_gettime, which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead();
    return (int)failed;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *where) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (where) *where = exact.tv_sec;
    return exact.tv_sec;
}
"""


def missing() -> str:
    """What is lacking for it; empty when nothing is."""
    return "" if shutil.which("gcc") else "needs gcc"


def wrong_clock(folder: Path, seconds: int) -> dict[str, str]:
    """The environment of a process whose clock is so many seconds ahead (below 0: behind)."""
    library = folder / "clock.so"
    if not library.exists():
        command = ("gcc", "-shared", "-fPIC", "-O2", "-x", "c", "-o", str(library), "-")
        subprocess.run(command, input=SOURCE.encode(), check=True, capture_output=True)
    return {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(seconds)}
