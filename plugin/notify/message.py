"""What is said of a job that ended: words of the configuration, counts and codes, and nothing of the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plugin.jobs.job import Job, State
from plugin.settings.notify import EmailChannel, Outcome, WebhookChannel

_OUTCOMES: dict[State, Outcome] = {State.DONE: "done", State.FAILED: "failed", State.REJECTED: "rejected"}
TOLD_OF = tuple(_OUTCOMES)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``key`` names job, attempt and channel, and is the same when it is sent again.

    ``job`` is empty where a constancy test failed.
    """

    key: str
    outcome: Outcome
    job: str
    document: dict[str, Any]

    @property
    def subject(self) -> str:
        """The line above a mail."""
        code = self.document["Code"]
        if self.outcome == "quality":
            return f"orthanc-autocontour: {code}"
        what = "result" if self.outcome == "undelivered" else "job"
        return f"orthanc-autocontour: {what} {self.outcome}" + (f" ({code})" if code else "")

    @property
    def text(self) -> str:
        """The mail itself: a line for each thing that is known."""
        said = [(name, _shown(value)) for name, value in self.document.items() if value not in (None, [], "")]
        place = f"jobs/{self.job}" if self.job else "constancy"
        way = f"Look at it with GET /autocontour/{place}, or on the page /autocontour/app/."
        return "\n".join([*(f"{name}: {text}" for name, text in said), "", way, ""])


def is_wanted(channel: EmailChannel | WebhookChannel, job: Job) -> bool:
    """Whether a channel is to be told of an ended job."""
    outcomes = {_OUTCOMES.get(job.state), "flagged" if _flagged(job) else None}
    return not outcomes.isdisjoint(channel.On) and (channel.Rules is None or job.rule in channel.Rules)


def message_of(channel: str, job: Job) -> Message:
    """Write the message of an ended job."""
    outcome: Outcome = "flagged" if _flagged(job) else _OUTCOMES[job.state]
    document = {
        "Outcome": outcome,
        "Job": job.id,
        "Attempt": job.attempt,
        "State": str(job.state),
        "Rule": job.rule or None,
        "Model": job.model or None,
        "Target": job.target or None,
        "Code": job.error_code,
        "Message": job.error_message,
        "Rois": len(job.details.rois),
        "Flagged": [roi.name for roi in job.details.rois if roi.flags],
        "Warnings": len(job.details.all_warnings),
    }
    return Message(f"{job.id}-{job.attempt}-{channel}", outcome, job.id, document)


def _flagged(job: Job) -> bool:
    looked_at = job.details.all_warnings or any(roi.flags for roi in job.details.rois)
    return job.state is State.DONE and bool(looked_at)


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
