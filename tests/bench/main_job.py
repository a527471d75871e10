"""Orthanc beside the plugin: what storing and answering cost, and how long each stage of a job takes."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

import requests

from model.samples.build import demo_series
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess
from tests.builders.phantom import Phantom, files_of, phantom_series

SLICES, ROUNDS = 300, 12


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory(prefix="autocontour-bench-") as folder:
        storing(Path(folder))
        answering(Path(folder))


def storing(folder: Path) -> None:
    """REST upload of 300 slices of 512 × 512, one after the other, with and without the plugin, in turns.

    The rule does not match, so that the cost is the plugin's own: hooks, change log, facts.
    """
    section = {"Rules": [AXIAL_CT | {"When": {"Modality": "CT", "Orientation": "CORONAL"}}]}
    bare = OrthancProcess(folder / "bare", plugin=False).start()
    with_plugin = OrthancProcess(folder / "plugin", section=section).start()
    times: dict[str, list[float]] = {"without the plugin": [], "with the plugin": []}
    try:
        for number in range(ROUNDS + 1):
            files = files_of(phantom_series(Phantom(slices=SLICES, size=512, pixel_mm=0.75, step_mm=1.0)))
            both = [("without the plugin", bare), ("with the plugin", with_plugin)]
            for name, orthanc in both if number % 2 else reversed(both):
                session = requests.Session()
                started = time.perf_counter()
                for file in files:
                    session.post(orthanc.url + "/instances", data=file, timeout=60).raise_for_status()
                times[name].append(time.perf_counter() - started)
                orthanc.wipe_patients()
                time.sleep(1)  # nothing of one round runs into the next
    finally:
        bare.stop()
        with_plugin.stop()
    print(f"\nstoring {SLICES} slices of 512 x 512 over REST, {ROUNDS} rounds in turns after one to warm up")
    for name, seconds in times.items():
        counted = seconds[1:]
        print(f"  {name:<20} median {statistics.median(counted):6.2f} s   best {min(counted):6.2f} s")
    pairs = [b / a for a, b in zip(*(seconds[1:] for seconds in times.values()), strict=True)]
    print(f"  ratio, pair by pair  median {statistics.median(pairs):6.3f}     (goal: at most 1.05)")


def answering(folder: Path) -> None:
    """GET /system, ten times a second, idle and while jobs run one after the other; then the stages of one job."""
    orthanc = OrthancProcess(folder / "answering").start()
    try:
        files = [path.read_bytes() for path in sorted(demo_series().glob("*.dcm"))]
        series = orthanc.store_all(files)
        job = orthanc.job_of(series)
        idle = latencies(orthanc, lambda: time.sleep(10))

        def busy() -> None:
            for _ in range(5):
                orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct"})
                orthanc.job_of(series)

        loaded = latencies(orthanc, busy)
        print("\nGET /system, ms            median      p99      max   requests")
        for name, values in (("idle", idle), ("while jobs run", loaded)):
            ordered = sorted(values)
            p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
            print(f"  {name:<22} {statistics.median(ordered):8.1f} {p99:8.1f} {ordered[-1]:8.1f}   {len(ordered)}")
        timings = job["Timings"]
        print(f"\none job, {len(files)} slices of the demo's CT, seconds by stage")
        for stage, seconds in timings.items():
            print(f"  {stage:<14} {seconds:6.2f}")
        others = sum(seconds for stage, seconds in timings.items() if stage not in ("engine", "quality"))
        print(f"  sum without the engine {others:.2f} (goal: under 3)")
    finally:
        orthanc.stop()


def latencies(orthanc: OrthancProcess, work: object) -> list[float]:
    """Milliseconds of GET /system, every 20 ms, while ``work`` runs."""
    values: list[float] = []
    done = threading.Event()

    def ask() -> None:
        session = requests.Session()
        while not done.wait(0.02):
            started = time.perf_counter()
            session.get(orthanc.url + "/system", timeout=30)
            values.append(1000 * (time.perf_counter() - started))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        work()  # type: ignore[operator]
    finally:
        done.set()
        asking.join()
    return values


if __name__ == "__main__":
    main()
