"""Jobs with a stored result, the table of their deliveries, and a destination that does what it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.signing import SigningKey
from plugin.deliver.delivery import UNREACHABLE, Delivery, Proof
from plugin.deliver.instances import Instances
from plugin.deliver.table import DeliveryTable
from plugin.deliver.transport import NotTaken, Proved, Verdict
from plugin.deliver.worker import DestinationWorker
from plugin.jobs.job import Job, Stage, State
from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from tests.builders.jobs import a_job

HOURS = 72.0


class StoredObjects:
    """What Orthanc says of stored results: of each the UIDs, which are made of its id."""

    def ask(self, path: str, body: Any = None) -> Any:
        if path == "tools/bulk-content":
            (which,) = body["Resources"]
            tags = {"SOPInstanceUID": f"1.{which}"}
            return [{"ID": which, "MainDicomTags": tags, "Metadata": {"SopClassUid": "1.2"}}]
        return {"ParentSeries": "series"}

    def series(self, series: str) -> dict[str, Any]:
        tags = {"SeriesInstanceUID": f"2.{series}", "Modality": "RTSTRUCT"}
        return {"ParentStudy": "study", "MainDicomTags": tags}

    def study(self, study: str) -> dict[str, Any]:
        return {"MainDicomTags": {"StudyInstanceUID": f"3.{study}"}}

    def instance_file(self, instance: str) -> bytes:
        return f"the file of {instance}".encode()


@dataclass
class Timepiece:
    """A clock that is set."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ToldTransport:
    """A destination that takes what it is asked, unless it is told to be ``away``."""

    away: bool = False
    received: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)

    def is_sending(self, instances: Instances) -> bool:
        return False

    def find(self, instances: Instances) -> frozenset[str] | None:
        return instances.sop_instances & frozenset(self.received)

    def send(self, instances: Instances, delivery: Delivery, mark: Callable[[str], None]) -> None:
        if self.away:
            raise NotTaken(UNREACHABLE, everyone=True)
        self.received += [item.sop_instance for item in instances.items]

    def prove(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        return Proved(Proof.FIND)

    def abandon(self, instances: Instances, delivery: Delivery) -> bool:
        self.abandoned += [item.sop_instance for item in instances.items]
        return False


@dataclass
class Results:
    """A table of jobs and one of deliveries in a folder."""

    folder: Path
    clock: Timepiece = field(default_factory=Timepiece)

    def __post_init__(self) -> None:
        engine = open_database(f"sqlite:///{self.folder / 'jobs.sqlite'}")
        self.jobs = JobStore(engine)
        self.table = DeliveryTable(engine, self.clock)
        self.chain = Chain.open(self.folder / "chain", SigningKey.load_or_create(self.folder / "key"))

    def stored(self, name: str, **changed: Any) -> Job:
        """A job that is done, with its result in Orthanc."""
        values = {"id": name, "key": name, "rtstruct": f"{len(name)}{name}", "evidence_code": new_code()}
        values |= {"state": State.DONE, "stage": Stage.CLOSED}
        job, _ = self.jobs.add(a_job(**(values | changed)))
        return job

    def worker(self, name: str, transport: Any, **options: Any) -> DestinationWorker:
        """Who works for a destination, by the clock that is set."""
        return DestinationWorker(
            name,
            transport,
            self.table,
            self.jobs,
            cast(Any, StoredObjects()),
            self.chain,
            images=False,
            clock=self.clock,
            ticks=self.clock,
            **options,
        )

    def of(self, job: Job) -> Delivery:
        """The only delivery of a job."""
        (one,) = self.table.of(job)
        return one
