"""What a target elsewhere is asked, and what it is told of a job."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from model.pipeline.draw import PROGRESS, ProgressFile, read_progress
from model.storage.files import write_whole
from plugin.forward.records import ForwardRecords
from plugin.jobs.details import JobDetails
from plugin.jobs.job import Job
from plugin.vault.vault import OpenTransfer

STATE = "remote.json"


@dataclass(frozen=True)
class RemoteJob:
    """One job's work at a target: its folder, its records, and whether anybody still wants it."""

    job: Job
    folder: Path
    records: ForwardRecords
    wanted: Callable[[], bool]
    # The transfer's key while it exists; None when only clearing up is left to do.
    transfer: OpenTransfer | None
    # The original series in Orthanc: its SOP Instance UIDs, and what one of its files says.
    first_file: Callable[[], bytes]

    def load_state(self) -> dict[str, Any]:
        """Read what an earlier, cut off attempt saved; empty when none did."""
        try:
            return dict(json.loads((self.folder / STATE).read_bytes()))
        except (FileNotFoundError, ValueError):
            return {}

    def save_state(self, **facts: Any) -> None:
        """Save facts that have to outlive the gateway, beside those saved before; the folder goes with the job."""
        path = self.folder / STATE
        write_whole(path, json.dumps(self.load_state() | facts).encode())

    def report_waiting(self, sentence: str) -> None:
        """Say in the job's progress what it waits for; how far it is stays as it was."""
        ProgressFile(self.folder / PROGRESS)(read_progress(self.folder).get("Progress", 0.0), sentence)


@dataclass(frozen=True)
class TargetCallbacks:
    """What a target calls as it works, for the queue of jobs.

    ``failed`` is told the code of each temporary failure; ``succeeded`` is called when the target works again, and
    ``delivered`` when a series went all the way.
    """

    failed: Callable[[str], None]
    succeeded: Callable[[], None]
    delivered: Callable[[], None] = lambda: None


class Target(Protocol):
    """Draws elsewhere."""

    @property
    def type(self) -> str:
        """As records name it: service or dicom."""
        ...

    def draw(self, remote: RemoteJob) -> JobDetails:
        """Send the images of the job's folder, leave ``rtstruct.dcm`` there; returns the job's new details.

        May be run again after being cut off anywhere. Raises AutocontourError with the reason.
        """
        ...

    def release(self, remote: RemoteJob) -> None:
        """Make sure that nothing of the job is left at the target, and record how that is known."""
        ...
