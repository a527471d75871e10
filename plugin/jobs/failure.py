"""Any exception as what a job may show: a code and a sentence, never a value."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from typing import TypedDict

from model.errors import AutocontourError, PrivacyRefused
from model.worker.pool import Cancelled
from plugin.jobs.job import Stage, State
from plugin.pacs.client import SeriesGone
from plugin.state.disk import is_of_a_full_disk
from plugin.state.postgresql import trouble_of

logger = logging.getLogger(__name__)


class FailureRecord(TypedDict):
    """A failure as the durable-job engine stores it."""

    state: str
    code: str
    message: str
    findings: dict[str, int]
    stage: str


@dataclass(frozen=True)
class Failure:
    """Why a stage did not succeed, and whether trying again can help."""

    state: State
    code: str
    message: str
    retry: bool
    findings: dict[str, int]

    def record(self, stage: Stage) -> FailureRecord:
        """Return what is stored and shown of a failure in ``stage``."""
        return {
            "state": str(self.state),
            "code": self.code,
            "message": self.message,
            "findings": self.findings,
            "stage": str(stage),
        }


def failure_of(error: Exception) -> Failure:
    """Say what went wrong without repeating what the exception says, unless it is one of ours."""
    if isinstance(error, PrivacyRefused):
        return Failure(State.REJECTED, error.code, error.message, False, dict(error.findings))
    if isinstance(error, Cancelled):
        return Failure(State.CANCELLED, error.code, error.message, False, {})
    if isinstance(error, SeriesGone):
        return Failure(State.CANCELLED, error.code, error.message, False, {})
    if isinstance(error, AutocontourError):
        return Failure(State.FAILED, error.code, error.message, error.retry, {})
    if trouble := trouble_of(error):
        return Failure(State.FAILED, trouble.code, trouble.message, True, {})
    if is_of_a_full_disk(error):
        return Failure(
            State.FAILED,
            "DISK_FULL",
            "The disk of the state directory is full; free space there and retry the job.",
            False,
            {},
        )
    # The text of a foreign exception may hold a patient's value: only its kind and place are shown and logged.
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "unknown place"
    kind = type(error).__name__
    logger.error("unexpected %s at %s", kind, " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames)))
    return Failure(
        State.FAILED,
        "INTERNAL",
        f"Something unexpected went wrong ({kind} in {place}). Please report it with this text; a retry may help.",
        False,
        {},
    )
