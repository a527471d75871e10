"""A patient's rights: what is asked, and what was done. Each answer counts the series and jobs that it met."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from plugin.evidence.subjects import canonical_id
from plugin.gateway.api.schemas.base import Answer, Request, Time
from plugin.gateway.api.schemas.evidence import SignedCertificate
from plugin.gateway.api.schemas.jobs import JobAnswer
from plugin.gateway.api.schemas.quality import HeldComparison


def _somebody(text: str) -> str:
    if not canonical_id(text):
        raise ValueError("no patient has a blank one")
    return text


class SubjectRequest(Request):
    """Whose data: the PatientID as the images have it; spaces at its ends have no meaning, small letters have."""

    model_config = ConfigDict(strict=True, json_schema_extra={"examples": [{"PatientID": "4711"}]})

    patient_id: Annotated[str, Field(alias="PatientID", max_length=1024), AfterValidator(_somebody)]


class ExportRequest(SubjectRequest):
    """Whose data, and in which form."""

    format: Literal["json", "zip"] = "json"


class SubjectJob(Answer):
    """One job about the patient, from the chain of evidence."""

    evidence_code: str
    received: Time | None
    model: str | None
    sent_to: str | None
    """The recipient's name in the configuration; null when nothing was sent."""
    images_sent: int
    outcome: str
    """The final state of the job, or `open`."""
    still_held: bool
    """Whether something is not yet deleted everywhere."""
    in_words: list[str]


class SubjectAnswer(Answer):
    """What was done with a patient's data."""

    patient_id: str | None = Field(default=None, alias="PatientID")
    """The id that arrived, where it was asked for by an address; else absent."""
    series: int
    jobs: list[SubjectJob]
    objection: bool
    """Whether the patient objected."""
    objection_since: Time | None
    summary: str
    held: list[str]
    """What is held of a patient, and for how long."""
    rights: list[str]
    """What the patient may ask for, and how."""


class ErasedAnswer(Answer):
    """What was erased."""

    series: int
    jobs: int
    rows: int
    """Of the gateway's tables."""
    files: int
    left: int
    """Files that could not be deleted."""
    orthanc_copies: int
    delivered_to: list[str]
    """Destinations that have a result, or may have: it is theirs, and is erased there or not at all."""


class ObjectionAnswer(Answer):
    """An objection was entered."""

    objection: bool
    series: int
    jobs: int
    cancelled_jobs: int
    """How many were open and have ended."""
    recalled_transfers: int
    """How many series lay, or may have lain, at a target elsewhere, and are deleted there now; each certificate says
    how that is known."""
    stopped_deliveries: int
    """How many results waited for their delivery, or were just being sent, and are not sent any more."""
    delivered_to: list[str]
    """Destinations that have a result, or may have; what lies there is the medical record."""


class WithdrawnAnswer(Answer):
    """An objection was taken back."""

    objection: bool
    withdrawn: bool
    """Whether there was one."""
    series: int
    jobs: int


class ExportedJob(Answer):
    """One job about the patient."""

    held: JobAnswer | None
    """Its row in the table of jobs, where there is still one."""
    comparisons: list[HeldComparison]
    """What people changed in its contours, in numbers."""
    certificate: SignedCertificate | None
    """Null while nothing of it is on record."""


class ExportAnswer(Answer):
    """All that is held of a patient."""

    format: int
    """The version of this format."""
    exported: Time
    objection_since: Time | None
    series: int
    jobs: list[SubjectJob]
    objection: bool
    summary: str
    held: list[str]
    rights: list[str]
    exports: list[ExportedJob]
