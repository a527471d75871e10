"""The job table: every change of a job goes through here, and a final state is final."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from plugin.evidence.ended_jobs import EndedJob, ended_at
from plugin.facts.kinds import AMBIGUOUS
from plugin.group.session import CLAIMING, LOCKS
from plugin.jobs.details import JobDetails, flagged_in
from plugin.jobs.job import EARLIER_STAGES, STAGE_BEGINS, Job, Stage, State
from plugin.jobs.meters import JobMeters
from plugin.jobs.waiting import next_turn
from plugin.state.database import deliveries, jobs, notifications, told_deliveries
from plugin.state.group_tables import handed_over

COLUMNS = tuple(field.name for field in fields(Job))
# What a job was noted with; all other details are those of one attempt.
OF_THE_JOB = ("decision", "explanation", "one_per_study", "origin")
OPEN_STATES = (str(State.WAITING), str(State.RUNNING))
# A job comes to these states after its evidence was closed; to the others it is stopped from outside.
CLOSED_FIRST = (str(State.DONE), str(State.FAILED), str(State.REJECTED))


@dataclass(frozen=True)
class NewJob:
    """What intake or a user asks for."""

    series: str
    study: str
    content: str
    instances: int
    rule: str
    model: str
    target: str
    priority: str
    evidence_code: str
    details: JobDetails
    serial: int = 0

    @property
    def key(self) -> str:
        """The same for the same work."""
        work = (self.series, self.content, self.rule, self.model, self.target, str(self.serial))
        return ":".join((*work, self.volume) if self.volume else work)

    @property
    def volume(self) -> str:
        """The same for the same volume of the series; empty where nobody said which."""
        return self.details.decision.wanted.word


class JobStore:
    """Reads and writes jobs; safe for several threads and, on PostgreSQL, several gateways."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Callable[[], float] = time.time,
        meters: JobMeters | None = None,
        gateway: str | None = None,
    ) -> None:
        """``gateway`` is this one among those that share the database; None where it is the only one."""
        self.gateway = gateway
        self._engine = engine
        self._clock = clock
        self._meters = meters or JobMeters()

    def draft(self, new: NewJob, *, state: State = State.WAITING, error: tuple[str, str] | None = None) -> Job:
        """Return the job as it would be noted."""
        now = self._clock()
        return Job(
            id=uuid.uuid4().hex,
            key=new.key,
            series=new.series,
            study=new.study,
            content=new.content,
            rule=new.rule,
            model=new.model,
            target=new.target,
            priority=new.priority,
            state=state,
            stage=Stage.CLOSED if state.final else Stage.QUEUED,
            progress=1.0 if state.final else 0.0,
            created=now,
            updated=now,
            attempt=1,
            instances=new.instances,
            evidence_code=new.evidence_code,
            error_code=error[0] if error else None,
            error_message=error[1] if error else None,
            details=new.details,
        )

    def add(self, job: Job) -> tuple[Job, bool]:
        """Note a job; returns it and whether it is new. The same work noted twice is one job."""
        row = {column: getattr(job, column) for column in COLUMNS}
        details = job.details.to_json()
        row |= {"state": str(job.state), "stage": str(job.stage), "details": details, "flagged": flagged_in(details)}
        row["hours"] = job.details.decision.hours or ""
        try:
            with self._engine.begin() as connection:
                if job.state is State.WAITING:
                    row["turn"] = next_turn(connection, job.study, job.target, job.priority)
                connection.execute(sa.insert(jobs).values(row))
        except sa.exc.IntegrityError:
            found = self.by_key(job.key)
            if found is None:
                raise
            return found, False
        if job.state.final:
            self._meters.ended(job.state, job.error_code)
        return job, True

    def by_key(self, key: str) -> Job | None:
        """Return the job that is this work, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.key == key)).mappings().first()
        return job_of(row) if row else None

    def get(self, job_id: str) -> Job | None:
        """One job, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().first()
        return job_of(row) if row else None

    def by_evidence_code(self, code: str) -> Job | None:
        """Return the job behind an evidence code, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.evidence_code == code)).mappings().first()
        return job_of(row) if row else None

    def list(
        self,
        *,
        series: str | None = None,
        study: str | None = None,
        states: Iterable[State] | None = None,
        since: float | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """Jobs that fit, newest first."""
        query = _newest_first(series, study, states, since).limit(limit)
        with self._engine.connect() as connection:
            return [job_of(row) for row in connection.execute(query).mappings()]

    def of_studies(self, studies: Sequence[str]) -> Sequence[Job]:
        """Return every job of these studies, newest first."""
        query = sa.select(jobs).where(jobs.c.study.in_(studies)).order_by(jobs.c.created.desc(), jobs.c.id)
        with self._engine.connect() as connection:
            return [job_of(row) for row in connection.execute(query).mappings()]

    def ended(self) -> Sequence[EndedJob]:
        """Every ended job of which the chain of evidence must have the end."""
        columns = (jobs.c.evidence_code, jobs.c.updated, jobs.c.state, jobs.c.stage)
        # Stopped while it waited, nothing had begun; where its files could not be deleted, nothing is closed.
        query = sa.select(*columns).where(
            jobs.c.state.not_in(OPEN_STATES),
            jobs.c.stage != str(Stage.QUEUED),
            jobs.c.evidence_code.is_not(None),
            sa.or_(jobs.c.error_code.is_(None), jobs.c.error_code != "ERASE_FAILED"),
        )
        with self._engine.connect() as connection:
            return [
                EndedJob(code, ended_at(updated), state not in CLOSED_FIRST and stage != str(Stage.CLOSED))
                for code, updated, state, stage in connection.execute(query)
            ]

    def count_by_target(self, state: State) -> dict[str, int]:
        """How many jobs are in a state, by target."""
        query = sa.select(jobs.c.target, sa.func.count()).where(jobs.c.state == str(state))
        with self._engine.connect() as connection:
            return {str(target): int(count) for target, count in connection.execute(query.group_by(jobs.c.target))}

    @contextmanager
    def choosing(self) -> Iterator[None]:
        """Let no other gateway of the group count what runs, and claim more, meanwhile."""
        if self.gateway is None:
            yield
            return
        with self._engine.begin() as connection:
            lock = sa.text("SELECT pg_advisory_xact_lock(:locks, :claiming)")
            connection.execute(lock, {"locks": LOCKS, "claiming": CLAIMING})
            yield

    def running_by_target(self, here: str) -> dict[str, int]:
        """How many jobs run, by target: in the whole group; of the target ``here``, that each has, at this gateway."""
        query = sa.select(jobs.c.target, sa.func.count()).where(jobs.c.state == str(State.RUNNING))
        query = query.where(sa.or_(jobs.c.target != here, *self._own)) if self.gateway is not None else query
        with self._engine.connect() as connection:
            return {str(target): int(count) for target, count in connection.execute(query.group_by(jobs.c.target))}

    def forget(self, job: Job) -> int:
        """Delete a job's row, and what was delivered and told of it; returns how many rows of jobs went."""
        with self._engine.begin() as connection:
            for table in (deliveries, told_deliveries, notifications):
                connection.execute(sa.delete(table).where(table.c.job == job.id))
            return int(connection.execute(sa.delete(jobs).where(jobs.c.id == job.id)).rowcount)

    def ended_before(self, before: float) -> tuple[str, ...]:
        """Return the evidence codes of jobs that ended before a time (seconds since the epoch)."""
        query = sa.select(jobs.c.evidence_code).where(*_ended_before(before))
        with self._engine.connect() as connection:
            return tuple(str(code) for code in connection.execute(query).scalars() if code is not None)

    def retire(self, before: float) -> tuple[str, ...]:
        """Delete the rows of jobs that ended before a time; returns their evidence codes."""
        codes = self.ended_before(before)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(jobs).where(*_ended_before(before)))
            for table in (deliveries, handed_over):
                connection.execute(sa.delete(table).where(table.c.job.not_in(sa.select(jobs.c.id))))
        return codes

    def claim(self, job_id: str) -> Job | None:
        """Take a waiting job to run it; None when another gateway, or a cancellation, was faster."""
        if not self._change(job_id, (str(State.WAITING),), {"state": str(State.RUNNING), "gateway": self.gateway}):
            return None
        return self.get(job_id)

    def owns(self, job_id: str, takeovers: int) -> bool:
        """Whether a job, after so many takeovers, is this gateway's to work on; one whose row is gone is nobody else's.

        A workflow that was begun before another gateway took the job over is not to go on.
        """
        if self.gateway is None:
            return True
        query = sa.select(jobs.c.gateway, jobs.c.takeovers).where(jobs.c.id == job_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return row is None or (row.gateway == self.gateway and row.takeovers == takeovers)

    def release(self, job_id: str) -> None:
        """Note that nothing of a job that ended is left at this gateway."""
        if self.gateway is not None:
            with self._engine.begin() as connection:
                connection.execute(sa.update(jobs).where(jobs.c.id == job_id, *self._own).values(gateway=None))

    def is_elsewhere(self, job_id: str) -> bool:
        """Whether another gateway works on a job, or still has to clear up after it."""
        if self.gateway is None:
            return False
        query = sa.select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.gateway != self.gateway)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def running_here(self) -> Sequence[Job]:
        """Every job that is said to run at this gateway, newest first."""
        query = _newest_first(None, None, (State.RUNNING,), None).where(*self._own)
        with self._engine.connect() as connection:
            return [job_of(row) for row in connection.execute(query).mappings()]

    def stopped_here(self) -> Sequence[str]:
        """Every job that was stopped from outside, and that this gateway of a group has not cleared up after yet."""
        if self.gateway is None:
            return ()
        query = sa.select(jobs.c.id).where(jobs.c.state.not_in(OPEN_STATES), *self._own)
        with self._engine.connect() as connection:
            return [str(job_id) for job_id in connection.execute(query).scalars()]

    @property
    def _own(self) -> tuple[sa.ColumnElement[bool], ...]:
        """Conditions of what only the gateway that works on a job may write."""
        return () if self.gateway is None else (jobs.c.gateway == self.gateway,)

    def count_start(self, job_id: str, *, first: bool = False) -> None:
        """Count that the work on a job's stage was begun; ``first`` for a stage that was not begun before."""
        starts = 1 if first else jobs.c.starts + 1
        with self._engine.begin() as connection:
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id, *self._own).values(starts=starts))

    def starts(self, job_id: str) -> tuple[int, int]:
        """Tell how often the work on a job's stage was begun, and how often another gateway took the attempt over."""
        with self._engine.connect() as connection:
            query = sa.select(jobs.c.starts, jobs.c.takeovers).where(jobs.c.id == job_id)
            row = connection.execute(query).first()
        return (0, 0) if row is None else (int(row.starts), int(row.takeovers))

    def forgive_starts(self) -> None:
        """Count none of the starts of this gateway's open jobs: it did not die, it was stopped."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(jobs).where(jobs.c.state.in_(OPEN_STATES), *self._own).values(starts=0))

    def count_by_state(self) -> dict[str, int]:
        """How many jobs are in each state."""
        query = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
        with self._engine.connect() as connection:
            return {str(state): int(count) for state, count in connection.execute(query)}

    def enter(self, job_id: str, stage: Stage) -> Job | None:
        """Begin a stage; returns the job, or None when it has ended meanwhile (cancelled, superseded).

        So it has for a gateway of a group that another one went on without.
        """
        values = {"state": str(State.RUNNING), "stage": str(stage), "progress": STAGE_BEGINS[stage]}
        if not self._change(job_id, OPEN_STATES, values, *self._own):
            return None
        return self.get(job_id)

    def merge_details(self, job_id: str, details: JobDetails) -> None:
        """Add what ``details`` say to those of a job; ``timings`` and ``warnings`` are merged, the others replaced.

        Not to those of a job that another gateway works on.
        """
        others = () if self.gateway is None else (sa.or_(jobs.c.gateway.is_(None), *self._own),)
        self._amend(job_id, {"updated": self._clock()}, details, *others)

    def note_details(self, job_id: str, details: JobDetails) -> None:
        """Add to the details of a job, whoever works on it."""
        self._amend(job_id, {"updated": self._clock()}, details)

    def _amend(
        self, job_id: str, values: Mapping[str, Any], details: JobDetails, *conditions: sa.ColumnElement[bool]
    ) -> None:
        said = details.to_json()
        with self._engine.begin() as connection:
            query = sa.select(jobs.c.details).where(jobs.c.id == job_id, *conditions)
            row = connection.execute(query.with_for_update()).first()
            if row is None:
                return
            # As they are in the row, so that what only another release knows stays there.
            merged = dict(row[0]) | said
            if "timings" in said:
                merged["timings"] = dict(row[0].get("timings", {})) | said["timings"]
            if "warnings" in said:
                merged["warnings"] = list(dict.fromkeys([*row[0].get("warnings", []), *said["warnings"]]))
            said_now = {"details": merged, "flagged": flagged_in(merged), **values}
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(said_now))

    def warn(self, job_id: str, *sentences: str) -> None:
        """Add to the warnings of a job; each sentence once."""
        self.merge_details(job_id, JobDetails(warnings=sentences))

    def note_afterwards(self, job_id: str, *sentences: str) -> None:
        """Add to the warnings of a job what became of it later; the time of its last change stays that of its end."""
        self._amend(job_id, {}, JobDetails(warnings=sentences))

    def result_gone(self, job: Job, sentence: str) -> None:
        """Note that the RTSTRUCT of a job that is done is no longer in Orthanc."""
        self._amend(job.id, {"rtstruct": None}, JobDetails(warnings=(sentence,), gone=job.rtstruct))

    def begin(self, job_id: str, details: JobDetails) -> None:
        """Note what an attempt begins with, in the place of what an earlier one had left."""
        with self._engine.begin() as connection:
            query = sa.select(jobs.c.details).where(jobs.c.id == job_id, *self._own)
            row = connection.execute(query.with_for_update()).first()
            if row is None:
                return
            kept = {name: row[0][name] for name in OF_THE_JOB if name in row[0]}
            begun = kept | details.to_json()
            values = {"details": begun, "flagged": flagged_in(begun), "updated": self._clock()}
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(values))

    def rekey(self, job: Job, content: str) -> None:
        """Note a job under the key that its series' content has now; a job that is that work already stays it."""
        begins = f"{job.series}:{job.content}:"
        assert job.key.startswith(begins), "a job's key begins with its series and content"
        key = f"{job.series}:{content}:{job.key.removeprefix(begins)}"
        if self.by_key(key) is None:
            with self._engine.begin() as connection:
                connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(content=content, key=key))

    def finish(self, job_id: str, state: State, *, error: tuple[str, str] | None = None) -> bool:
        """Bring an open job to a final state; False when it already had one."""
        values = {
            "state": str(state),
            "error_code": error[0] if error else None,
            "error_message": error[1] if error else None,
        }
        if state is State.DONE:
            values |= {"stage": str(Stage.CLOSED), "progress": 1.0}  # type: ignore[dict-item]
        return self._end(job_id, state, values, *self._own)

    def stop(self, job_id: str, state: State, error: tuple[str, str]) -> bool:
        """End an open job from outside; False when it had ended, or its RTSTRUCT is stored and only erasure is left."""
        values = {"state": str(state), "error_code": error[0], "error_message": error[1]}
        return self._end(job_id, state, values, jobs.c.rtstruct.is_(None))

    def publish(self, job_id: str, rtstruct: str) -> bool:
        """Note the stored RTSTRUCT; False when the job was stopped meanwhile. Of this and ``stop``, one succeeds."""
        return self._change(job_id, OPEN_STATES, {"rtstruct": rtstruct}, *self._own)

    def withdraw(self, job_id: str) -> None:
        """Say that the RTSTRUCT of a job is not stored any more."""
        with self._engine.begin() as connection:
            values = {"rtstruct": None, "updated": self._clock()}
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(values))

    def supersede_done(self, job_id: str, message: str) -> bool:
        """Mark a finished job as overtaken by a newer content of its series."""
        values = {"state": str(State.SUPERSEDED), "error_code": "SUPERSEDED", "error_message": message}
        if self._change(job_id, (str(State.DONE), str(State.FAILED), str(State.REJECTED)), values):
            return True
        # Several images of a place of a series that was still coming: the newer content is judged anew.
        return self._change(job_id, (str(State.EXCLUDED),), values, jobs.c.error_code.in_(AMBIGUOUS))

    def reopen(self, job_id: str, evidence_code: str) -> Job | None:
        """Let a failed, rejected or cancelled job run again from the start; None when its state forbids it.

        The new attempt is a processing of its own, so it gets an evidence code of its own.
        """
        values = {
            "state": str(State.WAITING),
            "stage": str(Stage.QUEUED),
            "progress": 0.0,
            "attempt": jobs.c.attempt + 1,
            "evidence_code": evidence_code,
            "error_code": None,
            "error_message": None,
            "rtstruct": None,
            "starts": 0,
            "gateway": None,
            "takeovers": 0,
        }
        states = (str(State.FAILED), str(State.REJECTED), str(State.CANCELLED))
        job = self.get(job_id)
        if job is None:
            return None
        with self._engine.connect() as connection:
            values["turn"] = next_turn(connection, job.study, job.target, job.priority)
        if not self._change(job_id, states, values):
            return None
        return self.get(job_id)

    def oldest(self, state: State) -> float | None:
        """When (seconds since the epoch) the job was created that waits longest, or was noted of last that runs."""
        when = jobs.c.created if state is State.WAITING else jobs.c.updated
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(sa.func.min(when)).where(jobs.c.state == str(state))).scalar()
        return None if found is None else float(found)

    def _end(self, job_id: str, state: State, values: Mapping[str, Any], *conditions: sa.ColumnElement[bool]) -> bool:
        if not self._change(job_id, OPEN_STATES, values, *conditions):
            return False
        self._meters.ended(state, values["error_code"])
        return True

    def _change(
        self, job_id: str, states: Iterable[str], values: Mapping[str, Any], *conditions: sa.ColumnElement[bool]
    ) -> bool:
        query = (
            sa.update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state.in_(list(states)), *conditions)
            .values(updated=self._clock(), **values)
        )
        with self._engine.begin() as connection:
            return connection.execute(query).rowcount == 1


def _newest_first(
    series: str | None, study: str | None, states: Iterable[State] | None, since: float | None
) -> sa.Select[Any]:
    query = sa.select(jobs).order_by(jobs.c.created.desc(), jobs.c.id)
    if series is not None:
        query = query.where(jobs.c.series == series)
    if study is not None:
        query = query.where(jobs.c.study == study)
    if states is not None:
        query = query.where(jobs.c.state.in_([str(state) for state in states]))
    if since is not None:
        query = query.where(jobs.c.updated >= since)
    return query


def job_of(row: Mapping[Any, Any]) -> Job:
    """Return the job that a row of the table is."""
    values = {column: row[column] for column in COLUMNS}
    stage = EARLIER_STAGES.get(values["stage"], values["stage"])
    values["state"], values["stage"] = State(values["state"]), Stage(stage)
    values["details"] = JobDetails.model_validate(values["details"])
    return Job(**values)


def _ended_before(before: float) -> tuple[sa.ColumnElement[bool], ...]:
    return (jobs.c.state.not_in(OPEN_STATES), jobs.c.updated < before)
