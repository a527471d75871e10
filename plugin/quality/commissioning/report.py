"""The report of a commissioning as a document: structure by structure, subgroup by subgroup, and the worst cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from model.compare.comparison import RoiComparison, Verdict
from model.errors import InputRefused
from plugin.quality.commissioning.case import Case, DrawnCase
from plugin.quality.commissioning.span import range_of
from plugin.version import VERSION

FORMAT = "orthanc-autocontour commissioning 1"
# mm of slice thickness that divide thin slices from thick ones.
THIN_MM = 2.0
MOST_OUTLIERS = 12
NUMBERS = {
    "Dice": "dice",
    "SurfaceDice": "surface_dice",
    "MeanSurfaceDistanceMm": "mean_surface_distance",
    "Hausdorff95Mm": "hausdorff95",
    "AddedPathLengthMm": "added_path_length",
}


@dataclass(frozen=True)
class Examined:
    """A case that was drawn by the model, and by the earlier one where it is compared with it."""

    number: int
    case: Case
    drawn: DrawnCase
    before: DrawnCase | None = None


@dataclass(frozen=True)
class Unusable:
    """A case that could not be used, and why: it is in no number."""

    number: int
    code: str
    message: str


@dataclass(frozen=True)
class Outlier:
    """A structure of a case below the limit."""

    examined: Examined
    roi: RoiComparison


def document_of(
    model: str,
    examined: Sequence[Examined],
    unusable: Sequence[Unusable],
    limit: float,
    against: str | None,
    target: str = "local",
) -> dict[str, Any]:
    """Return the report; ``limit`` is the surface Dice that a structure of a case has to reach.

    Digest and version of a model at a target that tells neither are empty and "0". Raises InputRefused where the cases
    were not all drawn by the same model.
    """
    algorithm = examined[0].drawn.algorithm
    _require_one([one.drawn for one in examined])
    _require_one([one.before for one in examined if one.before is not None])
    document = {
        "Format": FORMAT,
        "Issued": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "Software": VERSION,
        "Model": model,
        "ModelVersion": algorithm.version,
        "ModelDigest": algorithm.digest,
        "Target": target,
        "Limit": limit,
        "Range": range_of([one.case.facts for one in examined]),
        "Structures": _structures([one.drawn for one in examined], limit),
        "Subgroups": list(_subgroups(examined)),
        "Outliers": [_outlier(one) for one in outliers_of(examined, limit)],
        "Cases": [_case(one) for one in examined],
        "Unusable": [{"Case": one.number, "Code": one.code, "Message": one.message} for one in unusable],
        "Against": None,
    }
    before = [one.before for one in examined if one.before is not None]
    if against is not None and before:
        document["Against"] = {
            "Model": against,
            "ModelVersion": before[0].algorithm.version,
            "ModelDigest": before[0].algorithm.digest,
            "Structures": _structures(before, limit),
        }
    return document


def _require_one(drawn: Sequence[DrawnCase]) -> None:
    known = {(one.algorithm.version, one.algorithm.digest) for one in drawn}
    if len(known) > 1:
        raise InputRefused(
            "COMMISSION_MIXED",
            f"The cases were drawn by {len(known)} versions of the model, which was changed meanwhile; run it again.",
        )


def content_of(document: dict[str, Any]) -> bytes:
    """Return the report as it is written into a file."""
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def digest_of(content: bytes) -> str:
    """Return what names the report in evidence."""
    return hashlib.sha256(content).hexdigest()


def outliers_of(examined: Sequence[Examined], limit: float) -> list[Outlier]:
    """Return the structures of cases that miss the limit, the worst first."""
    found = [Outlier(one, roi) for one in examined for roi in _ours(one.drawn) if _misses(roi, limit)]
    found.sort(key=lambda one: -1.0 if one.roi.metrics.surface_dice is None else one.roi.metrics.surface_dice)
    return found[:MOST_OUTLIERS]


def _ours(drawn: DrawnCase) -> list[RoiComparison]:
    return [roi for roi in drawn.comparison.rois if roi.verdict is not Verdict.ADDED]


def _misses(roi: RoiComparison, limit: float) -> bool:
    if roi.verdict in (Verdict.DELETED, Verdict.NOT_COMPARABLE):
        # Nobody approved it there, or nobody can tell: in the table, and no measured outlier.
        return False
    number = roi.metrics.surface_dice
    return number is None or number < limit


def _structures(drawn: Sequence[DrawnCase], limit: float) -> list[dict[str, Any]]:
    named: dict[str, list[RoiComparison]] = {}
    for one in drawn:
        for roi in _ours(one):
            named.setdefault(str(roi.name), []).append(roi)
    added = sum(roi.verdict is Verdict.ADDED for one in drawn for roi in one.comparison.rois)
    table = [_structure(name, rois, limit) for name, rois in sorted(named.items(), key=lambda item: item[0].casefold())]
    # What was approved and the model does not draw has names of the site's own.
    return table if not added else [*table, {"Name": None, "Cases": added, "Measured": 0}]


def _structure(name: str, rois: Sequence[RoiComparison], limit: float) -> dict[str, Any]:
    measured = [roi for roi in rois if roi.metrics.dice is not None]
    tolerances = {roi.metrics.tolerance for roi in measured if roi.metrics.tolerance is not None}
    return {
        "Name": name,
        "Cases": len(rois),
        "Measured": len(measured),
        "Untouched": sum(roi.verdict is Verdict.UNTOUCHED for roi in rois),
        "NotApproved": sum(roi.verdict is Verdict.DELETED for roi in rois),
        "NotComparable": sum(roi.verdict is Verdict.NOT_COMPARABLE for roi in rois),
        "ToleranceMm": max(tolerances) if tolerances else None,
        "Within": sum(not _misses(roi, limit) for roi in measured),
        "SlicesMissing": sum(roi.metrics.slices_missing or 0 for roi in measured),
        **{key: _spread(getattr(roi.metrics, own) for roi in measured) for key, own in NUMBERS.items()},
    }


def _spread(values: Iterable[float | None]) -> dict[str, float] | None:
    """Return median and the 5th and 95th percentile."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, median, high = (round(float(one), 4) for one in np.percentile(known, (5, 50, 95)))
    return {"Low": low, "Median": median, "High": high}


