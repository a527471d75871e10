"""The certificate of one service's signing key: several services of one operator sign by keys that the operator signed.

A recipient pins the operator's key alone. A service is left out by not signing its key again: certificates end.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.record import is_stamp, stamp
from model.evidence.signed import DocumentKind, open_signed, sign
from model.evidence.signing import PublicKey, SigningKey

# What follows a receipt's transfer in the name of the certificate that is kept beside it.
BESIDE = "SERVICE_KEY"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_URL = re.compile(r"https://[A-Za-z0-9.\[\]:_-]{1,253}/?")
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """The key of one service as its operator signed it: ``url`` is the service's own address, where it has one."""

    name: str
    key: PublicKey
    url: str | None
    first: str
    last: str

    def require_covers(self, time: str) -> None:
        """Raise EvidenceRefused with KEY_EXPIRED unless a moment, as records write it, lies within the validity."""
        if not self.first <= time <= self.last:
            raise EvidenceRefused(
                "KEY_EXPIRED",
                f"The operator's certificate of the service {self.name} is valid from {self.first} to {self.last} "
                "only; its operator must sign the key again.",
            )

    def require_covers_moment(self, now: datetime) -> None:
        """As ``require_covers``, for a time that was not written yet."""
        self.require_covers(stamp(now))

    @property
    def ends(self) -> datetime:
        """The last moment of the validity."""
        return datetime.fromisoformat(self.last)


def certify(
    name: str, key: PublicKey, url: str | None, first: datetime, last: datetime, operator: SigningKey
) -> dict[str, Any]:
    """Sign a service's key with the operator's; raises EvidenceRefused with SIGNATURE_SHAPE for odd names."""
    body: dict[str, Any] = {
        "name": name,
        "key": key.raw.hex(),
        "url": url,
        "first": stamp(first),
        "last": stamp(last),
    }
    _read(body)
    return sign(DocumentKind.SERVICE_KEY, body, operator)


def read_service_key(signed: object, operators: Collection[PublicKey], *, now: datetime | None = None) -> ServiceKey:
    """Return what an operator signed; raises EvidenceRefused: SIGNATURE_…, or KEY_EXPIRED where ``now`` is outside."""
    read = _read(open_signed(DocumentKind.SERVICE_KEY, signed, operators))
    if now is not None:
        read.require_covers_moment(now)
    return read


def read_certified(signed: Any) -> ServiceKey:
    """Return what a certificate says, whoever signed it; raises EvidenceRefused with SIGNATURE_SHAPE."""
    try:
        return _read(signed["document"]["body"])
    except (KeyError, TypeError, AttributeError):
        raise EvidenceRefused("SIGNATURE_SHAPE", "This is not the certificate of a service's key.") from None


def _read(body: dict[str, Any]) -> ServiceKey:
    right = body.keys() == {"name", "key", "url", "first", "last"}
    right = right and all(isinstance(body[name], str) for name in ("name", "key", "first", "last"))
    right = right and _NAME.fullmatch(body["name"]) is not None and _KEY.fullmatch(body["key"]) is not None
    right = right and is_stamp(body["first"]) and is_stamp(body["last"])
    if right and body["url"] is not None:
        right = isinstance(body["url"], str) and _URL.fullmatch(body["url"]) is not None
    if not right:
        raise EvidenceRefused("SIGNATURE_SHAPE", "This is not the certificate of a service's key.")
    key = PublicKey.of(bytes.fromhex(body["key"]))
    return ServiceKey(body["name"], key, body["url"], body["first"], body["last"])
