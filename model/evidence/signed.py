"""A signed document: canonical JSON of one named kind, with the digest and the Ed25519 signature of its bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.canonical_json import Json, canonical
from model.evidence.signing import PublicKey, SigningKey


class DocumentKind(StrEnum):
    """The kinds; the kind is signed with the body, so that no document can pass for one of another kind."""

    TRANSFER = "autocontour transfer"
    RECEIPT = "autocontour receipt"
    HEAD = "autocontour chain head"
    COUNTERSIGNATURE = "autocontour countersignature"
    CERTIFICATE = "autocontour certificate"
    REPORT = "autocontour monthly report"
    SERVICE_KEY = "autocontour service key"
    QUOTE = "autocontour machine quote"


def sign(kind: DocumentKind, body: Mapping[str, Json], key: SigningKey) -> dict[str, Any]:
    """Sign a body: ``{"document": {"body", "key", "kind"}, "sha256", "signature"}``."""
    document = {"kind": kind.value, "body": dict(body), "key": key.public.id}
    content = canonical(document)
    return {
        "document": json.loads(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "signature": key.sign(content).hex(),
    }


def open_signed(kind: DocumentKind, signed: object, keys: Collection[PublicKey]) -> dict[str, Any]:
    """Return the body of a document that one of the keys signed.

    Raises EvidenceRefused: SIGNATURE_SHAPE when it is no such document, SIGNATURE_KEY when another key signed it,
    SIGNATURE_WRONG when it was changed after it was signed.
    """
    try:
        document, claimed, signature = signed["document"], signed["sha256"], signed["signature"]  # type: ignore[index]
        body, signer = document["body"], document["key"]
        content = canonical(document)
        right = document["kind"] == kind.value and isinstance(body, dict) and document.keys() == {"kind", "body", "key"}
        # Beside what is signed nothing may stand that a reader could take for signed.
        right = right and signed.keys() == {"document", "sha256", "signature"}  # type: ignore[attr-defined]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        right = False
    if not right:
        raise EvidenceRefused("SIGNATURE_SHAPE", f"This is not a signed document of the kind '{kind}'.")
    key = next((key for key in keys if key.id == signer), None)
    if key is None:
        raise EvidenceRefused("SIGNATURE_KEY", f"The {kind} is not signed by a key that is trusted here.")
    if hashlib.sha256(content).hexdigest() != claimed or not key.signed(signature, content):
        raise EvidenceRefused("SIGNATURE_WRONG", f"The {kind} was changed after it was signed.")
    opened: dict[str, Any] = body
    return opened


def digest_of(signed: Mapping[str, Any]) -> str:
    """Give the SHA-256 by which records name a signed document."""
    return str(signed["sha256"])
