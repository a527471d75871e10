"""The documents that cross: what a sender announces, and what it is told; read by both ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from model.evidence.canonical_json import Json
from model.evidence.signed import DocumentKind, open_signed, sign
from model.evidence.signing import PublicKey, SigningKey
from model.gate.manifest import Manifest

TransferId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Announcement(_Strict):
    """What a sender is about to send: 128 random bits as its id, the model, and every file's digest."""

    transfer: TransferId
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$")]
    count: Annotated[int, Field(ge=0, le=100_000)]
    manifest: Manifest
    public_key: Hex64


class _Document(_Strict):
    kind: Literal["autocontour transfer"]
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    body: Announcement


class SignedAnnouncement(_Strict):
    """An announcement with the sender's Ed25519 signature over the document's canonical JSON."""

    document: _Document
    sha256: Hex64
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class Roi(BaseModel):
    """One structure that was drawn; Volume in cm³."""

    Number: int
    Name: str
    FullName: str
    Volume: float
    Flags: list[str] = []


class Undrawn(BaseModel):
    """A structure that was not drawn, and why."""

    Label: str
    Reason: str


class Problem(BaseModel):
    """Why a transfer is over; Findings map rule identifiers to counts."""

    Code: str
    Message: str
    Findings: dict[str, int] = {}


class ReplicaAnswer(BaseModel):
    """Which of several services behind one address answers, by whose key, at which address of its own.

    ``Certificate`` is what the operator signed of all three.
    """

    Name: str
    Url: str | None = None
    Key: str
    Certificate: dict[str, Any] | None = None


class Status(BaseModel):
    """Where a transfer stands; Missing are the SOP Instance UIDs that have not arrived, while it is open."""

    Transfer: str
    State: Literal["open", "queued", "running", "ready", "deleted", "rejected", "failed", "expired"]
    Model: str
    Count: int
    Received: int = 0
    Missing: list[str] = []
    Ahead: int = 0
    Progress: float = 0.0
    Doing: str = ""
    Rois: list[Roi] = []
    NotDrawn: list[Undrawn] = []
    Algorithm: dict[str, str] = {}
    Timings: dict[str, float] = {}
    Error: Problem | None = None
    # Of the answer that opens a transfer: to whom everything else about it goes.
    Replica: ReplicaAnswer | None = None


class Stored(BaseModel):
    """An instance was taken; so many of the transfer's are there now."""

    Received: int
    Count: int


class Ending(BaseModel):
    """How a transfer ended, with all its receipts."""

    State: str
    Receipts: list[dict[str, Any]]


class _HeadBody(_Strict):
    sequence: Annotated[int, Field(ge=1, le=2**53 - 1)]
    sha256: Hex64
    time: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$")]


class _HeadDocument(_Strict):
    kind: Literal["autocontour chain head"]
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    body: _HeadBody


class SignedHead(_Strict):
    """The head of a chain with its key's Ed25519 signature over the document's canonical JSON."""

    document: _HeadDocument
    sha256: Hex64
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class HandedHead(_Strict):
    """A site's signed head, and the public key that verifies it."""

    Head: SignedHead
    PublicKey: Hex64


class HeadAnswer(BaseModel):
    """That the service holds the head that it was handed, signed; and its own chain's head, signed."""

    Countersignature: dict[str, Any]
    Head: dict[str, Any]


class HeldHead(BaseModel):
    """One head of the site as the service holds it; Refused is the code of a head that went backwards."""

    Received: str
    Key: str
    Refused: str | None
    Head: dict[str, Any]
    Countersignature: dict[str, Any] | None


class HeldHeads(BaseModel):
    """The heads of one site, newest first."""

    Heads: list[HeldHead]


class QuoteRequest(_Strict):
    """A site's nonce: 32 random bytes that were never used before."""

    Nonce: Hex64


class QuoteAnswer(BaseModel):
    """A quote of the service's machine, signed with the key of its receipts, which it is bound to."""

    Quote: dict[str, Any]


class KeyAnswer(BaseModel):
    """The service's public key, to be pinned by whoever trusts its receipts."""

    Key: str
    Id: str
    Pem: str
    Replica: ReplicaAnswer | None = None


class ModelAnswer(BaseModel):
    """A model that the site may use."""

    Name: str


class ModelsAnswer(BaseModel):
    """The models, and the only profile that the gate accepts."""

    Models: list[ModelAnswer]
    Profile: str
    ProfileDigest: str


def announce(transfer: str, model: str, manifest: Manifest, key: SigningKey) -> dict[str, Any]:
    """Sign an announcement."""
    body: Mapping[str, Json] = {
        "transfer": transfer,
        "model": model,
        "count": len(manifest.files),
        "manifest": manifest.model_dump(mode="json"),
        "public_key": key.public.raw.hex(),
    }
    return sign(DocumentKind.TRANSFER, body, key)


def open_announcement(signed: SignedAnnouncement) -> Announcement:
    """Verify the signature by the key that the announcement names; raises EvidenceRefused with SIGNATURE_…."""
    announcement = signed.document.body
    key = PublicKey.of(bytes.fromhex(announcement.public_key))
    open_signed(DocumentKind.TRANSFER, signed.model_dump(mode="json"), [key])
    return announcement
