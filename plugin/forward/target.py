"""What a target elsewhere is asked, and what it is told of a job."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from model.pipeline.draw import PROGRESS, ProgressFile, read_progress
from model.storage.files import write_whole
from plugin.forward.records import ForwardRecords
from plugin.jobs.job import Job
from plugin.vault.vault import OpenTransfer

STATE = "remote.json"


@dataclass(frozen=True)
class Errand:
    """One job's work at a target: its folder, its records, and whether anybody still wants it."""

    job: Job
    folder: Path
    records: ForwardRecords
    wanted: Callable[[], bool]
    # The transfer's key while it exists; None when only clearing up is left to do.
    transfer: OpenTransfer | None
    # The original series in Orthanc: its SOP Instance UIDs, and what one of its files says.
    first_file: Callable[[], bytes]

    def recall(self) -> dict[str, Any]:
        """What an earlier, cut off attempt noted."""
        try:
            return dict(json.loads((self.folder / STATE).read_bytes()))
        except (FileNotFoundError, ValueError):
            return {}

    def note(self, **facts: Any) -> None:
        """Note something that has to outlive the gateway; the folder goes with the job."""
        path = self.folder / STATE
        write_whole(path, json.dumps(self.recall() | facts).encode())

    def waits(self, sentence: str) -> None:
        """Say in the job's progress what it waits for; how far it is stays as it was."""
        ProgressFile(self.folder / PROGRESS)(read_progress(self.folder).get("Progress", 0.0), sentence)


@dataclass(frozen=True)
class Notice:
    """How a target tells the queue how it does: ``trouble`` is told the code of a temporary failure, ``delivered`` that
    a series went all the way."""

    trouble: Callable[[str], None]
    well: Callable[[], None]
    delivered: Callable[[], None] = lambda: None


class Target(Protocol):
    """Draws elsewhere."""

    @property
    def type(self) -> str:
        """As records name it: service or dicom."""
        ...

    def draw(self, errand: Errand) -> Mapping[str, Any]:
        """Send the images of the errand's folder, leave ``rtstruct.dcm`` there; returns the job's new details.

        May be run again after being cut off anywhere. Raises AutocontourError with the reason.
        """
        ...

    def release(self, errand: Errand) -> None:
        """Make sure that nothing of the job is left at the target, and record how that is known."""
        ...
