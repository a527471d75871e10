"""What people made of our results: the comparison of one job, and the numbers of many."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.compare.comparison import RoiComparison
from plugin.jobs.job import Job, iso
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.quality.forgetting import Forgetting
from plugin.quality.row import ComparisonRow, ComparisonState, RoiRow
from plugin.quality.store import QualityStore

# Columns of the table, and the keys of the numbers over the slices that both have.
COMMON_COLUMNS = {
    "CommonSlices": "Slices",
    "CommonDice": "Dice",
    "CommonHausdorff95Mm": "Hausdorff95Mm",
    "CommonMeanSurfaceDistanceMm": "MeanSurfaceDistanceMm",
    "CommonSideMm": "SideMm",
}


@dataclass(frozen=True)
class QualityFilter:
    """Which comparisons are asked for; None leaves open."""

    structure: str | None = None
    model: str | None = None
    digest: str | None = None
    target: str | None = None
    since: float | None = None


class Quality:
    """Reads what was compared; changes nothing."""

    def __init__(self, orthanc: Orthanc, store: QualityStore, forgetting: Forgetting) -> None:
        self._orthanc = orthanc
        self._store = store
        self._forgetting = forgetting

    def rows(self, wanted: QualityFilter, limit: int) -> list[dict[str, Any]]:
        """Return the newest ROIs that fit, the newest first."""
        return [_row(one) for one in reversed(deque(self._rois(wanted), maxlen=limit))]

    def months(self) -> list[dict[str, Any]]:
        """Return what stays of comparisons that were erased: counts and means by month."""
        return [_month(one) for one in self._forgetting.months()]

    def csv(self, wanted: QualityFilter) -> Iterator[str]:
        """Yield every ROI that fits as lines, the oldest first, under a line with the names."""
        names: list[str] | None = None
        for one in self._rois(wanted):
            row = _row(one)
            shift = row.pop("CentroidShiftMm") or [None, None, None]
            row |= dict(zip(("ShiftXMm", "ShiftYMm", "ShiftZMm"), shift, strict=True))
            common = row.pop("CommonSlices") or {}
            row |= {name: common.get(key) for name, key in COMMON_COLUMNS.items()}
            if names is None:
                names = list(row)
                yield _line(names)
            yield _line(["" if value is None else value for value in row.values()])

    def of_job(self, job: Job, instance: str | None = None) -> dict[str, Any] | None:
        """Return every version of what people made of a job's result, and the ROIs of one of them.

        That of an instance, else the one that counts; None where the instance is no version of it.
        """
        versions = self._store.of_job(job.id)
        wanted = [one for one in versions if (one.effective if instance is None else one.instance == instance)]
        shown = wanted[0] if wanted else None
        if shown is None and instance is not None:
            return None
        return {
            "Series": job.series,
            "Job": job.id,
            "Reference": self._uid_of(job.rtstruct),
            "Other": None if shown is None else self._uid_of(shown.instance),
            "Link": None if shown is None else shown.link,
            "Approval": None if shown is None else _approval(shown),
            "Rois": [] if shown is None else [_roi(one).document() for one in self._store.rois_of(shown)],
            "Warnings": [] if shown is None else list(shown.warnings),
            "Versions": [_version(one) for one in versions],
        }

    def summary(self, job_id: str) -> dict[str, Any] | None:
        """Return in short what people made of a job's result; None while no version of theirs has come."""
        versions = self._store.of_job(job_id)
        if not versions:
            return None
        counts = next((one for one in versions if one.effective), None)
        return {
            "Versions": len(versions),
            "Waiting": sum(one.state is ComparisonState.WAITING for one in versions),
            "Counting": None if counts is None else counts.instance,
            "Approval": None if counts is None else _approval(counts),
            "Verdicts": {} if counts is None else self._store.verdicts_of(counts),
        }

    def _rois(self, wanted: QualityFilter) -> Iterator[RoiRow]:
        return self._store.rois(
            structure=wanted.structure,
            model=wanted.model,
            digest=wanted.digest,
            target=wanted.target,
            since=wanted.since,
        )

    def _uid_of(self, instance: str | None) -> str | None:
        """Return the SOP Instance UID of an object in Orthanc: it is not kept here, so None once the object is gone."""
        if instance is None:
            return None
        try:
            return str(self._orthanc.ask(f"instances/{instance}")["MainDicomTags"]["SOPInstanceUID"])
        except (SeriesGone, KeyError):
            return None


def _roi(row: RoiRow) -> RoiComparison:
    return RoiComparison(row.structure or None, None, row.verdict, row.metrics, row.code, row.reason)


def _row(row: RoiRow) -> dict[str, Any]:
    said = _roi(row).document()
    del said["OtherName"]
    return {
        "Job": row.job,
        "At": iso(row.at),
        "Structure": said.pop("Name"),
        **said,
        "Model": row.model,
        "Digest": row.digest,
        "Target": row.target,
        "Scanner": row.scanner,
        "Link": str(row.link),
        "Approved": row.approved,
    }


def _version(row: ComparisonRow) -> dict[str, Any]:
    return {
        "Instance": row.instance,
        "State": str(row.state),
        "Code": row.code if row.state is ComparisonState.REFUSED else None,
        "Link": str(row.link),
        "Late": row.late,
        "Approval": _approval(row),
        "Reviewed": None if row.reviewed is None else iso(row.reviewed),
        "Arrived": iso(row.at),
        "Effective": row.effective,
        "Added": row.added,
    }


def _approval(row: ComparisonRow) -> str:
    return "APPROVED" if row.approved else "UNAPPROVED"


def _month(row: dict[str, Any]) -> dict[str, Any]:
    measured = row["measured"]
    means = {
        "MeanDice": row["dice"],
        "MeanSurfaceDistanceMm": row["mean_surface_distance"],
        "MeanAddedPathLengthMm": row["added_path_length"],
    }
    return {
        "Month": row["month"],
        "Structure": row["structure"],
        "Model": row["model"],
        "Digest": row["digest"],
        "Target": row["target"],
        "Verdict": row["verdict"],
        "Rois": row["rois"],
        **{name: value / measured if measured else None for name, value in means.items()},
    }


def _line(values: list[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(values)
    return stream.getvalue()
