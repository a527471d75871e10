"""The jobs of gateways that were lost: given to those that are left, and noted for the lost one until it is back.

Only a fenced gateway loses its jobs. That and its coming back are one row of ``gateways``, which is locked meanwhile,
so that it either finds its jobs as they were or finds them gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from plugin.jobs.job import Stage, State, workflow_id
from plugin.state.database import jobs
from plugin.state.group_tables import gateways, handed_over


@dataclass(frozen=True)
class Handover:
    """The work on a job that a gateway lost; ``taker`` went on with it, None until somebody has."""

    job: str
    attempt: int
    takeovers: int
    gateway: str
    taker: str | None
    evidence_code: str | None

    @property
    def workflow_id(self) -> str:
        """The durable workflow, and the transfer, that the lost gateway had begun."""
        return workflow_id(self.job, self.attempt, self.takeovers)


class Handovers:
    """Reads and writes who lost what; ``gateway`` is this one."""

    def __init__(self, engine: sa.Engine, gateway: str, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._gateway = gateway
        self._clock = clock

    def take(self) -> Sequence[Handover]:
        """Take every job of a fenced gateway from it; returns what was taken.

        What is not stored yet waits again, for whichever gateway has room for it. Of what is stored, or was stopped,
        only little is left to do, and this gateway does it.
        """
        taken: list[Handover] = []
        with self._engine.begin() as connection:
            lost = sa.select(gateways.c.id).where(gateways.c.fenced, gateways.c.id != self._gateway)
            gone = connection.execute(lost.with_for_update()).scalars().all()
            if not gone:
                return taken
            columns = (
                *(jobs.c.id, jobs.c.attempt, jobs.c.takeovers, jobs.c.gateway, jobs.c.evidence_code),
                jobs.c.state,
            )
            theirs = sa.select(*columns, jobs.c.rtstruct).where(jobs.c.gateway.in_(gone)).with_for_update()
            for row in connection.execute(theirs).all():
                waits = row.state == str(State.RUNNING) and row.rtstruct is None
                values = {"gateway": None if waits else self._gateway, "takeovers": row.takeovers + 1}
                if waits:
                    values |= {"state": str(State.WAITING), "stage": str(Stage.QUEUED), "progress": 0.0}
                values["updated"] = self._clock()
                connection.execute(sa.update(jobs).where(jobs.c.id == row.id).values(values))
                one = Handover(row.id, row.attempt, row.takeovers, row.gateway, values["gateway"], row.evidence_code)
                taken.append(one)
                connection.execute(
                    sa.insert(handed_over).values(
                        job=one.job, attempt=one.attempt, takeovers=one.takeovers, gateway=one.gateway,
                        taker=one.taker, evidence_code=one.evidence_code, at=self._clock(), cleared=False,
                    )
                )  # fmt: skip
        return taken

    def begun(self, job_id: str, attempt: int) -> str | None:
        """Note that this gateway goes on with a job; returns which one had lost it last."""
        ours = (handed_over.c.job == job_id, handed_over.c.attempt == attempt)
        with self._engine.begin() as connection:
            taker = sa.update(handed_over).where(*ours, handed_over.c.taker.is_(None))
            connection.execute(taker.values(taker=self._gateway))
            last = sa.select(handed_over.c.gateway).where(*ours).order_by(handed_over.c.takeovers.desc()).limit(1)
            found = connection.execute(last).scalar()
        return None if found is None else str(found)

    def to_clear(self) -> Sequence[Handover]:
        """Return what this gateway lost while it was away, and has not erased yet."""
        columns = [handed_over.c[name] for name in Handover.__dataclass_fields__]
        query = sa.select(*columns).where(handed_over.c.gateway == self._gateway, sa.not_(handed_over.c.cleared))
        with self._engine.connect() as connection:
            return [Handover(*row) for row in connection.execute(query.order_by(handed_over.c.at))]

    def cleared(self, one: Handover) -> None:
        """Note that this gateway has nothing left of what it lost."""
        ours = (
            handed_over.c.job == one.job,
            handed_over.c.attempt == one.attempt,
            handed_over.c.takeovers == one.takeovers,
        )
        with self._engine.begin() as connection:
            connection.execute(sa.update(handed_over).where(*ours).values(cleared=True))
