"""The table of registered proofs that contours stay where they are without the face."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace

import sqlalchemy as sa

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from plugin.state.database import face_proofs


@dataclass(frozen=True)
class FaceProof:
    """One proof: of which model at which target, with the SHA-256 of its report; ``structures`` are those proven.

    ``digest`` is the model's; empty where its target tells none.
    """

    report: str
    model: str
    target: str
    digest: str
    cases: int
    at: float
    structures: list[str]


class FaceProofs:
    """Reads and writes registered proofs; the latest of a model at a target counts."""

    def __init__(self, engine: sa.Engine, chain: Chain, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._chain = chain
        self._clock = clock

    def register(self, wanted: FaceProof) -> FaceProof:
        """Note a proof as of now, on record before it counts; one that is known already stays what it is."""
        known = next((one for one in self.all() if one.report == wanted.report), None)
        if known is not None:
            return known
        made = replace(wanted, at=self._clock())
        self._chain.declare([made.model, made.target])
        facts: Facts = {
            "model": made.model,
            "target": made.target,
            "report": made.report,
            "cases": made.cases,
            "face": "PROVEN",
        }
        if made.digest:
            facts = {**facts, "model_digest": made.digest}
        self._chain.append(Event.COMMISSIONED, None, facts)
        with self._engine.begin() as connection:
            connection.execute(sa.insert(face_proofs).values(asdict(made)))
        return made

    def all(self) -> list[FaceProof]:
        """Return every proof, the latest first."""
        names = [field.name for field in fields(FaceProof)]
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(face_proofs).order_by(face_proofs.c.at.desc())).mappings()
            return [FaceProof(**{name: row[name] for name in names}) for row in rows]

    def of(self, model: str, target: str) -> FaceProof | None:
        """Return the latest proof of a model at a target."""
        return next((one for one in self.all() if (one.model, one.target) == (model, target)), None)
