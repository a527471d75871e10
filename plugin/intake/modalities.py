"""Modalities of series, by what they mean for intake (DICOM PS3.3 C.7.3.1.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is contoured.
IMAGE_MODALITIES = ("CT", "MR")
STRUCTURE_SETS = "RTSTRUCT"
# What people and programs make from a study, ours too: such a series does not say that a scanner still sends.
MADE_FROM_STUDIES = frozenset(
    ("RTSTRUCT", "RTPLAN", "RTDOSE", "RTRECORD", "SEG", "PR", "SR", "KO", "REG", "FID", "DOC", "PLAN", "RWV")
)


def modality_of(header: Mapping[str, Any]) -> str:
    """Return the modality of a series, as Orthanc's ``/series/{id}``: in capitals, without padding."""
    return str(header.get("MainDicomTags", {}).get("Modality", "")).strip(" \0").upper()


def may_hold_images(header: Mapping[str, Any]) -> bool:
    """Whether a series, as Orthanc's ``/series/{id}``, is CT or MR, in whatever letters and padding."""
    return modality_of(header) in IMAGE_MODALITIES
