"""Quotes of confidential machines: the machine's own statement of which software holds the service's key, now.

A quote is bytes that only the maker of the hardware can read and vouch for. Here is what does not depend on the maker:
what a quote has to be bound to, the signed document by which it travels, and what a recipient asks of it. The kinds
that can be read are in ``model.evidence.quote_kinds``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.facts import is_own_id
from model.evidence.quote_kinds import READERS, STAND_IN
from model.evidence.record import is_stamp, stamp
from model.evidence.signed import DocumentKind, digest_of, open_signed, sign
from model.evidence.signing import PublicKey, SigningKey

# What follows a receipt's transfer in the name of the quote that is kept beside it.
BESIDE = "QUOTE"
NONCE_BYTES = 32
# A quote with its certificates has some KB (AMD SEV-SNP: 1184 bytes and the chain; Intel TDX: about 5 KB).
LARGEST_QUOTE = 64 * 1024
_HEX64 = re.compile(r"[0-9a-f]{64}")
_BODY = {"transfer", "nonce", "service_key", "kind", "quote", "time"}


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote that is bound to the key that signed it and to a nonce; ``digest`` is that of the signed document.

    ``proves`` is False for the software stand-in, which nobody's hardware vouches for.
    """

    transfer: str
    nonce: str
    key: PublicKey
    kind: str
    measurement: str
    time: str
    digest: str

    @property
    def proves(self) -> bool:
        """Whether any hardware stands behind it."""
        return self.kind != STAND_IN


def report_data(key: PublicKey, nonce: str) -> bytes:
    """Return the 64 bytes that a quote has to hold: SHA-256 of the service's public key and the nonce, then zeros.

    So long is REPORT_DATA of AMD SEV-SNP (document 56860, ATTESTATION_REPORT) and REPORTDATA of Intel TDX
    (TDX_REPORTDATA_LEN in Linux' uapi/linux/tdx-guest.h).
    """
    return hashlib.sha256(key.raw + bytes.fromhex(nonce)).digest().ljust(64, b"\0")


def issue_quote(transfer: str, nonce: str, kind: str, quote: bytes, time: datetime, key: SigningKey) -> dict[str, Any]:
    """Sign the document by which a quote travels."""
    body: dict[str, Any] = {
        "transfer": transfer,
        "nonce": nonce,
        "service_key": key.public.raw.hex(),
        "kind": kind,
        "quote": base64.b64encode(quote).decode("ascii"),
        "time": stamp(time),
    }
    return sign(DocumentKind.QUOTE, body, key)


def read_quote(
    signed: Any, keys: Collection[PublicKey], *, transfer: str | None = None, nonce: str | None = None
) -> Quote:
    """Return a quote that one of the keys signed, and that is bound to that very key and to its nonce.

    Raises EvidenceRefused: SIGNATURE_…; ATTESTATION_STALE when it answers another nonce or transfer than those given;
    ATTESTATION_KIND when nothing here can read it; ATTESTATION_WRONG when it is not genuine; ATTESTATION_UNBOUND when
    it states another key or nonce.
    """
    body = open_signed(DocumentKind.QUOTE, signed, keys)
    content = _content(body)
    if (nonce is not None and body["nonce"] != nonce) or (transfer is not None and body["transfer"] != transfer):
        raise EvidenceRefused(
            "ATTESTATION_STALE", "The quote answers another nonce or transfer than the one asked for."
        )
    reader = READERS.get(body["kind"])
    if reader is None:
        raise EvidenceRefused("ATTESTATION_KIND", "The quote is of a kind that cannot be verified here.")
    reading = reader(content)
    key = next(one for one in keys if one.id == signed["document"]["key"])
    if body["service_key"] != key.raw.hex() or reading.report_data != report_data(key, body["nonce"]):
        raise EvidenceRefused(
            "ATTESTATION_UNBOUND", "The quote is not bound to the key that signs receipts and to the nonce."
        )
    return Quote(
        body["transfer"], body["nonce"], key, body["kind"], reading.measurement, body["time"], digest_of(signed)
    )


def read_wanted_quote(
    signed: Any, key: PublicKey, transfer: str, nonce: str, kind: str, measurements: Collection[str]
) -> Quote:
    """Return the quote that was demanded: of this transfer, nonce, kind, and of one of these measurements.

    Raises EvidenceRefused as ``read_quote``, and ATTESTATION_KIND, ATTESTATION_MEASUREMENT.
    """
    quote = read_quote(signed, [key], transfer=transfer, nonce=nonce)
    if quote.kind != kind:
        raise EvidenceRefused("ATTESTATION_KIND", "The quote is of another kind than the configuration demands.")
    if quote.measurement not in measurements:
        raise EvidenceRefused(
            "ATTESTATION_MEASUREMENT", "The quote is of other software than that whose measurement is configured."
        )
    return quote


def _content(body: dict[str, Any]) -> bytes:
    """Check the form of a quote's document; returns the quote itself."""
    right = body.keys() == _BODY and all(isinstance(value, str) for value in body.values())
    right = right and is_own_id(body["transfer"]) and is_stamp(body["time"])
    right = right and _HEX64.fullmatch(body["nonce"]) is not None and _HEX64.fullmatch(body["service_key"]) is not None
    if right and len(body["quote"]) <= 2 * LARGEST_QUOTE:
        try:
            return base64.b64decode(body["quote"], validate=True)
        except (binascii.Error, ValueError):
            pass
    raise EvidenceRefused("SIGNATURE_SHAPE", "This is not a quote of a machine.")
