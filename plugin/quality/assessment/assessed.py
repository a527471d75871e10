"""The decision of a person on each ROI of a result, from what was compared, and the signed record that holds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from model.compare.comparison import Metrics, RoiComparison, Verdict
from model.errors import InputRefused
from model.evidence.event import Event
from model.evidence.record import Record
from plugin.jobs.job import Job
from plugin.quality.records import digest_of
from plugin.quality.row import ComparisonRow, ComparisonState, RoiRow

NOT_ASSESSED = "NOT_ASSESSED"
NOT_RECORDED = "ASSESSMENT_NOT_RECORDED"
NO_VERSION = "NO_VERSION"


class Decision(StrEnum):
    """What a person did with an ROI of ours, or beside it."""

    KEPT = "kept"
    """Left as it was, which does not say that somebody looked at it."""
    EDITED = "edited"
    DELETED = "deleted"
    ADDED = "added"
    NOT_COMPARABLE = "not comparable"


DECISIONS: Mapping[Verdict, Decision] = {
    Verdict.UNTOUCHED: Decision.KEPT,
    Verdict.EDITED: Decision.EDITED,
    Verdict.DELETED: Decision.DELETED,
    Verdict.ADDED: Decision.ADDED,
    Verdict.NOT_COMPARABLE: Decision.NOT_COMPARABLE,
}


@dataclass(frozen=True)
class AssessedRoi:
    """One ROI by our name, None for one that is theirs alone; ``code`` and ``reason`` as the comparison has them."""

    name: str | None
    verdict: Verdict
    metrics: Metrics
    code: str | None
    reason: str | None

    @property
    def decision(self) -> Decision:
        """What a person did with it."""
        return DECISIONS[self.verdict]

    def document(self) -> dict[str, Any]:
        """Return it as the REST API shows it."""
        said = RoiComparison(self.name, None, self.verdict, self.metrics, self.code, self.reason).document()
        return said | {"Decision": str(self.decision)}


@dataclass(frozen=True)
class Assessment:
    """What people made of the result of a job in one version, and the record of the chain that says the same."""

    job: Job
    version: ComparisonRow
    rois: tuple[AssessedRoi, ...]
    record: Record

    @property
    def counts(self) -> dict[str, int]:
        """How many ROIs there are of each decision, zeros included."""
        counted = Counter(roi.decision for roi in self.rois)
        return {str(decision): counted[decision] for decision in Decision}

    @property
    def model_version(self) -> str:
        """The version of the model, "0" where its target did not tell."""
        return self.job.details.algorithm.version if self.job.details.algorithm is not None else "0"

    @property
    def approval(self) -> str:
        """The approval status of the version."""
        return "APPROVED" if self.version.approved else "UNAPPROVED"


def version_of(job: Job, versions: Sequence[ComparisonRow], instance: str | None) -> ComparisonRow:
    """Return the version that was asked for, else the one that counts; raises InputRefused where there is none."""
    its = [one for one in versions if one.evidence_code == job.evidence_code]
    if instance is not None:
        its = [one for one in its if one.instance == instance]
        if not its:
            raise InputRefused(NO_VERSION, "No version of what people made of this job's result is this instance.")
    compared = [one for one in its if one.state is ComparisonState.COMPARED]
    chosen = next((one for one in compared if one.effective or instance is not None), None)
    if chosen is not None:
        return chosen
    if any(one.state is ComparisonState.WAITING for one in its):
        raise InputRefused(NOT_ASSESSED, "The structure set that people made of this result is not compared yet.")
    if its:
        raise InputRefused(
            NOT_ASSESSED, "The structure set that people made of this result could not be compared; its code says why."
        )
    raise InputRefused(NOT_ASSESSED, "Nobody returned a structure set made of this job's result.")


def assessment_of(job: Job, version: ComparisonRow, rois: Sequence[RoiRow], records: Iterable[Record]) -> Assessment:
    """Put a version together with the record that was signed of it.

    ``records`` are those of the job. Raises InputRefused where the numbers that are kept are not those on record.
    """
    digest = digest_of(rois)
    for record in records:
        facts = record.facts
        if record.event is Event.ASSESSED and (facts["digest"], facts["approved"]) == (digest, version.approved):
            kept = tuple(
                AssessedRoi(roi.structure or None, roi.verdict, roi.metrics, roi.code, roi.reason) for roi in rois
            )
            return Assessment(job, version, kept, record)
    raise InputRefused(
        NOT_RECORDED,
        "No record of the chain holds the numbers that the database has of this version, so no document is made of "
        "them: the database or the chain was changed or restored from another day.",
    )
