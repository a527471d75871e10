"""The anchors of a chain held against its records: each that a record names has to lie there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.evidence.anchor import COUNTERSIGNATURE_SUFFIX, HEAD_SUFFIX, STAMP_SUFFIX
from model.evidence.event import Event
from model.evidence.record import Record
from model.evidence.walk import Broken, Change


@dataclass
class _Folder:
    """What lies in the folder of anchors, by the digests that records name."""

    heads: dict[str, str] = field(default_factory=dict)
    countersignatures: dict[str, str] = field(default_factory=dict)
    # The digests of the heads that were countersigned, or time-stamped.
    countersigned: set[str] = field(default_factory=set)
    stamped: set[str] = field(default_factory=set)


def lost_anchor(records: Sequence[Record], folder: Path, remarks: list[str]) -> Broken | None:
    """Name the first record whose anchor is not in the folder; a remark counts anchors that no record names.

    Those can be of an anchoring that was killed before it was recorded. Whether anchors are genuine is judged where
    their heads are compared with the chain.
    """
    anchored = [record for record in records if record.event is Event.HEAD_ANCHORED]
    if not anchored:
        return None
    found = _read(folder)
    named: set[str] = set()
    for record in records:
        if record.event not in (Event.HEAD_ANCHORED, Event.PEER_HEAD):
            continue
        anchor = record.facts.get("anchor")
        if not isinstance(anchor, str):
            continue
        named.add(anchor)
        what = _lacking(record, anchor, found)
        if what is not None:
            return Broken(
                record.sequence, Change.ANCHOR_LOST, folder.name, 0, f"{what} is not in the folder {folder.name}"
            )
    unnamed = sum(1 for digest in (*found.heads, *found.countersignatures) if digest not in named)
    if unnamed:
        remarks.append(
            f"{unnamed} anchors are named by no record: an anchoring was interrupted, or somebody laid them there."
        )
    return None


def _lacking(record: Record, anchor: str, found: _Folder) -> str | None:
    if record.event is Event.PEER_HEAD:
        return None if anchor in found.countersignatures else "the countersignature that it names"
    if anchor not in found.heads:
        return "the signed head that it names"
    if record.facts.get("countersigned") and anchor not in found.countersigned:
        return "a countersignature of the head that it names"
    if record.facts.get("stamped") and anchor not in found.stamped:
        return "the time stamp over the head that it names"
    return None


def _read(folder: Path) -> _Folder:
    found = _Folder()
    for path in sorted(folder.glob(f"*{HEAD_SUFFIX}")):
        digest = str(_document(path).get("sha256"))
        found.heads[digest] = path.name
        if path.with_name(path.name.removesuffix(HEAD_SUFFIX) + STAMP_SUFFIX).is_file():
            found.stamped.add(digest)
    for path in sorted(folder.glob(f"*{COUNTERSIGNATURE_SUFFIX}")):
        signed = _document(path)
        found.countersignatures[str(signed.get("sha256"))] = path.name
        try:
            found.countersigned.add(str(signed["document"]["body"]["anchor"]))
        except (KeyError, TypeError):
            continue
    return found


def _document(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
