"""Eight gateways that send many series to one service at once, and what came of each."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pydicom

from plugin.privacy.clean import CleanSeries
from tests.builders.lone_gateway import LoneGateway
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.service_process import ServiceProcess
from tests.builders.untouched import cleaned

GATEWAYS = 8


@dataclass(frozen=True)
class Load:
    """What a load cost; ``lost``, ``mixed`` and ``left`` are to be nothing."""

    seconds: float
    # From the first byte to the contours, what the service computed taken off, for each series.
    waits: tuple[float, ...]
    lost: tuple[str, ...]
    mixed: int
    left: int
    # Resident memory in MB, of the service with its workers: before the first transfer, and at most.
    memory: tuple[float, float]
    # Seconds between start and a free worker, as the service counts them: how often, and all together.
    queued: tuple[float, float]


def many_series(count: int, slices: int, size: int = 128) -> list[CleanSeries]:
    """The same anatomy so many times, each under a pseudonym and UIDs of its own."""
    files = files_of(phantom_series(Phantom(slices=slices, size=size, pixel_mm=384 / size, step_mm=2.0)))
    return [cleaned(files) for _ in range(count)]


def send_at_once(service: ServiceProcess, folder: Path, sent: list[CleanSeries]) -> Load:
    """Each gateway sends its share, two series at a time."""
    gateways = [LoneGateway(folder / f"gateway{number}", service) for number in range(GATEWAYS)]
    lost: list[str] = []
    waits: list[float] = []

    def one(number: int) -> bool:
        began = time.perf_counter()
        try:
            content, details = gateways[number % GATEWAYS].send(sent[number])
        except Exception as error:  # noqa: BLE001 - whatever costs a series is a loss, and told at the end
            lost.append(f"{type(error).__name__}: {error}")
            return True
        waits.append(time.perf_counter() - began - sum(details.timings.values()))
        return belongs(content, sent[number])

    with Memory(service) as memory, ThreadPoolExecutor(2 * GATEWAYS) as pool:
        started = time.perf_counter()
        right = list(pool.map(one, range(len(sent))))
        seconds = time.perf_counter() - started
    queued = (service.metric("autocontour_queue_seconds_count"), service.metric("autocontour_queue_seconds_sum"))
    return Load(
        seconds, tuple(waits), tuple(lost), right.count(False), len(service.left()), (memory.first, memory.most), queued
    )


def belongs(content: bytes, series: CleanSeries) -> bool:
    """Whether a structure set carries the pseudonym of a series, and refers to its slices and no other."""
    dataset = pydicom.dcmread(io.BytesIO(content))
    study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    referenced = {item.ReferencedSOPInstanceUID for item in study.RTReferencedSeriesSequence[0].ContourImageSequence}
    own = {file.sop_instance_uid for file in series}
    return str(dataset.PatientID) == str(dataset.PatientName) == series.pseudonym and referenced == own


class Memory:
    """The resident memory of a service and its workers, looked at five times a second."""

    def __init__(self, service: ServiceProcess) -> None:
        assert service.process is not None
        self._pid = service.process.pid
        self._stopping = threading.Event()
        self.first = self.most = self._now()

    def __enter__(self) -> Memory:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()

    def _watch(self) -> None:
        while not self._stopping.wait(0.2):
            self.most = max(self.most, self._now())

    def _now(self) -> float:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children")
        try:
            own = [str(self._pid), *children.read_text().split()]
        except OSError:
            own = [str(self._pid)]
        return sum(map(resident, own))


def resident(pid: str) -> float:
    """Resident memory of a process in MB; nothing for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")), 0.0)
