"""Expiry of old records: past months are removed from the oldest on, each removal on record before it happens."""

from __future__ import annotations

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import month_files, read_tail
from model.storage.files import sync_directory


def retire_months(chain: Chain, before: str) -> list[str]:
    """Remove all months before one (YYYY-MM) and return them; the newest file always stays.

    A MONTH_RETIRED record holds the last record of the removed month, so that the rest verifies from there. Killed
    half-way, the same call finishes it. Raises EvidenceRefused with EVIDENCE_RETENTION for a month that does not end
    with its closing record.
    """
    retired: list[str] = []
    for path in month_files(chain.directory)[:-1]:
        if path.stem >= before:
            break
        last = read_tail(path).record
        if last is None or last.event is not Event.MONTH_CLOSED:
            raise EvidenceRefused(
                "EVIDENCE_RETENTION", f"{path.name} does not end with its closing record: verify the chain first."
            )
        # Those that name a gateway tell of copies of its chain.
        noted = [record for record in chain.records(event=Event.MONTH_RETIRED) if "gateway" not in record.facts]
        if not any(record.facts["sequence"] == last.sequence for record in noted):
            facts: Facts = {"month": path.stem, "sequence": last.sequence, "head": last.digest}
            chain.append(Event.MONTH_RETIRED, None, facts)
        path.unlink()
        sync_directory(chain.directory)
        retired.append(path.stem)
    return retired
