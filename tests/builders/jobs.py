"""Rows of the job table."""

from __future__ import annotations

import uuid
from typing import Any

from plugin.jobs.details import JobDetails
from plugin.jobs.job import Job, Stage, State


def a_job(**changed: Any) -> Job:
    """A running job of a CT with the target cloud; its details as they lie in the table."""
    values: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "key": uuid.uuid4().hex,
        "series": "series",
        "study": "study",
        "content": "content",
        "rule": "every CT",
        "model": "hu-ct",
        "target": "cloud",
        "priority": "normal",
        "state": State.RUNNING,
        "stage": Stage.DRAW,
        "progress": 0.3,
        "created": 1_800_000_000.0,
        "updated": 1_800_000_000.0,
        "attempt": 1,
        "instances": 120,
    }
    details = JobDetails.model_validate(changed.pop("details", {}))
    return Job(details=details, **(values | changed))
