"""What a person decided is told as it is on record, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model.compare.comparison import Comparison, Metrics
from model.errors import InputRefused
from model.evidence.event import Event
from plugin.jobs.job import Job
from plugin.quality.assessment.assessed import assessment_of, version_of
from plugin.quality.records import record_assessed
from plugin.quality.row import ComparisonRow, ComparisonState
from plugin.quality.store import QualityStore
from tests.builders.assessments import DECIDED, ROIS, a_version, assessment_in, chain_in, rows_of
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job


def of(version: ComparisonRow) -> Job:
    return a_job(evidence_code=version.evidence_code)


def test_each_roi_has_its_decision_and_the_record_the_same_digest(tmp_path: Path) -> None:
    found = assessment_in(tmp_path / "chain")
    assert {roi.name: str(roi.decision) for roi in found.rois} == DECIDED
    assert found.counts == {"kept": 1, "edited": 1, "deleted": 1, "added": 1, "not comparable": 1}
    assert (found.record.event, found.approval, found.model_version) == (Event.ASSESSED, "APPROVED", "1.4")


@pytest.mark.usefixtures("either_database")
def test_what_a_database_gave_back_is_still_what_was_recorded(tmp_path: Path) -> None:
    store, version = QualityStore(tables_in(tmp_path)), a_version(state=ComparisonState.WAITING, effective=False)
    compared = Comparison("series", "1.2", "1.3", ROIS)
    assert store.note(version)
    with chain_in(tmp_path / "chain") as chain:
        record_assessed(chain, version, compared)
        store.compared(version, compared)
        (kept,) = store.of_job(version.job)
        found = assessment_of(of(version), kept, store.rois_of(kept), chain.records(version.evidence_code))
    assert {roi.name: str(roi.decision) for roi in found.rois} == DECIDED


def test_numbers_that_no_record_holds_are_refused(tmp_path: Path) -> None:
    version = a_version()
    with chain_in(tmp_path / "chain") as chain:
        record_assessed(chain, version, Comparison("series", "1.2", "1.3", ROIS))
        records = chain.records(version.evidence_code)
    changed = rows_of(version)
    changed[0] = replace(changed[0], metrics=replace(changed[0].metrics, dice=0.99))
    for rois, its in ((changed, version), (rows_of(version), replace(version, approved=False))):
        with pytest.raises(InputRefused) as refused:
            assessment_of(of(version), its, rois, records)
        assert refused.value.code == "ASSESSMENT_NOT_RECORDED"


def test_an_approval_of_what_was_compared_before_is_on_record_too(tmp_path: Path) -> None:
    draft, compared = a_version(approved=False), Comparison("series", "1.2", "1.3", ROIS)
    with chain_in(tmp_path / "chain") as chain:
        for version in (draft, replace(draft, approved=True), draft):
            record_assessed(chain, version, compared)
        said = [one.facts["approved"] for one in chain.records(draft.evidence_code)]
    assert said == [False, True]


def test_numbers_round_trip_though_some_do_not_apply(tmp_path: Path) -> None:
    rois = tuple(replace(roi, metrics=Metrics(volume=0.1 + 0.2)) for roi in ROIS)
    version = a_version()
    with chain_in(tmp_path / "chain") as chain:
        record_assessed(chain, version, Comparison("series", "1.2", "1.3", rois))
        found = assessment_of(of(version), version, rows_of(version, rois), chain.records(version.evidence_code))
    assert found.rois[0].document()["Volume"] == 0.1 + 0.2


def test_the_version_that_counts_is_told_unless_another_is_asked_for() -> None:
    counts = a_version()
    other = replace(counts, instance="other", effective=False)
    job = of(counts)
    assert version_of(job, [other, counts], None) == counts
    assert version_of(job, [other, counts], "other") == other


@pytest.mark.parametrize(
    ("versions", "instance", "code"),
    [
        ([], None, "NOT_ASSESSED"),
        ([{"state": ComparisonState.WAITING, "effective": False}], None, "NOT_ASSESSED"),
        ([{"state": ComparisonState.REFUSED, "effective": False}], None, "NOT_ASSESSED"),
        ([{"state": ComparisonState.REFUSED, "effective": False}], "theirs", "NOT_ASSESSED"),
        ([{}], "nobody", "NO_VERSION"),
    ],
)
def test_what_was_not_assessed_is_said_to_be_so(
    versions: list[dict[str, object]], instance: str | None, code: str
) -> None:
    code_of_job = a_version().evidence_code
    rows = [a_version(**{"evidence_code": code_of_job, **changed}) for changed in versions]
    with pytest.raises(InputRefused) as refused:
        version_of(a_job(evidence_code=code_of_job), rows, instance)
    assert refused.value.code == code


def test_a_version_of_an_earlier_attempt_is_none_of_this_result() -> None:
    with pytest.raises(InputRefused) as refused:
        version_of(a_job(evidence_code="another"), [a_version()], None)
    assert refused.value.code == "NOT_ASSESSED"
