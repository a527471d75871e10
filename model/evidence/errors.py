"""Errors of the evidence: what may not be recorded, and records that cannot be trusted."""

from __future__ import annotations

from model.errors import AutocontourError


class EvidenceRefused(AutocontourError):
    """A record, code, receipt or head is not of the shape it must have; nothing was written."""


class EvidenceBroken(AutocontourError):
    """The chain on disk was changed by somebody else; nothing is appended until a person has looked."""
