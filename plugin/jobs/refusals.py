"""Why a job cannot be run again as people ask."""

from __future__ import annotations

from model.errors import AutocontourError


class RetryRefused(AutocontourError):
    """A retry is forbidden by the job's state, or would end as the attempt before did."""
