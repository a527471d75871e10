"""All destinations: what is noted of a stored result, who works on it, and how it stands."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.errors import AutocontourError, InputRefused, TargetFailed
from model.evidence.chain import Chain
from plugin.deliver.delivery import OBJECTION, Delivery, DeliveryState, Step
from plugin.deliver.dicom import DicomTransport
from plugin.deliver.dicomweb import DicomwebTransport
from plugin.deliver.folder import FolderTransport
from plugin.deliver.peer import PeerTransport
from plugin.deliver.shaping import Shape
from plugin.deliver.table import DeliveryTable
from plugin.deliver.transport import NotTaken, Transport
from plugin.deliver.worker import DestinationWorker
from plugin.group.leading import Leads, always
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc
from plugin.settings.destinations import Destination, DicomDestination, DicomwebDestination, PeerDestination

logger = logging.getLogger(__name__)

# Series with more jobs are of a test bench.
ALL = 1000
REMARK_SECONDS = 60.0
PENDING = (
    "What was begun to be sent to the destination {destination} cannot be removed there now; ask for the erasure again "
    "when it can be reached, or take the destination out of the configuration and look there yourself."
)


@dataclass(frozen=True, slots=True)
class Reached:
    """What an objection met of deliveries: how many were stopped, and which destinations had got something before."""

    stopped: int
    sent_to: tuple[str, ...]


class Deliverer:
    """Notes deliveries and lets each destination work on its own."""

    def __init__(
        self,
        destinations: Mapping[str, Destination],
        table: DeliveryTable,
        jobs: JobStore,
        orthanc: Orthanc,
        chain: Chain,
        *,
        objected: Callable[[str], bool] = lambda _code: False,
        leads: Leads = always,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``objected``: whether the patient of a job, by its evidence code, objected."""
        self._objected = objected
        self._destinations = destinations
        self._table = table
        self._jobs = jobs
        self._clock = clock
        self._remarks: dict[str, str] = {}
        chain.declare(list(destinations))
        self._transports = {name: _transport(one, orthanc) for name, one in destinations.items()}
        self._shapes = {name: Shape(one) for name, one in destinations.items() if one.shaped}
        self._workers = {
            name: DestinationWorker(
                name,
                self._transports[name],
                table,
                jobs,
                orthanc,
                chain,
                images=one.images,
                shape=self._shapes.get(name),
                settle_seconds=one.TimeoutSeconds if isinstance(one, DicomDestination) else 0.0,
                objected=objected,
                leads=leads,
                clock=clock,
            )
            for name, one in destinations.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Every configured destination."""
        return tuple(self._destinations)

    def sent_as(self, stored: Collection[str]) -> frozenset[str]:
        """Return the SOP Instance UIDs of what destinations get instead of these stored RTSTRUCTs."""
        return frozenset(shape.uid(uid) for shape in self._shapes.values() for uid in stored)

    def sent_again(self, uid: str, stored: Collection[str], content: bytes, model: str) -> bytes | None:
        """Make of a stored RTSTRUCT what a destination got under a UID; None where none did. Raises InputRefused."""
        for shape in self._shapes.values():
            if any(shape.uid(one) == uid for one in stored):
                return shape.made(content, model).content
        return None

    def start(self) -> None:
        """Begin; a thread for each destination, so that none waits for another."""
        self._table.prune()
        for name, worker in self._workers.items():
            threading.Thread(target=worker.run, name=f"deliver to {name}", daemon=True).start()
        by_plugin = {name: one for name, one in self._transports.items() if isinstance(one, DicomwebTransport)}
        if by_plugin:
            threading.Thread(target=self._look_at, args=(by_plugin,), name="DICOMweb plugin", daemon=True).start()

    def stored(self, job: Job) -> None:
        """Note the deliveries that a job's rule asks for, now that its result is stored; does so once."""
        wanted = job.details.decision.deliver
        if not wanted:
            return
        older = self._older(job)
        for name in wanted:
            one = self._destinations.get(name)
            if one is None:
                # The rule was of an earlier configuration: nobody can deliver it any more, and the job says so.
                self._jobs.note_afterwards(job.id, f"The destination {name} is not configured any more.")
                continue
            had_older = self._table.has_arrived(name, older)
            self._table.note(job, name, float(one.Hours), held=had_older and not one.Replace)
            if had_older:
                self._tell_of_older(job, name, one)
            self._workers[name].loop.notify()

    def again(self, job: Job, names: Collection[str] | None) -> None:
        """Deliver a stored result anew; raises InputRefused where there is no such destination, or none at all."""
        if job.evidence_code is not None and self._objected(job.evidence_code):
            raise InputRefused(OBJECTION, "The patient objected: nothing of this series is sent any more.")
        chosen = self._chosen(job, names)
        for name in chosen:
            self._table.again(job, name, float(self._destinations[name].Hours))
            self._workers[name].loop.notify()

    def object_to(self, jobs: Iterable[Job]) -> Reached:
        """Send nothing of these jobs any more, whose patient objected; what was begun ends by itself."""
        stopped, sent = 0, set[str]()
        for job in jobs:
            begun = [one for one in self._table.of_every_attempt(job.id) if _may_have_arrived(one)]
            sent |= {one.destination for one in begun}
            # What was begun is ended by whoever is at it.
            stopped += self._table.stop(job.id, OBJECTION) + sum(one.step is Step.UNSURE for one in begun)
        for worker in self._workers.values():
            worker.loop.notify()
        return Reached(stopped, tuple(sorted(sent)))

    def sent_to(self, job: Job) -> list[str]:
        """Return the destinations that have a job's result, or may have."""
        every = self._table.of_every_attempt(job.id)
        return sorted({one.destination for one in every if _may_have_arrived(one)})

    def erase(self, job: Job) -> int:
        """Delete what is noted of a job, and what a cut-off attempt left at a destination; returns the rows.

        Raises AutocontourError with ERASE_PENDING while a destination cannot be looked into.
        """
        self._table.stop_all(job.id)
        for one in self._table.of_every_attempt(job.id):
            worker = self._workers.get(one.destination)
            if worker is None:
                continue  # nobody knows any more where it was
            try:
                worker.erase(one, job)
            except (NotTaken, TargetFailed):
                raise AutocontourError(
                    "ERASE_PENDING", PENDING.format(destination=one.destination), retry=True
                ) from None
        return self._table.remove_of(job.id)

    def of(self, job: Job) -> list[dict[str, Any]]:
        """Return how the deliveries of a job stand, as the API shows them."""
        return [one.to_json() for one in self._table.of(job)]

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """How many deliveries there are, by destination and state; configured ones with zeros."""
        counted = self._table.counts()
        return {(name, state): 0 for name in self._destinations for state in DeliveryState} | counted

    def oldest_seconds(self) -> dict[str, float]:
        """How long the oldest delivery waits for its arrival, by destination; 0 where none does."""
        now, oldest = self._clock(), self._table.oldest_open(self._destinations)
        return {name: max(0.0, now - oldest[name]) if name in oldest else 0.0 for name in self._destinations}

    def warnings(self) -> list[str]:
        """Say which destinations are late, and why."""
        late = [f"No result reaches {name}. {remark}" for name, remark in self._remarks.items()]
        for name, seconds in self.oldest_seconds().items():
            if seconds < 60.0 * float(self._destinations[name].AlertMinutes):
                continue
            trouble = self._workers[name].trouble
            why = f" ({trouble.status})" if trouble is not None else ""
            late.append(f"Results for {name} have not arrived for {seconds / 60:.0f} minutes{why}.")
        return late

    def _look_at(self, transports: Mapping[str, DicomwebTransport]) -> None:
        """See from time to time what Orthanc lacks, so that it is said before the first result waits."""
        while True:
            found = ((name, transport.remark()) for name, transport in transports.items())
            self._remarks = {name: remark for name, remark in found if remark is not None}
            time.sleep(REMARK_SECONDS)

    def _chosen(self, job: Job, names: Collection[str] | None) -> Sequence[str]:
        if names is None:
            known = {one.destination for one in self._table.of(job)} | set(job.details.decision.deliver)
            names = [name for name in self._destinations if name in known]
            if not names:
                raise InputRefused("NO_DESTINATION", f"Name the destinations; there are: {self._listed}.")
        for name in names:
            if name not in self._destinations:
                raise InputRefused("NO_DESTINATION", f"There is no such destination; there are: {self._listed}.")
        return tuple(dict.fromkeys(names))

    @property
    def _listed(self) -> str:
        return ", ".join(self._destinations) or "none"

    def _older(self, job: Job) -> list[str]:
        """Return the jobs whose result this one is a newer one of."""
        return [
            one.id
            for one in self._jobs.list(series=job.series, limit=ALL)
            if one.id != job.id
            and one.created <= job.created
            and one.state is State.SUPERSEDED
            and (one.rule, one.model, one.target) == (job.rule, job.model, job.target)
        ]

    def _tell_of_older(self, job: Job, name: str, one: Destination) -> None:
        follows = "this one follows" if one.Replace else "this one waits for somebody who asks for its delivery"
        self._jobs.warn(job.id, f"An older RTSTRUCT of this series was sent to {name} before; {follows}.")


def _may_have_arrived(one: Delivery) -> bool:
    return one.state in (DeliveryState.DELIVERED, DeliveryState.SENT) or one.step is Step.UNSURE


def _transport(destination: Destination, orthanc: Orthanc) -> Transport:
    if isinstance(destination, DicomDestination):
        return DicomTransport(destination, orthanc)
    if isinstance(destination, PeerDestination):
        return PeerTransport(destination, orthanc)
    if isinstance(destination, DicomwebDestination):
        return DicomwebTransport(destination, orthanc)
    return FolderTransport(destination, orthanc)
