"""The gateway's forwarding code alone, without an Orthanc: sends pseudonymised series to a service."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.signing import SigningKey
from model.pipeline.draw import IMAGES, STRUCTURE_SET
from plugin.forward.records import ForwardRecords
from plugin.forward.service import ServiceForward
from plugin.forward.target import RemoteJob, TargetCallbacks
from plugin.jobs.details import JobDetails
from plugin.privacy.clean import CleanSeries
from plugin.settings.document import ServiceTarget
from plugin.vault.vault import OpenTransfer
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import lay


class HasTarget(Protocol):
    """A service, several behind one address, or a false one."""

    def target(self) -> dict[str, Any]: ...


class LoneGateway:
    """One gateway with one target; ``change`` may change the files of a series before they are sent."""

    def __init__(
        self,
        folder: Path,
        service: HasTarget,
        change: Callable[[Path], None] = lambda _images: None,
    ) -> None:
        self.folder = folder
        key = SigningKey.load_or_create(folder / "key")
        self.chain = Chain.open(folder / "chain", key, labels=("hu-ct", "cloud"))
        self.failures: list[str] = []
        target = ServiceTarget.model_validate(service.target())
        self.forward = ServiceForward("cloud", target, key, TargetCallbacks(self.failures.append, lambda: None))
        self._original = files_of(phantom_series(Phantom(slices=1, size=16)))[0]
        self._change = change

    def remote_job(self, series: CleanSeries, minutes: float = 120) -> RemoteJob:
        """A job's work, ready to be drawn."""
        folder = self.folder / uuid.uuid4().hex
        lay(series, folder / IMAGES)
        self._change(folder / IMAGES)
        job: Any = SimpleNamespace(
            id=folder.name, workflow_id=f"{folder.name}-1", model="hu-ct", target="cloud", evidence_code=new_code()
        )
        records = ForwardRecords(self.chain, job, self.folder / "receipts")
        key: Any = SimpleNamespace(pseudonym=series.pseudonym)
        transfer = OpenTransfer(key, "", datetime.now(UTC) + timedelta(minutes=minutes))
        return RemoteJob(job, folder, records, lambda: True, transfer, lambda: self._original)

    def send(self, series: CleanSeries) -> tuple[bytes, JobDetails]:
        """The RTSTRUCT of a series, with the details of its job."""
        remote = self.remote_job(series)
        details = self.forward.draw(remote)
        return (remote.folder / STRUCTURE_SET).read_bytes(), details
