"""What is known of a chain from outside of it, on paper or from another party, held against its records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.event import Event
from model.evidence.files import Head
from model.evidence.group import contradiction
from model.evidence.head import read_signed_head
from model.evidence.signing import PublicKey
from model.evidence.verification import Examined, keys_beside


@dataclass(frozen=True, slots=True)
class Outside:
    """What one witness from outside says: a sentence for people, and the same for machines.

    ``agrees`` is False when the chain contradicts it, or when it is not what it is said to be.
    """

    agrees: bool
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldChain:
    """A verified chain: its folder or copy, its records, and the keys that may sign in it."""

    path: Path
    examined: Examined
    keys: tuple[PublicKey, ...]

    @classmethod
    def of(cls, path: Path, examined: Examined, trusted: Collection[PublicKey]) -> HeldChain:
        """Gather the keys: those that are trusted, else those beside the chain, and whom they handed over to."""
        given = list(trusted) or (keys_beside(path) if path.is_dir() else [])
        handed = [
            PublicKey.of(bytes.fromhex(str(record.facts["new_key"])))
            for record in examined.records
            if record.event is Event.KEY_ROTATED
        ]
        return cls(path, examined, tuple({key.id: key for key in (*given, *handed)}.values()))


def compare_signed_head(signed: Mapping[str, Any], chains: Mapping[str, HeldChain], where: str) -> Outside:
    """Hold a signed head against the chain whose key signed it; ``where`` says where it stands."""
    for name, chain in chains.items():
        try:
            head = read_signed_head(signed, chain.keys)
        except EvidenceRefused as error:
            if error.code == "SIGNATURE_KEY":
                continue
            return Outside(False, f"CONTRADICTED: the head {where} is false: {error.message}", {"Error": error.code})
        return compare_head(head, chain, where, "" if len(chains) == 1 else f" of {name}")
    sentence = f"CONTRADICTED: the head {where} is signed by no key of {_these(chains)}."
    return Outside(False, sentence, {"Error": "SIGNATURE_KEY"})


def compare_head(head: Head, chain: HeldChain, where: str, whose: str = "") -> Outside:
    """Hold a head against a chain; ``where`` says where it stands, ``whose`` which of several chains it is."""
    facts: dict[str, Any] = {"Sequence": head.sequence, "Digest": head.digest}
    examined = chain.examined
    start = examined.start.sequence
    if head.sequence <= start:
        told = f"Not compared: record {head.sequence}{whose}, whose head stands {where}, was retired with its month."
        return Outside(True, told, facts | {"Retired": True})
    if not examined.verification.valid and head.sequence > start + len(examined.records):
        told = f"CONTRADICTED: the chain{whose} is changed before record {head.sequence}, whose head stands {where}."
        return Outside(False, told, facts)
    broken = contradiction(examined, head, f"its head stands {where}")
    if broken is None:
        return Outside(True, f"Held: the head {where} is that of record {head.sequence}{whose}.", facts)
    told = f"CONTRADICTED: record {broken.sequence}{whose} is {broken.change.value}: {broken.why}."
    return Outside(False, told, facts | {"FirstBroken": broken.sequence, "Change": broken.change.value})


def _these(chains: Mapping[str, HeldChain]) -> str:
    return "this chain" if len(chains) == 1 else "these chains"
