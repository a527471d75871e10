"""The chain held against the table of jobs: of a job that has ended, the chain has the record that closed it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import month_files, read_lines
from model.evidence.record import Record, parse_line
from model.evidence.verification import Verification
from model.evidence.walk import Broken, Change
from plugin.evidence.group.mirrored import Elsewhere

# A job that was stopped from outside ends before its worker and its files are gone and its evidence is closed.
CLOSING = timedelta(hours=1)
# A chain that an operator moved aside for a new one knows nothing of earlier jobs; after this it is old news.
NEW_CHAIN = timedelta(days=30)


@dataclass(frozen=True)
class EndedJob:
    """One ended job: its evidence code, when its row last changed, and whether it was stopped while it ran."""

    code: str
    updated: datetime
    stopped: bool = False


Ended = Callable[[], Iterable[EndedJob]]


def with_ended_jobs(
    answer: Verification, chain: Chain, ended: Iterable[EndedJob], now: datetime, elsewhere: Elsewhere | None = None
) -> Verification:
    """Add to a verification what the table of jobs knows: ended jobs that no record closes were cut off.

    ``ended`` has to be read before the chain, as records are written first; ``elsewhere`` is read after it, and None
    where the table is this gateway's alone.
    """
    if not answer.valid:
        return answer
    missing = unrecorded(chain, ended, now, elsewhere)
    if not missing:
        return answer
    last = [path.name for path in month_files(chain.directory)][-1:]
    reason = (
        "an older chain lies there" if elsewhere is None else "a gateway of the group lost, or has yet to tell, them"
    )
    why = f"{len(missing)} jobs of the table have ended, and no record closes them: {reason}"
    broken = Broken(answer.head.sequence + 1, Change.CUT_OFF, last[0] if last else "", 0, why)
    return dataclasses.replace(answer, valid=False, broken=broken)


def unrecorded(chain: Chain, ended: Iterable[EndedJob], now: datetime, elsewhere: Elsewhere | None = None) -> list[str]:
    """Return the evidence codes of ended jobs that the chain should have closed, and did not."""
    jobs = list(ended)
    first = _first(chain)
    if not jobs or first is None:
        return []
    began = datetime.fromisoformat(first.time)
    if elsewhere is not None and elsewhere.began is not None:
        began = min(began, elsewhere.began)
    # What ended before the months that are kept was retired with them.
    whole = first.sequence == 1 and now - began < NEW_CHAIN
    closed = {record.job for record in chain.records(event=Event.CLOSED)}
    if elsewhere is not None:
        closed |= elsewhere.closed
    return [
        job.code
        for job in jobs
        if job.code not in closed
        and (whole or job.updated >= began)
        # What another gateway of the group recorded may follow late.
        and ((not job.stopped and elsewhere is None) or now - job.updated > CLOSING)
    ]


def ended_at(seconds: float) -> datetime:
    """Return a time of the table of jobs."""
    return datetime.fromtimestamp(seconds, UTC)


def _first(chain: Chain) -> Record | None:
    lines = (line for path in month_files(chain.directory) for line in read_lines(path))
    return next((record for line in lines if (record := parse_line(line.rstrip(b"\n"))) is not None), None)
