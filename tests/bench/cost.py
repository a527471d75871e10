"""What one series costs, part by part, on SQLite and on PostgreSQL, with a service that sleeps."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.bench._simulation import simulated

SERIES = 20
SLICES = (8, 64)


def main() -> None:
    """Print a table for each length of a series."""
    print(f"{SERIES} series of 64 x 64 pixels; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for slices in SLICES:
        for shared in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                cost = simulated(Path(folder), 1, SERIES, shared=shared, slices=slices)
            print(f"\n{slices} slices, {'PostgreSQL' if shared else 'SQLite'}; per series:")
            for name in cost.processor:
                taken, worked = cost.intake_processor[name] / SERIES, cost.processor[name] / SERIES
                print(f"  {name:<24} {taken:6.3f} s of the processor to take it in, {worked:6.3f} s for the job")
            print(f"  seconds                  {cost.seconds / SERIES:.2f}")
            print(
                f"  chain                    {cost.chain_bytes / SERIES:.0f} bytes, {cost.records / SERIES:.1f} records"
            )
            print(
                f"  database                 {cost.database_bytes / SERIES / 1000:.1f} kB (all files, fresh)",
                flush=True,
            )
            rows = ", ".join(f"{name} {rows / SERIES:.1f}" for name, rows in cost.rows.items())
            print(f"  rows                     {rows}", flush=True)
            if shared:
                print(f"  transactions             {cost.transactions / SERIES:.0f}", flush=True)


if __name__ == "__main__":
    main()
