"""The forms of ids and names in bodies and queries: what has not its form is a mistake of the request (400)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

# Orthanc's identifiers are SHA-1 in five groups of eight digits.
ORTHANC_ID = r"^[0-9a-f]{8}(-[0-9a-f]{8}){4}$"
MODEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$"

OrthancId = Annotated[str, Field(pattern=ORTHANC_ID)]
ModelName = Annotated[str, Field(pattern=MODEL_NAME)]
TargetName = Annotated[str, Field(min_length=1, max_length=64)]
