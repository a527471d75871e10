"""The decision of a person on a job's result, as it is on record."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from plugin.gateway.api.schemas.base import Answer, Request, Time
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.api.schemas.quality import Approval, ComparedRoi, Link

Decision = Literal["kept", "edited", "deleted", "added", "not comparable"]


class AssessmentRequest(Request):
    """Which decision is stored; not in the address, of which Orthanc passes nothing behind the `?` on for a POST."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"Version": "-".join(["0123abcd"] * 5)}]})

    version: OrthancId | None = None
    """The Orthanc id of a version; left open, the one that counts."""


class AssessedModel(Answer):
    """What drew."""

    name: str
    version: str
    """"0" where its target did not tell."""
    digest: str
    """SHA-256; empty where its target did not tell."""


class AssessedVersion(Answer):
    """The structure set in which a person decided."""

    approval: Approval
    reviewed: Time | None
    arrived: Time
    link: Link
    late: bool
    """Whether our job ended only after it had come: nobody decided on ours then."""
    effective: bool
    """Whether it is the version that counts."""


class AssessmentRecord(Answer):
    """The signed record of the chain that holds the decision."""

    sequence: int
    time: Time
    digest: str
    key: str
    """Which key signed it."""
    result: str
    """SHA-256 of verdicts and numbers, computed anew from what is shown and found in the record."""


class AssessedRoiAnswer(ComparedRoi):
    """What a person decided on one ROI, with the numbers of the comparison."""

    decision: Decision


class AssessedObjectsAnswer(Answer):
    """Which objects these are, in Orthanc and by their UIDs; a UID is null once its object is gone."""

    job: str
    series: str
    instance: str
    """Orthanc's id of theirs."""
    reference: str | None
    """SOP Instance UID of ours."""
    other: str | None
    """SOP Instance UID of theirs."""


class AssessmentAnswer(Answer):
    """What a person decided on each ROI of a job's result; it holds nothing that leads to the patient."""

    evidence_code: str
    model: AssessedModel
    target: str
    version: AssessedVersion
    record: AssessmentRecord
    decisions: dict[Decision, int]
    """How many ROIs of each, zeros included."""
    rois: list[AssessedRoiAnswer]
    warnings: list[str]
    objects: AssessedObjectsAnswer | None
    """Only where `identified` asks for them, because UIDs and Orthanc's ids lead to the patient inside the hospital."""


class StoredAssessment(Answer):
    """The report as it lies in Orthanc."""

    instance: str
    """Its Orthanc id."""
