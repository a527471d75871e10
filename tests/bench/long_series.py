"""A CT of 61, 244 and 976 slices of 512 × 512 through a real Orthanc: seconds of each stage, peaks of memory.

The same thorax at three thicknesses, with the header of a scanner. Each length has an Orthanc of its own, so that the
peaks of gateway and worker (VmHWM, proc(5)) are its own.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import requests
from scipy import ndimage

from model.samples.dicom_series import Patient, SeriesText, slice_dataset
from model.samples.image import SampleImage
from model.volume.patient_axes import axes_of
from tests.builders.acquisition import sample_volume
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import file_of
from tests.builders.processes import cpu_seconds, peak_bytes, workers_of
from tests.builders.scanner_header import dress

LENGTHS, SIDE = (61, 244, 976), 512
GOAL_MS_A_SLICE, GOAL_OTHERS_SECONDS = 3.0, 6.0
GOAL_GATEWAY_MB, GOAL_WORKER_MB = 350, 1500
OF_THE_ENGINE = ("engine", "sides", "load")
TEXT, PATIENT = SeriesText("long series", "CT", "Thorax", "CHEST"), Patient("Long^Series", "LONG-4711")


@dataclass(frozen=True)
class Measured:
    """One series: seconds by stage, from its last slice to its end, of processors, and peaks in bytes."""

    timings: dict[str, float]
    whole: float
    processor: dict[str, float]
    gateway: int
    worker: int

    @property
    def others(self) -> float:
        """Seconds of everything but the engine."""
        return sum(seconds for stage, seconds in self.timings.items() if stage not in OF_THE_ENGINE)


class Peaks:
    """Watches the highest resident memory of a gateway and of its workers, in bytes."""

    def __init__(self, gateway: int) -> None:
        self.gateway = self.worker = 0
        self._pid = gateway
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self._look()
        self._look()

    def _look(self) -> None:
        self.gateway = max(self.gateway, peak_bytes(self._pid))
        self.worker = max([self.worker, *map(peak_bytes, workers_of(self._pid))])


def main() -> None:
    """Print the table and the ratios."""
    found = {}
    for length in LENGTHS:
        with tempfile.TemporaryDirectory(prefix="autocontour-bench-") as folder:
            found[length] = _measure(Path(folder), length)
            _print(length, found[length])
    first, last = found[LENGTHS[0]], found[LENGTHS[-1]]
    times = LENGTHS[-1] / LENGTHS[0]
    print(f"\n{times:.0f} times the slices")
    print(f"  pseudonymise         {last.timings['pseudonymise'] / first.timings['pseudonymise']:5.1f} times the time")
    print(f"  all but the engine   {last.others / first.others:5.1f} times the time")
    print(f"  gateway              {last.gateway / first.gateway:5.2f} times the memory")
    print(f"  worker               {last.worker / first.worker:5.2f} times the memory")


def _measure(folder: Path, length: int) -> Measured:
    orthanc = OrthancProcess(folder / "orthanc").start()
    try:
        session = requests.Session()
        series = ""
        for file in _files(length):
            series = str(session.post(f"{orthanc.url}/instances", data=file, timeout=60).json()["ParentSeries"])
        stored = time.perf_counter()
        gateway = orthanc.gateway_pid()
        assert orthanc.process is not None
        before = _processor(orthanc.process.pid, gateway)
        with Peaks(gateway) as peaks:
            job = _ended(orthanc, series)
            whole = time.perf_counter() - stored
        after = _processor(orthanc.process.pid, gateway)
        assert job["State"] == "done", job
        processor = {name: seconds - before[name] for name, seconds in after.items()}
        return Measured(dict(job["Timings"]), whole, processor, peaks.gateway, peaks.worker)
    finally:
        orthanc.stop()


def _ended(orthanc: OrthancProcess, series: str) -> dict[str, Any]:
    """Wait for the series' job; asked seldom, as answering takes the processors' time too."""

    def ended() -> Any:
        found = orthanc.jobs(Series=series)
        return found and found[0]["State"] not in ("waiting", "running") and found[0]

    return dict(until(ended, "the job of the series ends", 900, every=0.5))


def _processor(orthanc: int, gateway: int) -> dict[str, float]:
    """Seconds of processor time so far: a crowd of other processes stretches the others, and these less."""
    of_workers = sum(map(cpu_seconds, workers_of(gateway)))
    return {"Orthanc": cpu_seconds(orthanc), "gateway": cpu_seconds(gateway), "worker": of_workers}


def _print(length: int, found: Measured) -> None:
    a_slice = 1000 * found.timings["pseudonymise"] / length
    print(f"\n{length} slices of {SIDE} x {SIDE}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for stage, seconds in found.timings.items():
        print(f"  {stage:<20} {seconds:7.2f} s")
    print(f"  {'all but the engine':<20} {found.others:7.2f} s   (goal for 976: under {GOAL_OTHERS_SECONDS} s)")
    print(f"  {'last slice to done':<20} {found.whole:7.2f} s")
    for process, seconds in found.processor.items():
        print(f"  {'processor: ' + process:<20} {seconds:7.2f} s")
    print(f"  {'pseudonymise':<20} {a_slice:7.2f} ms a slice (goal: {GOAL_MS_A_SLICE} ms)")
    print(f"  {'peak of the gateway':<20} {found.gateway / 1e6:7.0f} MB  (goal: under {GOAL_GATEWAY_MB} MB)")
    print(f"  {'peak of the worker':<20} {found.worker / 1e6:7.0f} MB  (goal: under {GOAL_WORKER_MB} MB)", flush=True)


def _files(length: int) -> Iterator[bytes]:
    """The sample ``thorax2`` in so many slices over the same patient, as a scanner would send them."""
    volume = sample_volume("thorax2")
    shape = (length, SIDE, SIDE)
    affine = np.eye(4)
    affine[:3, [2, 1, 0]] = axes_of(volume.geometry) * (np.array(volume.array.shape) / np.array(shape))
    affine[:3, 3] = volume.geometry.positions[0]
    scale = (SIDE / volume.array.shape[1], SIDE / volume.array.shape[2])
    for index, source in enumerate(np.rint(np.linspace(0, len(volume.array) - 1, length)).astype(int)):
        plane = np.rint(ndimage.zoom(volume.array[source].astype(np.float32), scale, order=1)).astype(np.int16)
        dataset = slice_dataset(SampleImage(np.broadcast_to(plane, shape), affine), index, PATIENT, TEXT)
        dress(dataset, index)
        yield file_of(dataset)


if __name__ == "__main__":
    main()
