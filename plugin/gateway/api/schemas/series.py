"""What is asked of one series, and what would leave of it."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, StrictBool

from model.gate.attribute import Action
from plugin.gateway.api.schemas.base import Answer, Counts, Request, Time
from plugin.gateway.api.schemas.errors import ErrorAnswer
from plugin.gateway.api.schemas.forms import ModelName, TargetName
from plugin.gateway.api.schemas.jobs import JobAnswer
from plugin.gateway.api.schemas.routing import ExplanationAnswer
from plugin.intake.job_request import JobRequest
from routing.lua import LONGEST_REASON


class ContourRequest(Request):
    """What is wanted; what is left open, the rules decide."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"Model": "hu-ct", "Target": "local"}]})

    model: ModelName | None = None
    target: TargetName | None = None
    pick: dict[str, str | int | float] | str | None = Field(
        default=None, examples=[{"EchoTime": "shortest"}, "largest"]
    )
    """Which of several images of a place is meant, as in a rule."""
    each: StrictBool | None = None
    """Whether every volume of the series is contoured: a job and an RTSTRUCT each."""

    without_face: StrictBool = False
    """Whether the face is removed from what a target elsewhere gets, whatever is proven and wanted: for a proof, as
    `autocontour commission --face` makes it. The contours are not for treatment, and the job says so."""

    @property
    def asked(self) -> JobRequest:
        """The request as intake takes it."""
        return JobRequest(self.model, self.target, self.pick, self.each, self.without_face)


class StructureSetAnswer(Answer):
    """A structure set that we did not write, in its own series."""

    instance: str
    """Its Orthanc id."""
    state: Literal["new", "ours", "paired", "open", "refused"]
    """`ours`: we wrote it, and it came back unchanged. `paired`: it is compared with our jobs. `open`: no job of ours
    belongs to it, as yet. `refused`: it is not compared, and the code says why."""
    code: str | None
    images: str | None
    """Orthanc's id of the series that it was drawn on; null where none is here."""


class SeriesAnswer(Answer):
    """What became of a series, or is about to."""

    series: str = Field(examples=["0123abcd-0123abcd-0123abcd-0123abcd-0123abcd"])
    """Its Orthanc id."""
    outcome: Literal[
        "arriving",
        "contour",
        "none",
        "excluded",
        "error",
        "unreadable",
        "ignored",
        "imageless",
        "pseudonymous",
        "earlier",
        "gone",
    ]
    """`arriving`: not decided on yet. `contour`, `none` (no rule matched), `excluded`, `error` (a rule or script
    failed): what was decided. `unreadable`: given up, as Orthanc could not read it. `ignored`: no CT or MR.
    `imageless`: no image in it. `pseudonymous`: a copy of our own. `earlier`: from before the installation.
    `gone`: no longer in Orthanc."""
    reason: str
    """Why, and what can be done."""
    arrived: Time | None = None
    """When its last news came; absent once it is decided on."""
    quiet_seconds: float | None = None
    """For how long nothing more has come; absent once it is decided on."""
    missing: list[str] | None = None
    """What is waited for, a sentence each; absent once it is decided on."""
    explanation: ExplanationAnswer | None = None
    """What each rule said: where it is arriving or no rule matched, by the rules of today and with the values found.
    Absent where no rule was asked."""
    structure_sets: list[StructureSetAnswer] | None = None
    """Of a series of structure sets: what became of each. Absent of any other."""
    jobs: list[JobAnswer]
    """Its jobs, newest first."""


class VetoRequest(Request):
    """Why a series must not be contoured; users see it, so it holds nothing of a patient."""

    reason: str = Field(min_length=1, max_length=LONGEST_REASON, examples=["breast images are contoured elsewhere"])


class VetoAnswer(Answer):
    """Which jobs were open and have ended."""

    jobs: list[str]
    """Their ids."""


# Orthanc's Lua sees no answer of another status than 200, so a refusal comes with it too.
LuaAnswer = JobAnswer | ErrorAnswer


class FoldedAnswer(Answer):
    """The values of an attribute that differs between slices."""

    distinct: int
    """How many values there are."""
    instances: int
    """How many slices have one."""
    first: list[str]
    """The first few."""


class OutgoingAttribute(Answer):
    """One attribute, before and after."""

    tag: str = Field(examples=["0010,0010"])
    """Of a nested one, the way to it, with slashes between."""
    keyword: str = Field(examples=["PatientName"])
    vr: str = Field(alias="VR", examples=["PN"])
    action: Action
    before: str | FoldedAnswer | None
    """In Orthanc; null when it is not there."""
    after: str | FoldedAnswer | None
    """As it would leave; null when it would not."""
    reason: str
    """Why the profile does so."""


class OutgoingAnswer(Answer):
    """What would leave of a series. It shows values of the images: for whoever may see the series anyway."""

    instances: int
    bytes: int
    profile: str
    """The confidentiality profile by its name."""
    profile_digest: str
    """SHA-256 of the profile."""
    manifest: str
    """SHA-256 of the list of files."""
    actions: Counts
    """How many attributes were dealt with in each way, over all slices."""
    attributes: list[OutgoingAttribute]
