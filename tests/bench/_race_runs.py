"""One run of a race: a process from its start to its end, alone or beside others that keep the cores busy."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Run:
    """``seconds`` of the whole process without what is not its work; ``peak`` GB of its largest process."""

    seconds: float
    load: float
    predict: float
    peak: float
    place: str
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Failed:
    """A run that ended without a result, and what it said last."""

    reason: str


def run(command: Sequence[str], out: Path, *, memory_gb: float, threads: int) -> Run | Failed:
    """Run one contender; it may take so much memory and no more, so that it fails instead of the machine."""
    limit = int(memory_gb * 1e9)
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": ""}
    out.unlink(missing_ok=True)
    started = time.perf_counter()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)),
    )
    seconds = time.perf_counter() - started
    if done.returncode or not out.is_file():
        said = (done.stderr.strip().splitlines() or [""])[-1]
        return Failed(f"ended with {done.returncode} at {memory_gb:g} GB at most: {said[:160]}")
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    whole = seconds - told.get("aside", 0.0)
    return Run(whole, told["load"], told["predict"], told["peak"], told["place"], np.load(out))


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep so many processes computing beside what runs."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in others:
            one.kill()
            one.wait()
