"""What is asked of one series, and what would leave of it."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from model.gate.attribute import Action
from plugin.gateway.api.schemas.base import Answer, Counts, Request
from plugin.gateway.api.schemas.errors import ErrorAnswer
from plugin.gateway.api.schemas.forms import ModelName, TargetName
from plugin.gateway.api.schemas.jobs import JobAnswer
from routing.lua import LONGEST_REASON


class ContourRequest(Request):
    """What is wanted; what is left open, the rules decide."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"Model": "hu-ct", "Target": "local"}]})

    model: ModelName | None = None
    target: TargetName | None = None


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
