"""With LockMemory, neither the service nor its workers can be swapped out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.builders.orthanc_process import until
from tests.builders.processes import workers_of
from tests.builders.service_process import ServiceProcess


def locked_kilobytes(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmLck"))


def test_the_service_and_its_workers_are_locked_into_memory(start_service: Callable[..., ServiceProcess]) -> None:
    service = start_service(keys={"LockMemory": True})
    assert service.process is not None
    process = service.process.pid
    worker = until(lambda: workers_of(process), "the worker is warmed up", 120)[0]
    assert locked_kilobytes(process) > 1000
    until(lambda: locked_kilobytes(worker) > 1000, "the worker locks its memory", 60)
