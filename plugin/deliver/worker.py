"""The way of deliveries to one destination, a step at a time; each step is on record before it is begun.

A gateway that is killed while it sends does not know how that ended. So the destination is asked first, and what is
there is not sent again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from model.backoff import Backoff
from model.errors import InputRefused, TargetFailed
from model.evidence.chain import Chain
from plugin.deliver.delivery import (
    DEADLINE,
    GONE,
    NOT_FOUND,
    OBJECTION,
    SENDING,
    STOW,
    SUPERSEDED,
    Delivery,
    DeliveryState,
    Proof,
    Step,
)
from plugin.deliver.instances import Instances, instances_of, result_without_orthanc
from plugin.deliver.records import record_delivered
from plugin.deliver.shaping import RTSTRUCT, Shape
from plugin.deliver.table import LONGEST_PAUSE, DeliveryTable
from plugin.deliver.transport import Lost, NotTaken, NotYet, Proved, Transport, Unprovable
from plugin.group.leading import Leads, always
from plugin.jobs.job import Job, State
from plugin.jobs.loop import Loop
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc, SeriesGone

logger = logging.getLogger(__name__)

# Of one delivery, and of a destination that takes nothing.
BACKOFF = Backoff(first=5.0, longest=300.0)
# Of one that was taken and lost.
LOST_BACKOFF = Backoff(first=10.0, longest=LONGEST_PAUSE, factor=3.0)
LOOK_SECONDS = 1.0
ORTHANC_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a destination takes nothing, after how many failures in a row, and when (``ticks``) it is tried again."""

    status: str
    failures: int
    next_try: float


