"""Structure sets of anybody are fetched here, and read in a worker process with limits of time and memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from model.errors import InputRefused
from model.worker.pool import Workers
from plugin.pacs.client import Orthanc
from plugin.quality.task import LARGE, limited

Result = TypeVar("Result")

# 30 structures of a long series take up 30 MB; what is larger than this is no plan of a patient.
MOST_BYTES = 256 << 20
PIECE_BYTES = 1 << 20


class Reader:
    """Runs one task at a time in a process of its own, so that no drawing waits for it, nor it for one."""

    def __init__(self, orthanc: Orthanc, seconds: float) -> None:
        self._orthanc = orthanc
        self._seconds = seconds
        self._workers = Workers(1)

    def file(self, instance: str) -> bytes:
        """Return a structure set from Orthanc; raises SeriesGone, TargetFailed, and InputRefused for one too large."""
        pieces, size = [], 0
        with self._orthanc.open_instance(instance) as stream:
            while piece := stream.read(PIECE_BYTES):
                size += len(piece)
                if size > MOST_BYTES:
                    raise InputRefused(
                        LARGE, f"The structure set is larger than {MOST_BYTES >> 20} MB and is not compared."
                    )
                pieces.append(piece)
        return b"".join(pieces)

    def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function in the process; raises what it raises, and EngineFailed when it dies or takes too long."""
        result: Result = self._workers.run(uuid.uuid4().hex, limited, function, *arguments, seconds=self._seconds)
        return result

    def stop(self) -> None:
        """End the process."""
        self._workers.stop()
