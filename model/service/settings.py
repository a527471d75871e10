"""The service's configuration: one JSON file, validated once at start; its sites are read again when it changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from model.errors import ConfigurationRefused
from model.problems import in_one_sentence, problems_of

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PublicKeyHex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
SiteName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]

# Relative to where the service is started; it works elsewhere afterwards.
FilePath = Annotated[str, Field(min_length=1), AfterValidator(lambda written: str(Path(written).absolute()))]

MEBI = 1024 * 1024


class Document(BaseModel):
    """Base of every part: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TlsFiles(Document):
    """The service's own TLS. ``ClientCaFile`` asks every client for a certificate of this authority."""

    CertificateFile: FilePath
    KeyFile: FilePath
    ClientCaFile: FilePath | None = None


class Site(Document):
    """One customer: how it proves itself, and what it may do."""

    # SHA-256 of each valid token, as `autocontour serve --new-token` prints it; two while one replaces the other.
    TokenSha256: tuple[Sha256, ...] = Field(default=(), strict=False)
    # Common names of client certificates, where Tls.ClientCaFile is set.
    CertificateNames: tuple[str, ...] = Field(default=(), strict=False)
    # Public keys that must have signed the manifests; any key when none is named.
    ManifestKeys: tuple[PublicKeyHex, ...] = Field(default=(), strict=False)
    # None: every model that the service has.
    Models: tuple[str, ...] | None = Field(default=None, strict=False)
    Transfers: int = Field(default=4, ge=1, le=1000)
    MaximumInstances: int = Field(default=2_000, ge=1, le=5_000)
    MaximumBytes: int = Field(default=2048 * MEBI, ge=1)


class ReplicaSection(Document):
    """One of several services behind one address."""

    # Sent back by clients, so that a proxy or another service knows whose the transfer is.
    Name: SiteName
    # The service's own address, where clients reach it past the proxy.
    Url: str | None = Field(default=None, pattern=r"^https://[A-Za-z0-9.\[\]:_-]{1,253}/?$")
    # The operator's signature of the service's key, name and address, as `autocontour serve --operator` makes it.
    CertificateFile: FilePath | None = None


class AttestationSection(Document):
    """What gives quotes of this machine to sites that demand them."""

    # The only kind that there is; it is made for tests.
    Kind: Literal["software-stand-in"]
    # What the stand-in says of its software: 48 bytes, as a machine measures.
    Measurement: str = Field(pattern=r"^[0-9a-f]{96}$")


class ServiceDocument(Document):
    """All keys with their defaults."""

    Host: str = "127.0.0.1"
    Port: int = Field(default=8443, ge=0, le=65535)
    Tls: TlsFiles | None = None
    Replica: ReplicaSection | None = None
    Attestation: AttestationSection | None = None
    # How long a service that is told to stop finishes what it has, taking nothing new; then it deletes the rest.
    DrainSeconds: float | int = Field(default=0, ge=0, le=86_400)
    # Signing key, chain, queue, receipts: never an image.
    StateDirectory: FilePath
    # The Ed25519 key that signs receipts (PEM, 0600); made in StateDirectory by default.
    SigningKeyFile: FilePath | None = None
    # Images and contours, while a transfer is open.
    Spool: FilePath = "/dev/shm/autocontour"
    # Says that the disk under Spool is encrypted, where it is not a tmpfs.
    SpoolIsEncrypted: bool = False
    # What all open transfers together may hold; the rest waits. None: four fifths of what is free at start.
    SpoolBytes: int | None = Field(default=None, ge=1)
    # "postgresql://…" for the queue; SQLite in StateDirectory by default.
    Database: str | None = Field(default=None, pattern=r"^postgresql(\+psycopg)?://")
    Workers: int = Field(default=1, ge=1, le=64)
    # Keeps the memory of service and workers out of swap; the spool is a file system's, and swapped by its own rules.
    LockMemory: bool = False
    # A model that runs longer is stopped; null: by model and slices, see model.pipeline.time_limit.
    JobSeconds: int | None = Field(default=None, ge=1, le=86_400)
    # In what networks compute, in place of what their packages say: "bf16" and "auto" as far as the test of precision
    # allows it.
    Precision: Literal["auto", "fp32", "bf16"] | None = None
    # What becomes of tiles of CT that hold nothing but air, in place of what packages say: "skip" as far as the test of
    # air allows it.
    AirTiles: Literal["compute", "skip"] | None = None
    # A transfer lives no longer than this, whatever became of it.
    TransferMinutes: float | int = Field(default=120, gt=0, le=10_080)
    # An upload in which nothing arrives for this long has stalled.
    IdleSeconds: float | int = Field(default=120, gt=0, le=86_400)
    # How long headers may take to arrive; a TLS handshake has ten seconds.
    HeaderSeconds: float | int = Field(default=10, gt=0, le=60)
    # How many connections that have not shown a token or certificate yet one address (of IPv6, one /64) may hold; the
    # oldest is cut off for the next. More where many gateways come from one address, through NAT or a proxy.
    AddressConnections: int = Field(default=250, ge=1, le=10_000)
    # How long a document (not an instance) may take to arrive, and a piece of an answer to be taken.
    DocumentSeconds: float | int = Field(default=60, gt=0, le=86_400)
    # How long one instance may take to arrive.
    InstanceSeconds: float | int = Field(default=300, gt=0, le=86_400)
    # What becomes of a series whose slices look as if text were drawn into them; "flag" goes into the log.
    BurnedInText: Literal["refuse", "flag", "off"] = "refuse"
    Sites: dict[SiteName, Site]


_PATTERNS = {
    "TokenSha256": "is not a SHA-256 in 64 hexadecimal digits; `autocontour serve --new-token` prints both",
    "ManifestKeys": "is not a public key in 64 hexadecimal digits",
    "Database": 'is not "postgresql://user:password@host/name"; leave it out for SQLite',
    "[key]": "is not a name of a site: small letters, digits and hyphens, at most 40",
}


def read_service(path: Path) -> ServiceDocument:
    """Read and validate; raises ConfigurationRefused with the place and the reason, never with a value."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationRefused(str(path), f"the configuration cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ConfigurationRefused(str(path), f"the configuration is not valid JSON ({error})") from None
    try:
        document = ServiceDocument.model_validate(content)
    except ValidationError as error:
        first, *others = problems_of(error, ServiceDocument, _PATTERNS)
        sentence = "; ".join([first.sentence, *([in_one_sentence(others)] if others else [])])
        raise ConfigurationRefused(first.path or str(path), sentence) from None
    _require_ways_in(document)
    return document


def _require_ways_in(document: ServiceDocument) -> None:
    if not document.Sites:
        raise ConfigurationRefused("Sites", "there is no site, so nobody could send anything")
    known: dict[str, set[str]] = {}
    for name, site in document.Sites.items():
        by_certificate = bool(site.CertificateNames)
        if by_certificate and (document.Tls is None or document.Tls.ClientCaFile is None):
            raise ConfigurationRefused(
                f"Sites.{name}.CertificateNames", "needs Tls.ClientCaFile, the authority that signed the certificates"
            )
        ways = {*site.TokenSha256, *site.CertificateNames}
        shared = next((other for other, theirs in known.items() if ways & theirs), None)
        if shared is not None:
            raise ConfigurationRefused(
                f"Sites.{name}",
                f"has a token or a certificate's name that Sites.{shared} has too; each site needs its own",
            )
        known[name] = ways
    local = document.Host in ("127.0.0.1", "::1", "localhost")
    if document.Tls is None and not local:
        raise ConfigurationRefused("Tls", "is missing: without TLS the service listens on 127.0.0.1 only")
