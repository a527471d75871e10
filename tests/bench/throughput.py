"""Jobs per second with one, two and four gateways on one PostgreSQL, each with an engine that sleeps."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.bench._simulation import simulated_locally

GATEWAYS = (1, 2, 4)
# Jobs at once at each gateway; with the longer sleep the engines are the limit, with the shorter one the cores.
WORKERS, SLEEPS = 2, (4.0, 1.0)
# For each gateway: the first and the last turn of its workers count little.
SERIES = 24


def main() -> None:
    """Print a table."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{SERIES} series of 8 slices for each gateway, {WORKERS} workers each; {cores} cores, load {load:.1f}\n")
    print(
        "| the engine sleeps | gateways | s | jobs/s | beside one gateway | processor seconds per series "
        "| transactions per series |\n|---|---|---|---|---|---|---|"
    )
    for sleep in SLEEPS:
        alone = 0.0
        for count in GATEWAYS:
            with tempfile.TemporaryDirectory() as folder:
                cost = simulated_locally(Path(folder), count, SERIES * count, workers=WORKERS, sleep=sleep)
            work = sum(cost.processor.values()) / cost.series
            rate, asked = cost.series / cost.seconds, cost.transactions / cost.series
            alone = alone or rate
            figures = f"{cost.seconds:.1f} | {rate:.2f} | {rate / alone:.1f} | {work:.2f} | {asked:.0f}"
            print(f"| {sleep:.0f} s | {count} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
