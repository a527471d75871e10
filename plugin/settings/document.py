"""The section "AutoContour" of orthanc.json as the site writes it: keys, types and ranges."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from plugin.settings.places import Proxied, SitePath
from plugin.settings.privacy import PrivacySettings
from plugin.settings.secret_files import SecretFile


class Document(BaseModel):
    """Base of every part: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


# Host names, IPv4 and bracketed IPv6 addresses, each perhaps with a port; or *.
HOST_PATTERN = r"^(\*|([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)$"

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$")]


class AttestationDemand(Document):
    """What a target has to show of its machine before anything is sent."""

    # The only kind that can be verified, and it proves nothing about hardware: see docs/service.md.
    Kind: Literal["software-stand-in"]
    # Of which software its machine may be: 48 bytes each, as machines measure.
    Measurements: list[Annotated[str, Field(pattern=r"^[0-9a-f]{96}$")]] = Field(min_length=1)


class ServiceTarget(Document, Proxied):
    """A segmentation service elsewhere."""

    Type: Literal["service"]
    Limit: int = Field(default=4, ge=1, le=64)  # jobs at once
    # Without TLS only on this machine: a token and a series would be read by whoever listens.
    Url: str = Field(pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))")
    TokenFile: SitePath | None = None
    CaFile: SitePath | None = None
    # Our own certificate and key, where the service asks for mutual TLS.
    CertificateFile: SitePath | None = None
    KeyFile: SitePath | None = None
    # The service's public key, 64 hexadecimal digits: what it signs is believed, and nothing else.
    ServiceKey: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    # In its place, for several services behind one address: the key of their operator, which signs theirs.
    OperatorKey: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    # How long one of several services may be away, while others answer, until the series is sent anew to another.
    FailoverSeconds: float | int = Field(default=60, ge=1, le=86400)
    # Models that the service has and this machine does not.
    Models: list[ModelName] = Field(default_factory=list)
    # Demands a quote of the service's machine for each transfer; without one nothing is sent.
    Attestation: AttestationDemand | None = None
    # How long a job may take there, from sending to fetching; without it, as long as the transfer's key lives.
    DeadlineMinutes: float | int | None = Field(default=None, gt=0, le=10080)

    @model_validator(mode="after")
    def _ways_in(self) -> ServiceTarget:
        if (self.CertificateFile is None) != (self.KeyFile is None):
            raise ValueError("CertificateFile and KeyFile go together")
        if (self.ServiceKey is None) == (self.OperatorKey is None):
            raise ValueError("needs a ServiceKey, or the OperatorKey of several services: one of both")
        if self.TokenFile is None and self.CertificateFile is None:
            raise ValueError("needs a TokenFile, or a CertificateFile with its KeyFile")
        return self


class TlsSection(Document):
    """TLS to Orthanc itself; without a CaFile its certificate is compared with the file that SslCertificate names."""

    CaFile: SitePath | None = None
    # The gateway's own, where Orthanc asks each client for one (SslVerifyPeers).
    CertificateFile: SitePath | None = None
    KeyFile: SitePath | None = None

    @model_validator(mode="after")
    def _pair(self) -> TlsSection:
        if (self.CertificateFile is None) != (self.KeyFile is None):
            raise ValueError("CertificateFile and KeyFile go together")
        return self


class DicomTarget(Document):
    """A DICOM node that Orthanc knows as a modality."""

    Type: Literal["dicom"]
    Limit: int = Field(default=4, ge=1, le=64)  # jobs at once
    # The name under "DicomModalities"; not an AE title.
    Modality: str = Field(min_length=1, max_length=64)
    # How long a structure set is waited for; what comes later is refused.
    DeadlineMinutes: float | int = Field(default=60, gt=0, le=10080)
    # What becomes, at the deadline, of a structure set that answers for a part of the slices that were sent.
    Partial: Literal["refuse", "flag"] = "refuse"
    # What rules may call the node's models; only names, the node decides itself.
    Models: list[ModelName] = Field(default_factory=list)


