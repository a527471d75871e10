"""What may stand in an address or a body for an id: checked against its form before it goes anywhere.

In an address what has not the form does not exist (404); in a query or a body it is a mistake (400).
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from plugin.gateway.api.answers import NotFound
from plugin.pacs.client import SeriesGone

# Orthanc's identifiers are SHA-1 in five groups of eight digits.
ORTHANC_ID = r"^[0-9a-f]{8}(-[0-9a-f]{8}){4}$"
JOB_ID = r"^[0-9a-f]{32}$"
# As people write it: dashes, spaces and exchanged letters are forgiven where it is read.
EVIDENCE_CODE = r"^[0-9A-Za-z _‐–-]{16,32}$"
MONTH = r"^[0-9]{4}-[0-9]{2}$"
MODEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$"
# A PatientID that no web server between here and the browser writes otherwise.
PLAIN_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _series(text: str) -> str:
    if re.fullmatch(ORTHANC_ID, text) is None:
        raise SeriesGone("SERIES_GONE", "There is no such series; name it by Orthanc's own id, as /series lists it.")
    return text


def _job(text: str) -> str:
    if re.fullmatch(JOB_ID, text) is None:
        raise NotFound("NO_JOB", "There is no such job.")
    return text


SeriesInPath = Annotated[str, AfterValidator(_series), WithJsonSchema({"type": "string", "pattern": ORTHANC_ID})]
JobInPath = Annotated[str, AfterValidator(_job), WithJsonSchema({"type": "string", "pattern": JOB_ID})]
OrthancId = Annotated[str, Field(pattern=ORTHANC_ID)]
ModelName = Annotated[str, Field(pattern=MODEL_NAME)]
TargetName = Annotated[str, Field(min_length=1, max_length=64)]
