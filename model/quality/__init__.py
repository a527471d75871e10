"""Checks on every result of every engine: what looks wrong is flagged, what is empty is never stored as a result."""

from model.quality.check import with_quality_flags

__all__ = ["with_quality_flags"]
