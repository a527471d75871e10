"""Chains of several gateways held against each other: a head that one of them recorded must still be in the other.

A chain that was cut, or written again with the same key, is consistent in itself. In a group each gateway records its
peers' heads in its own chain, so that the chain that was cut contradicts all others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.evidence.event import Event
from model.evidence.files import Head
from model.evidence.record import Record
from model.evidence.verification import Examined, Verification
from model.evidence.walk import Broken, Change


@dataclass(frozen=True, slots=True)
class HeldHead:
    """A head of a gateway's chain that a record of another chain holds: whose, in which record, which head and key."""

    holder: str
    record: int
    gateway: str
    key: str
    head: Head


def held_heads(holder: str, records: Sequence[Record]) -> list[HeldHead]:
    """Find the heads of other gateways' chains that these records hold."""
    return [
        HeldHead(
            holder,
            record.sequence,
            str(record.facts["gateway"]),
            str(record.facts["key"]),
            Head(int(str(record.facts["sequence"])), str(record.facts["head"])),
        )
        for record in records
        if record.event is Event.PEER_HEAD and "gateway" in record.facts
    ]


def gateway_of(records: Sequence[Record]) -> str | None:
    """Return the gateway whose chain this is, as the chain itself says; None outside a group."""
    joined = [record for record in records if record.event is Event.GROUP_JOINED]
    return str(joined[-1].facts["gateway"]) if joined else None


def verify_group(chains: Mapping[str, Examined], until: Mapping[str, int] | None = None) -> dict[str, Verification]:
    """Hold verified chains, by gateway or any other name, against the heads that they hold of each other.

    A chain that contradicts a head is broken where it does, unless it was before. A remark names a gateway whose
    head is held and whose chain is not there. ``until`` is up to which record each chain's word on the others counts:
    of chains that grow while they are read, the end that each had before the first was read.
    """
    answers = {name: one.verification for name, one in chains.items()}
    owners = {name: gateway_of(one.records) for name, one in chains.items()}
    absent: dict[str, HeldHead] = {}
    ends = until or {}
    held = [
        head
        for name, one in chains.items()
        for head in held_heads(name, one.records)
        if until is None or head.record <= ends.get(name, 0)
    ]
    for head in sorted(held, key=lambda one: one.head.sequence):
        names = [name for name, one in chains.items() if _is_of(head, name, one, owners[name])]
        if not names:
            absent[head.gateway] = head
        for name in names:
            where = f"its head stands in record {head.record} of the chain of {head.holder}"
            if answers[name].broken is None and (broken := contradiction(chains[name], head.head, where)) is not None:
                good = min(broken.sequence - 1 - chains[name].start.sequence, len(chains[name].records))
                answers[name] = dataclasses.replace(answers[name], valid=False, broken=broken, records=good)
    for gateway, head in absent.items():
        told = answers[head.holder]
        remark = (
            f"Record {head.record} holds the head of gateway {gateway} at record {head.head.sequence}, whose chain "
            "is not among these."
        )
        answers[head.holder] = dataclasses.replace(told, remarks=(*told.remarks, remark))
    return answers


def _is_of(held: HeldHead, name: str, chain: Examined, owner: str | None) -> bool:
    """Whether a head is said to be of this chain: by its gateway, or by its key where the chain names no gateway."""
    return held.gateway in (name, owner) or (owner is None and held.key in chain.verification.keys)


def contradiction(chain: Examined, head: Head, where: str) -> Broken | None:
    """Return where a verified chain differs from a head that is known from elsewhere; ``where`` says from whom."""
    end = chain.start.sequence + len(chain.records)
    if head.sequence <= chain.start.sequence:
        return None  # of a month that was retired
    if head.sequence > end:
        why = f"the chain ends there, but record {head.sequence} was written: {where}"
        return Broken(end + 1, Change.CUT_OFF, "", 0, why)
    if chain.records[head.sequence - 1 - chain.start.sequence].digest != head.digest:
        return Broken(head.sequence, Change.REWRITTEN, "", 0, f"another one was written: {where}")
    return None