Target = Annotated[ServiceTarget | DicomTarget, Field(discriminator="Type")]


# A name or an address, as a browser's Host header has it.
HostName = Annotated[str, Field(pattern=HOST_PATTERN, max_length=260)]


def _named(database: str) -> str:
    """Require an address that can be read, of a database that has a name."""
    try:
        name = make_url(database).database
    except ArgumentError:
        name = None
    if not name:
        raise ValueError("names no database")
    return database


# An address without a path or a password.
GatewayUrl = Annotated[str, Field(pattern=r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?$")]


def _listed(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


class Section(Document):
    """All keys with their defaults; some sections are read in files of their own."""

    StateDirectory: SitePath | None = None
    # Where several gateways share their tables: PostgreSQL. It may hold a password, and is never repeated.
    Database: Annotated[str, Field(pattern=r"^postgresql(\+psycopg)?://"), AfterValidator(_named)] | None = None
    # Where the gateways run that Orthanc's plugin does not start, the next one for when one does not answer.
    Gateway: Annotated[list[GatewayUrl] | None, BeforeValidator(_listed), Field(min_length=1)] = None
    # Of one line, which the plugin shows to them; and the authority of their certificates.
    GatewayTokenFile: SecretFile | None = None
    GatewayCaFile: SitePath | None = None
    # Read by plugin.settings.listen.
    Listen: dict[str, Any] | None = None
    OrthancTls: TlsSection = Field(default_factory=TlsSection)
    QuietSeconds: float | int = Field(default=5, ge=0.2, le=3600)
    # How long a series whose geometry has gaps is waited for, after its last slice, before it is given up.
    IncompleteSeconds: float | int = Field(default=15, ge=0, le=86400)
    # Processes that compute; each may need a few GB.
    Workers: int = Field(default=1, ge=1, le=64)
    # Keeps the memory of gateway and workers out of swap, where the system lets it.
    LockMemory: bool = False
    # One line of text for each event in the log, or one JSON object.
    LogFormat: Literal["text", "json"] = "text"
    # A model that runs longer is stopped; null: by model and slices, see model.pipeline.time_limit.
    JobSeconds: int | None = Field(default=None, ge=10, le=86400)
    # In what networks compute, in place of what their packages say: "bf16" and "auto" as far as the test of precision
    # allows it.
    Precision: Literal["auto", "fp32", "bf16"] | None = None
    # What becomes of tiles of CT that hold nothing but air, in place of what packages say: "skip" as far as the test of
    # air allows it.
    AirTiles: Literal["compute", "skip"] | None = None
    # What becomes of the RTSTRUCT of a job that a late slice has overtaken.
    Superseded: Literal["keep", "remove"] = "keep"
    # A series that holds several acquisitions or orientations, and one that holds localizer slices.
    MixedSeries: Literal["refuse", "largest"] = "refuse"
    Localizers: Literal["leave-out", "refuse"] = "leave-out"
    # Model packages; default: "models" in StateDirectory where that is given, else $AUTOCONTOUR_MODELS.
    ModelsDirectory: SitePath | None = None
    Rules: list[Any] | None = None
    Structures: dict[str, Any] | None = None
    RoutingScript: str | None = None
    # Under which names page and API are asked for; localhost always.
    AllowedHosts: list[HostName] = Field(default_factory=list)
    Targets: dict[str, Target] = Field(default_factory=dict)
    Privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    Evidence: dict[str, Any] = Field(default_factory=dict)
    Notify: list[Any] | None = None
    Labels: dict[str, Any] | None = None
    # Read by plugin.settings.constancy.
    Constancy: list[Any] | None = None
    # Read by plugin.settings.destinations.
    Destinations: dict[str, Any] = Field(default_factory=dict)
    # Read by plugin.settings.quality.
    Quality: dict[str, Any] | None = None
