"""The constancy tests that stand as failed, in the shape of the other alerts of the gateway."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from model.evidence.code import printed
from model.evidence.record import stamp
from plugin.quality.constancy.keeper import REASON, ConstancyKeeper
from plugin.quality.constancy.run import Outcome

SENTENCE = (
    "A constancy test failed: what is drawn on the reference series is not what the baseline holds. Look at "
    "/autocontour/constancy before contours of this model are used; after a wanted change accept the new baseline."
)


def warnings_of(keeper: ConstancyKeeper) -> list[str]:
    """Say of each test whose last run came to no end why; nothing is known of its model since."""
    latest = ((test, keeper.table.latest(test.key)) for test in keeper.tests)
    return [
        f"The constancy test of {test.Model} at {test.Target} came to no end ({run.code}): {run.message}"
        for test, run in latest
        if run is not None and run.outcome is Outcome.ERROR
    ]


def alerts_of(keeper: ConstancyKeeper) -> list[dict[str, Any]]:
    """Return an alert for each test whose last drawing failed; it stands until one passes, or is accepted."""
    return [
        {
            "Alert": REASON,
            "Since": stamp(datetime.fromtimestamp(run.started, UTC)),
            "EvidenceCode": printed(run.evidence_code),
            "Reason": run.code,
            "Message": SENTENCE,
        }
        for _, run in keeper.standing()
    ]


def told_alerts_of(keeper: ConstancyKeeper) -> list[dict[str, Any]]:
    """Return the same alerts as channels are told: their ID stays the same while a test fails in the same way."""
    return [
        {
            "Alert": REASON,
            "ID": _id(test.key, run.code, keeper.table.before_failure(run)),
            "Since": stamp(datetime.fromtimestamp(run.started, UTC)),
            "Job": None,
            "Structures": [str(roi["Name"]) for roi in run.rois if not roi["Same"]],
            "Model": test.Model,
            "ModelDigest": run.model_digest,
            "Target": test.Target,
            "Direction": None,
            "Reason": run.code,
            "Test": test.key,
            "Message": SENTENCE,
        }
        for test, run in keeper.standing()
    ]


def _id(test: str, code: str | None, before: int) -> str:
    return hashlib.sha256(f"{REASON}\n{test}\n{code}\n{before}".encode()).hexdigest()[:24]
