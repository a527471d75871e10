"""The report of a proof: each case was drawn with the face and without it, and both drawings were compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from model.compare.comparison import Comparison, RoiComparison, Verdict
from model.engines.engine import Algorithm
from model.errors import InputRefused
from plugin.version import VERSION

FORMAT = "orthanc-autocontour face proof 1"
# A structure is proven where it reaches both in every case, and in so many cases at least.
LEAST_DICE, MOST_HAUSDORFF95_MM, FEWEST_CASES = 0.98, 2.0, 3


@dataclass(frozen=True)
class ProvenCase:
    """One case, by its number: who drew it, and both drawings compared; the one with the face is the reference."""

    number: int
    algorithm: Algorithm
    comparison: Comparison


def document_of(
    model: str, target: str, cases: Sequence[ProvenCase], unusable: Sequence[tuple[int, str, str]]
) -> dict[str, Any]:
    """Return the report; ``unusable`` are number, code and sentence of cases that are in no number.

    Raises InputRefused where the cases were not all drawn by the same model.
    """
    known = {(one.algorithm.version, one.algorithm.digest) for one in cases}
    if len(known) != 1:
        raise InputRefused(
            "COMMISSION_MIXED",
            f"The cases were drawn by {len(known)} versions of the model, which was changed meanwhile; run it again.",
        )
    ((version, digest),) = known
    return {
        "Format": FORMAT,
        "Issued": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "Software": VERSION,
        "Model": model,
        "ModelVersion": version,
        "ModelDigest": digest,
        "Target": target,
        "Cases": len(cases),
        "Limits": {"Dice": LEAST_DICE, "Hausdorff95Mm": MOST_HAUSDORFF95_MM, "Cases": FEWEST_CASES},
        "Structures": _structures(cases),
        "Unusable": [{"Case": number, "Code": code, "Message": words} for number, code, words in unusable],
    }


def _structures(cases: Sequence[ProvenCase]) -> list[dict[str, Any]]:
    named: dict[str, list[RoiComparison]] = {}
    for one in cases:
        for roi in one.comparison.rois:
            named.setdefault(str(roi.name or roi.other_name), []).append(roi)
    return [_structure(name, rois) for name, rois in sorted(named.items(), key=lambda item: item[0].casefold())]


def _structure(name: str, rois: Sequence[RoiComparison]) -> dict[str, Any]:
    """Return the worst of a structure over the cases, and whether it is proven."""
    measured = [roi for roi in rois if roi.metrics.dice is not None and roi.metrics.hausdorff95 is not None]
    dice = min((float(roi.metrics.dice or 0.0) for roi in measured), default=None)
    distance = max((float(roi.metrics.hausdorff95 or 0.0) for roi in measured), default=None)
    both = len(measured) == len(rois) and all(roi.verdict in (Verdict.UNTOUCHED, Verdict.EDITED) for roi in rois)
    proven = (
        both
        and len(rois) >= FEWEST_CASES
        and dice is not None
        and dice >= LEAST_DICE
        and distance is not None
        and distance <= MOST_HAUSDORFF95_MM
    )
    return {
        "Name": name,
        "Cases": len(rois),
        "Measured": len(measured),
        "LeastDice": None if dice is None else round(dice, 4),
        "MostHausdorff95Mm": None if distance is None else round(distance, 3),
        "Proven": proven,
    }


def content_of(document: dict[str, Any]) -> bytes:
    """Return the report as it is written into a file."""
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def digest_of(content: bytes) -> str:
    """Return what names the report in evidence."""
    return hashlib.sha256(content).hexdigest()