def _subgroups(examined: Sequence[Examined]) -> Iterable[dict[str, Any]]:
    groupings: dict[str, Callable[[Examined], str | None]] = {
        "Thickness": lambda one: _thickness(one.case.facts.thickness),
        "Contrast": lambda one: "with" if one.case.facts.contrast else "without",
        "Sex": lambda one: one.case.sex or None,
        "Scanner": lambda one: one.case.facts.scanner,
    }
    for by, group_of in groupings.items():
        groups: dict[str, list[Examined]] = {}
        for one in examined:
            groups.setdefault(group_of(one) or "unknown", []).append(one)
        for group, members in sorted(groups.items()):
            rois = [roi for one in members for roi in _ours(one.drawn) if roi.metrics.dice is not None]
            yield {
                "By": by,
                "Group": group,
                "Cases": len(members),
                "SurfaceDice": _spread(roi.metrics.surface_dice for roi in rois),
                "MeanSurfaceDistanceMm": _spread(roi.metrics.mean_surface_distance for roi in rois),
            }


def _thickness(mm: float | None) -> str | None:
    return None if mm is None else f"up to {THIN_MM:g} mm" if mm <= THIN_MM else f"over {THIN_MM:g} mm"


def _outlier(one: Outlier) -> dict[str, Any]:
    numbers = one.roi.metrics
    return {
        "Case": one.examined.number,
        "Structure": one.roi.name,
        "Verdict": one.roi.verdict.value,
        "SurfaceDice": numbers.surface_dice,
        "Hausdorff95Mm": numbers.hausdorff95,
        "SlicesMissing": numbers.slices_missing,
        "Reason": one.roi.reason,
    }


def _case(one: Examined) -> dict[str, Any]:
    """Return a case by its number: neither its UIDs nor its folder, which may be somebody's name."""
    rois = [roi.document() for roi in _ours(one.drawn)]
    for roi in rois:
        del roi["OtherName"]
    return {
        "Case": one.number,
        **one.case.facts.to_json(),
        "Sex": one.case.sex or None,
        "Warnings": [*one.drawn.remarks, *one.drawn.comparison.warnings],
        "Rois": rois,
    }
