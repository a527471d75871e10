"""A chain's head as a signed document: what is handed out, countersigned, time-stamped, and kept by others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.files import Head
from model.evidence.record import is_stamp, stamp
from model.evidence.signed import DocumentKind, open_signed
from model.evidence.signing import PublicKey


def sign_head(chain: Chain, time: datetime) -> dict[str, Any]:
    """Sign the chain's present head as a document to hand out."""
    head = chain.head()
    return chain.sign(DocumentKind.HEAD, {"sequence": head.sequence, "sha256": head.digest, "time": stamp(time)})


def read_signed_head(signed: object, keys: Collection[PublicKey]) -> Head:
    """Return the head that a signed document states; raises EvidenceRefused when it does not, or not by these keys."""
    return head_of(open_signed(DocumentKind.HEAD, signed, keys))


def head_of(body: dict[str, Any]) -> Head:
    """Read the head that a document's body states; raises EvidenceRefused with SIGNATURE_SHAPE."""
    sequence, digest, time = body.get("sequence"), body.get("sha256"), body.get("time")
    if not isinstance(sequence, int) or not isinstance(digest, str) or not is_stamp(time):
        raise EvidenceRefused("SIGNATURE_SHAPE", "The document states no head of a chain.")
    return Head(sequence, digest)
