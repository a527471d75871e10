"""The record of the chain that a result arrived: where, how that was proved, and how many objects."""

from __future__ import annotations

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from plugin.deliver.delivery import Delivery, Proof
from plugin.jobs.job import Job


def record_delivered(chain: Chain, job: Job, delivery: Delivery, proof: Proof, instances: int) -> None:
    """Record a proved arrival, once for each time that it was asked for."""
    if job.evidence_code is None:
        return
    chain.declare([delivery.destination])
    facts: Facts = {
        "destination": delivery.destination,
        "proof": str(proof).upper(),
        "instances": instances,
        "delivery": delivery.serial,
    }
    for record in chain.records(job.evidence_code):
        if record.event is Event.DELIVERED and _same(record.facts, facts):
            return
    chain.append(Event.DELIVERED, job.evidence_code, facts)


def _same(one: Facts, other: Facts) -> bool:
    return all(one.get(name) == other[name] for name in ("destination", "delivery"))
