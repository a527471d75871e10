"""The record of the chain that people assessed a result: how many ROIs were left, edited, deleted, and a digest."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable

from model.compare.comparison import Comparison, RoiComparison, Verdict
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from plugin.quality.row import ComparisonRow, RoiRow, numbers_of


def record_assessed(chain: Chain, row: ComparisonRow, found: Comparison) -> None:
    """Record what people made of a result, once for each version of it."""
    counted = Counter(roi.verdict for roi in found.rois)
    facts: Facts = {
        "rois": len(found.rois),
        **{str(verdict).replace(" ", "_"): counted[verdict] for verdict in Verdict},
        "approved": row.approved,
        "digest": digest_of(found.rois),
    }
    for record in chain.records(row.evidence_code):
        if record.event is Event.ASSESSED and record.facts == facts:
            return
    chain.append(Event.ASSESSED, row.evidence_code, facts)


def digest_of(rois: Iterable[RoiComparison | RoiRow]) -> str:
    """SHA-256 of verdicts and numbers, the same of what was compared and of what is kept."""
    rows = [[str(roi.verdict), roi.code or "", numbers_of(roi.metrics)] for roi in rois]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
