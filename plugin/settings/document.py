"""The section "AutoContour" of orthanc.json as the site writes it: keys, types and ranges."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from plugin.privacy.settings import PrivacySettings


class Document(BaseModel):
    """Base of every part: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ServiceTarget(Document):
    """A segmentation service elsewhere."""

    Type: Literal["service"]
    Limit: int = Field(default=4, ge=1, le=64)  # jobs at once
    Url: str = Field(pattern=r"^https?://")
    TokenFile: str | None = None
    CaFile: str | None = None
    ServiceKey: str


class DicomTarget(Document):
    """A DICOM node that Orthanc knows as a modality."""

    Type: Literal["dicom"]
    Limit: int = Field(default=4, ge=1, le=64)  # jobs at once
    Modality: str = Field(min_length=1, max_length=16)


Target = Annotated[ServiceTarget | DicomTarget, Field(discriminator="Type")]


class Section(Document):
    """All keys with their defaults; Rules and Evidence are read by their own rooms."""

    StateDirectory: str | None = None
    Database: str | None = Field(default=None, pattern=r"^postgresql(\+psycopg)?://")
    Gateway: str | None = Field(default=None, pattern=r"^https?://")
    QuietSeconds: float | int = Field(default=5, ge=0.2, le=3600)
    # How long a series whose geometry has gaps is waited for, after its last slice, before it is given up.
    IncompleteSeconds: float | int = Field(default=15, ge=0, le=86400)
    # Processes that compute; each may need a few GB.
    Workers: int = Field(default=1, ge=1, le=64)
    # A model that runs longer is stopped.
    JobSeconds: int = Field(default=3600, ge=10, le=86400)
    # What becomes of the RTSTRUCT of a job that a late slice has overtaken.
    Superseded: Literal["keep", "remove"] = "keep"
    # A series that holds several acquisitions or orientations, and one that holds localizer slices.
    MixedSeries: Literal["refuse", "largest"] = "refuse"
    Localizers: Literal["leave-out", "refuse"] = "leave-out"
    Rules: list[Any] | None = None
    Structures: dict[str, Any] | None = None
    RoutingScript: str | None = None
    Targets: dict[str, Target] = Field(default_factory=dict)
    Privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    Evidence: dict[str, Any] = Field(default_factory=dict)
