"""What may stand in an address for an id; what has not the form of one does not exist (404)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.schemas.forms import ORTHANC_ID
from plugin.pacs.client import SeriesGone

JOB_ID = r"^[0-9a-f]{32}$"
# As people write it: dashes, spaces and exchanged letters are forgiven where it is read.
EVIDENCE_CODE = r"^[0-9A-Za-z _‐–-]{16,32}$"
MONTH = r"^[0-9]{4}-[0-9]{2}$"
# A PatientID that no web server between here and the browser writes otherwise.
PLAIN_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _series(text: str) -> str:
    if re.fullmatch(ORTHANC_ID, text) is None:
        raise SeriesGone("SERIES_GONE", "There is no such series; name it by Orthanc's own id, as /series lists it.")
    return text


def _study(text: str) -> str:
    if re.fullmatch(ORTHANC_ID, text) is None:
        raise SeriesGone("SERIES_GONE", "There is no such study; name it by Orthanc's own id, as /studies lists it.")
    return text


def _job(text: str) -> str:
    if re.fullmatch(JOB_ID, text) is None:
        raise NotFound("NO_JOB", "There is no such job.")
    return text


SeriesInPath = Annotated[str, AfterValidator(_series), WithJsonSchema({"type": "string", "pattern": ORTHANC_ID})]
StudyInPath = Annotated[str, AfterValidator(_study), WithJsonSchema({"type": "string", "pattern": ORTHANC_ID})]
JobInPath = Annotated[str, AfterValidator(_job), WithJsonSchema({"type": "string", "pattern": JOB_ID})]
