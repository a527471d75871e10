"""What a site is told of where its transfer stands."""

from __future__ import annotations

from model.pipeline.draw import read_progress
from model.service import wire
from model.service.ledger import Row, State
from model.service.transfer import Transfer


def live_status(transfer: Transfer, ahead: int) -> wire.Status:
    """Describe a transfer that is not over; ``ahead`` is how many are drawn before it. Its lock is held."""
    status = wire.Status(
        Transfer=transfer.row.id,
        State=transfer.state.value,
        Model=transfer.row.model,
        Count=transfer.row.count,
        Received=len(transfer.received),
    )
    if transfer.state is State.OPEN:
        status.Missing = transfer.missing()
    elif transfer.state is State.QUEUED:
        status.Ahead = ahead
    elif transfer.state is State.RUNNING:
        said = read_progress(transfer.folder.path)
        status.Progress, status.Doing = said.get("Progress", 0.0), said.get("Doing", "")
    elif transfer.drawn is not None:
        drawn = transfer.drawn
        status.Progress = 1.0
        status.Rois = [
            wire.Roi(
                Number=roi.number,
                Name=roi.name,
                FullName=roi.full_name,
                Volume=round(roi.volume_cm3, 2),
                Flags=list(roi.flags),
            )
            for roi in drawn.rois
        ]
        status.NotDrawn = [wire.Undrawn(Label=label, Reason=reason) for label, reason in drawn.not_drawn]
        status.Algorithm = {"Version": drawn.version, "Digest": drawn.digest, "Sides": drawn.sides}
        status.Timings = dict(drawn.timings)
    return status


def ended_status(row: Row) -> wire.Status:
    """Describe a transfer that is over, and why."""
    problem = None
    if row.code is not None:
        problem = wire.Problem(Code=row.code, Message=row.message or "", Findings=dict(row.findings or {}))
    return wire.Status(
        Transfer=row.id, State=row.state.value, Model=row.model, Count=row.count, Progress=1.0, Error=problem
    )