class DestinationWorker:
    """Works in a thread of its own until stopped, one delivery at a time."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        table: DeliveryTable,
        jobs: JobStore,
        orthanc: Orthanc,
        chain: Chain,
        *,
        images: bool,
        shape: Shape | None = None,
        settle_seconds: float = 0.0,
        objected: Callable[[str], bool] = lambda _code: False,
        leads: Leads = always,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """``images``: whether the images of the series go along; ``shape``: how an RTSTRUCT is changed before.

        ``settle_seconds``: how long Orthanc may go on with a changed one that an earlier gateway sent. ``objected``:
        whether the patient of a job, by its evidence code, objected.
        """
        self.name = name
        self.loop = Loop(f"deliveries to {name}", LOOK_SECONDS, logger)
        self.trouble: Trouble | None = None
        self._transport = transport
        self._table = table
        self._jobs = jobs
        self._orthanc = orthanc
        self._chain = chain
        self._images = images
        self._shape = shape
        self._settled = ticks() + settle_seconds if shape else ticks()
        self._begun: set[tuple[str, int]] = set()
        self._objected = objected
        self._leads = leads
        self._clock = clock
        self._ticks = ticks
        self._sending = threading.Lock()

    def stop(self) -> None:
        """Leave the loop."""
        self.loop.stop()

    def run(self) -> None:
        """Go on step by step."""
        self.loop.run(lambda: self._leads() and self.turn())

    def turn(self) -> bool:
        """Do the next step that is due; returns whether there was one."""
        proving = self._table.due(self.name, (Step.PROVE,))
        if proving is not None and not self._in_trouble():
            self._step(proving)
            return True
        sending = self._table.due(self.name, (Step.SEND, Step.UNSURE))
        if sending is None or self._in_trouble():
            return False
        self._step(sending)
        return True

    def _in_trouble(self) -> bool:
        return self.trouble is not None and self._ticks() < self.trouble.next_try

    def _step(self, one: Delivery) -> None:
        job = self._jobs.get(one.job)
        if job is None or job.attempt != one.attempt:
            self._table.remove(one)
            return
        if (over := self._over(one, job)) is not None:
            self._end(one, job, *over)
            return
        try:
            instances = self._instances(job)
        except SeriesGone:
            self._gone(one, job)
            return
        except TargetFailed:
            self._pause(one, ORTHANC_SECONDS)
            return
        try:
            if one.step is Step.PROVE:
                self._prove(one, job, instances)
            else:
                self._send(one, job, instances)
        except NotTaken as failure:
            self._not_taken(self._table.get(one.job, one.attempt, one.destination) or one, failure)

    def _over(self, one: Delivery, job: Job) -> tuple[DeliveryState, str] | None:
        """Return how a delivery ends that is not gone on with."""
        if one.step is Step.PROVE:
            if self._clock() < one.deadline:
                return None
            return (DeliveryState.SENT, one.status or DEADLINE)
        # Where sending was begun, the node may have it, and is asked once more whatever became of the job.
        unsure = one.step is Step.UNSURE
        # A server that failed, and was asked after that, does not have it.
        state = DeliveryState.SENT if unsure and one.status != STOW else DeliveryState.REFUSED
        if job.evidence_code is not None and self._objected(job.evidence_code):
            return (state, OBJECTION)
        if job.state is State.SUPERSEDED:
            return (state, SUPERSEDED)
        if job.state not in (State.RUNNING, State.DONE) or job.rtstruct is None:
            return (state, GONE)
        if self._clock() >= one.deadline:
            lost = one.status == NOT_FOUND
            return (DeliveryState.SENT if lost else state, one.status or DEADLINE)
        return None

    def _end(self, one: Delivery, job: Job, state: DeliveryState, status: str) -> None:
        """Close a delivery that is not gone on with; what a cut-off attempt left at the destination goes before."""
        if one.step is Step.UNSURE and job.rtstruct is not None:
            try:
                if self._transport.abandon(self._left_of(job), one):
                    state = DeliveryState.REFUSED
            except (TargetFailed, NotTaken):
                if self._clock() < one.deadline:
                    self._pause(one, ORTHANC_SECONDS)
                    return
        self._close(one, state, status)

    def _instances(self, job: Job) -> Instances:
        instances = instances_of(job, self._orthanc, images=self._images)
        return self._shape.addressed(instances) if self._shape else instances

    def _left_of(self, job: Job) -> Instances:
        """Return what a cut-off attempt may have left at the destination, also when Orthanc has it no more."""
        try:
            return self._instances(job)
        except SeriesGone:
            result = result_without_orthanc(job)
            return self._shape.addressed(result) if self._shape else result

    def _send(self, one: Delivery, job: Job, instances: Instances) -> None:
        missing = instances
        if one.step is Step.UNSURE:
            if self._is_sending(instances):
                self._table.change(one, status=SENDING, next_try=self._clock() + ORTHANC_SECONDS)
                return
            there = self._transport.find(instances)
            missing = instances if there is None else instances.without(there)
            if there is not None and missing.items and self._may_go_on(one):
                self._pause(one, ORTHANC_SECONDS)
                return
        if missing.items:
            made = self._made(one, job, missing)
            if made is None:
                return
            begun = replace(one, step=Step.UNSURE, tries=one.tries + 1)
            if not self._table.change(one, step=begun.step, tries=begun.tries):
                return
            self._begun.add((one.job, one.attempt))
            with self._sending:
                if not self._table.holds(one):
                    return  # its patient was erased at this moment
                self._transport.send(made, begun, lambda word: self._mark(one, word))
        now = self._clock()
        taken = {"step": Step.PROVE, "state": DeliveryState.SENT, "sent": now, "looks": 0, "status": None}
        self._recovered()
        if self._table.change(one, next_try=now, **taken):
            sent = self._table.get(one.job, one.attempt, one.destination)
            if sent is not None:
                self._prove(sent, job, instances)

    def _may_go_on(self, one: Delivery) -> bool:
        """Whether Orthanc may still be sending for a gateway that was killed: what it does not store has no job there.

        Its answer to that gateway is lost, so that the destination is asked until it must be there.
        """
        return (one.job, one.attempt) not in self._begun and self._ticks() < self._settled

    def _made(self, one: Delivery, job: Job, instances: Instances) -> Instances | None:
        """Return the instances with what is made of an RTSTRUCT; None when that cannot be, which is noted."""
        shape = self._shape
        if shape is None:
            return instances
        made = []
        try:
            for item in instances.items:
                if item.modality != RTSTRUCT:
                    made.append(item)
                    continue
                shaped = shape.made(self._orthanc.instance_file(item.instance), job.model)
                made.append(replace(item, content=shaped.content))
                said = (f"To {self.name} ({shape.name}): {sentence}." for sentence in shaped.sentences)
                self._jobs.note_afterwards(job.id, *said)
        except InputRefused as refusal:
            # What was begun before may have arrived.
            unsure = one.step is Step.UNSURE
            self._close(one, DeliveryState.SENT if unsure else DeliveryState.REFUSED, refusal.code)
            return None
        except SeriesGone:
            self._gone(one, job)
            return None
        except TargetFailed:
            self._pause(one, ORTHANC_SECONDS)
            return None
        return Instances(tuple(made))

    def _gone(self, one: Delivery, job: Job) -> None:
        sent = one.step is Step.PROVE
        self._end(one, job, DeliveryState.SENT if sent else DeliveryState.REFUSED, GONE)

    def erase(self, one: Delivery, job: Job) -> None:
        """Remove what a cut-off attempt left at the destination, once nothing is sent there that was being sent.

        Raises NotTaken while the destination cannot be looked into, TargetFailed while Orthanc cannot be asked.
        """
        with self._sending:
            if one.tries and one.state is not DeliveryState.DELIVERED and job.rtstruct is not None:
                self._transport.abandon(self._left_of(job), one)

    def _is_sending(self, instances: Instances) -> bool:
        try:
            return self._transport.is_sending(instances)
        except TargetFailed:
            return True  # nobody can tell now

    def _mark(self, one: Delivery, word: str) -> None:
        self._table.change(one, mark=word)

    def _prove(self, one: Delivery, job: Job, instances: Instances) -> None:
        verdict = self._transport.prove(instances, one, self._clock())
        self._recovered()
        if isinstance(verdict, Proved):
            record_delivered(self._chain, job, one, verdict.proof, len(instances.items))
            self._close(one, DeliveryState.DELIVERED, None, verdict.proof)
        elif isinstance(verdict, Unprovable):
            self._close(one, DeliveryState.SENT, verdict.status)
        elif isinstance(verdict, NotYet):
            next_try = self._clock() + verdict.seconds
            mark = one.mark if verdict.mark is None else verdict.mark
            self._table.change(one, looks=one.looks + 1, mark=mark, next_try=next_try, status=verdict.status)
        elif isinstance(verdict, Lost):
            logger.warning("%s took the result of job %s and does not have it (%s)", self.name, one.job, verdict.status)
            self._table.change(
                one,
                step=Step.UNSURE if verdict.ask_first else Step.SEND,
                state=DeliveryState.WAITING,
                status=verdict.status,
                mark=None,
                next_try=self._clock() + LOST_BACKOFF.pause(one.tries),
            )

    def _not_taken(self, one: Delivery, failure: NotTaken) -> None:
        if failure.everyone:
            self._note_trouble(failure.status)
        else:
            self._recovered()
        if not failure.again:
            self._close(one, DeliveryState.REFUSED, failure.status)
            return
        values: dict[str, object] = {"status": failure.status}
        if one.step is not Step.PROVE:
            values["step"] = Step.UNSURE if failure.unsure else Step.SEND
        # Behind a destination that takes nothing, the order stays: its own pause is enough.
        pause = ORTHANC_SECONDS if failure.everyone else BACKOFF.pause(max(1, one.tries))
        self._table.change(one, next_try=self._clock() + pause, **values)

    def _pause(self, one: Delivery, seconds: float) -> None:
        self._table.change(one, next_try=self._clock() + seconds)

    def _close(self, one: Delivery, state: DeliveryState, status: str | None, proof: Proof | None = None) -> None:
        if not self._table.change(one, step=Step.CLOSED, state=state, status=status, proof=proof):
            return
        self._begun.discard((one.job, one.attempt))
        level = logging.WARNING if state is DeliveryState.REFUSED else logging.INFO
        how = f"proved by {proof}" if proof is not None else status or "unproved"
        logger.log(level, "job %s: %s to %s (%s)", one.job, state, self.name, how)

    def _note_trouble(self, status: str) -> None:
        failures = 1 + (self.trouble.failures if self.trouble else 0)
        if self.trouble is None or self.trouble.status != status:
            logger.warning("the destination %s takes nothing (%s); what waits is tried again", self.name, status)
        self.trouble = Trouble(status, failures, self._ticks() + BACKOFF.pause(failures))

    def _recovered(self) -> None:
        if self.trouble is not None:
            self.trouble = None
            logger.info("the destination %s answers again", self.name)
