"""What a job says of itself beside the columns of its row: what it was asked, what was drawn, left out and found odd.

One JSON column holds it, so that a release can say more without another table. What it does not know of a later or an
earlier release is passed over, what is missing has its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic.alias_generators import to_pascal

from plugin.facts.wanted import WantedVolume
from routing.candidates import Candidate


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_json(self) -> dict[str, Any]:
        """Return what was said, without defaults."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class _Item(_Stored):
    model_config = ConfigDict(alias_generator=to_pascal, validate_by_name=True, validate_by_alias=True)


class ContouredVolume(_Item):
    """Which volume of several in its series a job contours: "EchoTime = 2.46 ms", and the same in 16 letters.

    ``key`` names it where each volume is contoured; empty where a Pick says which.
    """

    words: str
    label: str
    key: str = ""


class SecondOpinionWanted(_Item):
    """A second model, and beyond which Dice and distance (mm) both are said to disagree."""

    model: str
    dice: float
    hausdorff95_mm: float


class RequestedWork(_Item):
    """The decision that the job carries out."""

    rule: str = ""
    model: str = ""
    target: str = ""
    priority: str = "normal"
    structures: str | None = None
    """The structure template; None for all structures."""
    outputs: tuple[str, ...] = ("RTSTRUCT",)
    hours: str | None = None
    """The hours of operation in which it may start; None for all."""
    pick: dict[str, int | float | str] | str | None = None
    """Which of several images of a place is meant; None for the only one that can be."""
    each: bool = False
    """Whether every volume of the series has a job of its own."""
    deliver: tuple[str, ...] = ()
    """The destinations that get the result."""
    require_commissioned: bool = False
    """Whether the model needs a registered report of its commissioning."""
    out_of_range: str | None = None
    """What becomes of a series outside the commissioned range: "flag", "refuse", or None: nobody looks."""
    without_face: bool = False
    """Whether a person asked to remove the face for a proof, whatever is proven and wanted."""
    second_model: SecondOpinionWanted | None = None
    """The model that draws too."""
    volume: ContouredVolume | None = None
    """The volume of this job; None where the series has but one."""

    @property
    def wanted(self) -> WantedVolume:
        """Which volume of the series is contoured."""
        return WantedVolume(self.pick, self.volume.key if self.volume is not None else "")


class DrawnRoi(_Item):
    """A structure of the RTSTRUCT; ``volume`` in cm³."""

    number: int
    name: str
    full_name: str = ""
    volume: float = 0.0
    flags: tuple[str, ...] = ()


class NotDrawn(_Item):
    """A structure that is not in the RTSTRUCT."""

    label: str
    reason: str


class LeftOutSlice(_Item):
    """A slice that is not contoured, by Orthanc's id, and its frame (from 1) in an enhanced object."""

    instance: str
    reason: str
    frame: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what was said; of a classic object no frame."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class UsedAlgorithm(_Item):
    """What drew; ``sides`` says whether left and right of the model were verified."""

    version: str = "0"
    digest: str = ""
    sides: str = ""


class StudyChoice(_Item):
    """Which series of the study was contoured by a rule that contours one of them (OnePerStudy), and why."""

    candidate: Candidate
    """What was compared of the series of this job."""
    chosen: str
    """Orthanc's id of the series that is contoured, this one or another."""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    """Of the chosen one: what another series has that this one lacks."""
    candidates: tuple[dict[str, Any], ...] = ()
    """Of the chosen one: every series that was compared, as the API shows it."""


class JobDetails(_Stored):
    """The details of a job; never a value of the patient's."""

    decision: RequestedWork = RequestedWork()
    explanation: dict[str, Any] | None = None
    """Why the job is done, as the API shows it."""
    one_per_study: StudyChoice | None = None
    """Of a rule that contours one series of a study; None of any other, and where a person asked."""
    rois: tuple[DrawnRoi, ...] = ()
    not_drawn: tuple[NotDrawn, ...] = ()
    left_out: tuple[LeftOutSlice, ...] = ()
    algorithm: UsedAlgorithm | None = None
    face: str = ""
    """What became of the face in what was sent, as plugin.privacy.face.outcome has it; empty where nobody asked."""
    contours: str = ""
    """What the stored RTSTRUCT draws, as model.rtstruct.contours_digest has it; empty of earlier releases."""
    segmentation: str | None = None
    """Orthanc's id of the stored SEG."""
    findings: dict[str, int] = {}
    """Where a privacy check said no: how often each of its rules was broken."""
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """The warnings that are written into the RTSTRUCT."""
    origin: tuple[str, ...] = ()
    """Warnings of what the series was before Orthanc changed it; every attempt keeps them."""
    gone: str | None = None
    """Orthanc's id of the RTSTRUCT, when it is no longer there."""
    timings: dict[str, float] = {}
    """Seconds, by stage or part of one."""

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """What people should look at, a sentence each."""
        return (*self.origin, *self.warnings)

    @field_validator("left_out", mode="before")
    @classmethod
    def _of_the_first_release(cls, noted: object) -> object:
        """Release 0.1.0 noted how many slices were left out, and not which."""
        return () if isinstance(noted, int) else noted


def flagged_in(details: Mapping[str, Any]) -> int:
    """Count the structures with flags in details as they lie in the table."""
    return sum(bool(roi.get("Flags")) for roi in details.get("rois", ()))
