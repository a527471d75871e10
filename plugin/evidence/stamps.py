"""The time stamps that are kept beside a chain's anchors: whose they are, over which head, and whether they hold.

Those of other gateways of a group lie beside their own chains; of them only the records are here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from model.errors import EvidenceRefused
from model.evidence.anchor import HEAD_SUFFIX, STAMP_SUFFIX
from model.evidence.event import Event
from model.evidence.files import ANCHORS_NAME, Head
from model.evidence.head import head_of
from model.evidence.record import Record
from plugin.evidence.timestamp import Stamp, check_stamp, read_stamp

# None: nobody named the authority's certificates.
StampRoots = Sequence[x509.Certificate] | None


@dataclass(frozen=True, slots=True)
class KeptStamp:
    """One stamp in the folder of anchors; what cannot be read of it is None.

    ``verified`` is whether the authority stamped this very head, None where its certificates were not given.
    ``stated`` is the time that the head itself states.
    """

    file: str
    head: Head | None
    stated: str | None
    stamp: Stamp | None
    verified: bool | None

    @property
    def apart(self) -> timedelta:
        """How far the chain's clock and the authority's were apart."""
        if self.stated is None or self.stamp is None:
            return timedelta(0)
        return abs(datetime.fromisoformat(self.stamp.time) - datetime.fromisoformat(self.stated))


def read_roots(path: Path | None) -> StampRoots:
    """Read an authority's certificates (PEM); None where there is no file of them, or none in it."""
    if path is None:
        return None
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return None


def kept_stamps(chain: Path, roots: StampRoots, beginning: str = "") -> list[KeptStamp]:
    """Read the stamps beside a chain, oldest first; only those whose names begin so (``2026-11``)."""
    paths = sorted((chain / ANCHORS_NAME).glob(f"{beginning}*{STAMP_SUFFIX}"))
    return [_kept(path, roots) for path in paths]


def stamps_of(chain: Path, month: str, roots: StampRoots, gateway: str | None = None) -> list[dict[str, Any]]:
    """Tell of a month's stamps beside a chain as the report does; ``gateway`` is whose they are in a group."""
    return [
        {
            "Gateway": gateway,
            "Sequence": None if one.head is None else one.head.sequence,
            "Digest": None if one.head is None else one.head.digest,
            "Time": None if one.stamp is None else one.stamp.time,
            "Authority": None if one.stamp is None else one.stamp.authority,
            "Verified": one.verified,
            "Recorded": None,
        }
        for one in kept_stamps(chain, roots, month)
    ]


def stamps_elsewhere(chains: Mapping[str, Sequence[Record]], month: str) -> list[dict[str, Any]]:
    """Tell of the stamps of other gateways, by their chains: which head has one, and when its gateway recorded that.

    Time and authority stand in the stamp itself, which lies beside that gateway's chain and is not read here.
    """
    return [
        {
            "Gateway": gateway,
            "Sequence": record.facts["sequence"],
            "Digest": record.facts["head"],
            "Time": None,
            "Authority": None,
            "Verified": None,
            "Recorded": record.time,
        }
        for gateway, records in chains.items()
        for record in records
        if record.event is Event.HEAD_ANCHORED and record.facts["stamped"] and record.time.startswith(month)
    ]


def _kept(path: Path, roots: StampRoots) -> KeptStamp:
    reply = path.read_bytes()
    head, stated, content = _head(path.with_name(path.name.removesuffix(STAMP_SUFFIX) + HEAD_SUFFIX))
    try:
        stamp = read_stamp(reply)
    except EvidenceRefused:
        return KeptStamp(path.name, head, stated, None, False)
    if content is None:
        return KeptStamp(path.name, head, stated, stamp, False)
    if roots is None:
        return KeptStamp(path.name, head, stated, stamp, None)
    try:
        check_stamp(content, reply, roots)
    except EvidenceRefused:
        return KeptStamp(path.name, head, stated, stamp, False)
    return KeptStamp(path.name, head, stated, stamp, True)


def _head(path: Path) -> tuple[Head | None, str | None, bytes | None]:
    try:
        content = path.read_bytes()
        body = json.loads(content)["document"]["body"]
        return head_of(body), str(body["time"]), content
    except (OSError, ValueError, KeyError, TypeError, EvidenceRefused):
        return None, None, None
