"""A job: what is done with one series, from waiting to one of the final states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from model.codes.listing import plain, row_of_a_job
from plugin.jobs.details import JobDetails

# The content of a series that could not be read; no key of a content looks like it.
UNREAD = "unread"


class State(StrEnum):
    """The states of a job; all but the first two are final and have their reason."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    EXCLUDED = "excluded"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self not in (State.WAITING, State.RUNNING)


class Stage(StrEnum):
    """The stages of the way through, in order."""

    QUEUED = "queued"
    PSEUDONYMISE = "pseudonymise"
    DRAW = "draw"
    STORE = "store"
    ERASE = "erase"
    CLOSED = "closed"


# Stages that earlier versions noted, and what they are called now.
EARLIER_STAGES = {"restore": Stage.STORE}
# Where the bar stands when a stage begins; drawing takes most of the time.
STAGE_BEGINS = {
    Stage.QUEUED: 0.0,
    Stage.PSEUDONYMISE: 0.02,
    Stage.DRAW: 0.15,
    Stage.STORE: 0.9,
    Stage.ERASE: 0.97,
    Stage.CLOSED: 1.0,
}


@dataclass(frozen=True)
class Job:
    """One row of the job table."""

    id: str
    key: str
    series: str
    study: str
    content: str
    rule: str
    model: str
    target: str
    priority: str
    state: State
    stage: Stage
    progress: float
    created: float
    updated: float
    attempt: int
    instances: int
    rtstruct: str | None = None
    evidence_code: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    details: JobDetails = field(default_factory=JobDetails)
    # The gateway that works on it, and how often another one went on with this attempt.
    gateway: str | None = None
    takeovers: int = 0

    @property
    def workflow_id(self) -> str:
        """The durable workflow of this attempt, and its transfer: another gateway that goes on begins new ones."""
        return workflow_id(self.id, self.attempt, self.takeovers)

    @property
    def has_result(self) -> bool:
        """Whether what was drawn is the result of this job, or is about to be."""
        return self.state in (State.RUNNING, State.DONE)

    def to_json(self) -> dict[str, Any]:
        """Return the job as the REST API shows it."""
        details = self.details
        answer: dict[str, Any] = {
            "ID": self.id,
            "Series": self.series,
            "Study": self.study,
            "Rule": self.rule or None,
            "Model": self.model,
            "Target": self.target,
            "Volume": details.decision.volume.words if details.decision.volume is not None else None,
            "Priority": self.priority,
            "State": str(self.state),
            "Stage": str(self.stage),
            "Progress": round(self.progress, 3),
            "Created": iso(self.created),
            "Updated": iso(self.updated),
            "Attempt": self.attempt,
            "Instances": self.instances,
            "Rtstruct": self.rtstruct,
            # Of what failed or was overtaken, no structure stands as a result.
            "Rois": [roi.to_json() for roi in details.rois] if self.has_result else [],
            "NotDrawn": [one.to_json() for one in details.not_drawn] if self.state is not State.SUPERSEDED else [],
            "LeftOut": [one.to_json() for one in details.left_out],
            "Algorithm": details.algorithm.to_json() if details.algorithm is not None else None,
            "Segmentation": details.segmentation,
            "Face": details.face or None,
            "EvidenceCode": self.evidence_code,
            "Error": self._error(),
            "Findings": details.findings,
            "Warnings": list(details.all_warnings),
            "Timings": details.timings,
        }
        if details.explanation is not None:
            answer["Explanation"] = details.explanation
        if (choice := details.one_per_study) is not None:
            answer["OnePerStudy"] = {
                "Chosen": choice.chosen,
                "Reason": choice.reason,
                "Candidates": list(choice.candidates),
            }
        return answer

    def _error(self) -> dict[str, Any] | None:
        if not self.error_code:
            return None
        row = row_of_a_job(self.error_code)
        listed = {"Again": str(row.again), "WayOut": plain(row.way_out)} if row is not None else {}
        return {"Code": self.error_code, "Message": self.error_message, **listed}


def workflow_id(job_id: str, attempt: int, takeovers: int = 0) -> str:
    """Name the durable workflow of an attempt of a job, after so many takeovers by other gateways."""
    # A number alone would be the copy of a workflow that an earlier release began (plugin/workflow/earlier.py).
    return f"{job_id}-{attempt}" if not takeovers else f"{job_id}-{attempt}-taken-{takeovers}"


def iso(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
