"""The table of comparisons: each version is kept, one of them counts, and the ROIs come in the order of time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model.compare.comparison import CommonSlices, Comparison, Metrics, RoiComparison, Verdict
from plugin.quality.row import ComparisonRow, ComparisonState, Link
from plugin.quality.store import QualityStore
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")

LIVER = RoiComparison("Liver", "liver_1", Verdict.EDITED, Metrics(dice=0.9, centroid_shift=(0.0, 1.0, 2.0)))
SPLEEN = RoiComparison("Spleen", None, Verdict.DELETED, Metrics(volume=210.0))
THEIRS = RoiComparison(None, "boost of somebody", Verdict.ADDED)


@pytest.fixture
def store(tmp_path: Path) -> QualityStore:
    return QualityStore(tables_in(tmp_path))


def a_row(**changed: object) -> ComparisonRow:
    row = ComparisonRow(
        job="job",
        instance="first",
        evidence_code="CODE",
        state=ComparisonState.WAITING,
        link=Link.SERIES,
        late=False,
        approved=False,
        reviewed=None,
        at=1_800_000_000.0,
        model="hu-ct",
        digest="d" * 64,
        target="local",
        scanner="SIEMENS SOMATOM",
    )
    return replace(row, **changed)  # type: ignore[arg-type]


def found(*rois: RoiComparison) -> Comparison:
    return Comparison("series", "1.2.3", "1.2.4", rois, ("Said of both.",))


def keep(store: QualityStore, row: ComparisonRow, *rois: RoiComparison) -> None:
    assert store.note(row)
    store.compared(row, found(*rois))


def test_a_comparison_is_noted_once_and_waits(store: QualityStore) -> None:
    assert store.note(a_row())
    assert not store.note(a_row())
    assert store.next_waiting(now=0.0) == a_row()


def test_what_is_begun_is_due_again_only_later(store: QualityStore) -> None:
    store.note(a_row())
    assert store.claim(a_row(), next_try=100.0)
    assert not store.claim(a_row(), next_try=100.0), "another gateway was faster"
    assert store.next_waiting(now=99.0) is None
    due = store.next_waiting(now=100.0)
    assert due is not None
    assert due.tries == 1


def test_our_rois_are_kept_with_their_numbers_and_theirs_are_counted_without_a_name(store: QualityStore) -> None:
    keep(store, a_row(), LIVER, SPLEEN, THEIRS)
    (row,) = store.of_job("job")
    assert (row.state, row.added, row.warnings) == (ComparisonState.COMPARED, 1, ("Said of both.",))
    liver, spleen, theirs = store.rois_of(row)
    assert (theirs.structure, theirs.verdict) == ("", Verdict.ADDED)
    assert [roi.structure for roi in store.rois()] == ["Liver", "Spleen"], "no chart is of theirs"
    assert (liver.structure, liver.verdict, liver.metrics) == ("Liver", Verdict.EDITED, LIVER.metrics)
    assert (spleen.structure, spleen.verdict, spleen.metrics.dice) == ("Spleen", Verdict.DELETED, None)
    assert (liver.model, liver.target, liver.scanner, liver.month) == ("hu-ct", "local", "SIEMENS SOMATOM", "2027-01")


def test_the_numbers_of_the_slices_that_both_have_are_read_as_they_were_kept(store: QualityStore) -> None:
    common = CommonSlices(7, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    cut = replace(LIVER, metrics=replace(LIVER.metrics, slices_cut=2, common_slices=common))
    keep(store, a_row(), cut)
    (roi,) = store.rois_of(a_row())
    assert roi.metrics == cut.metrics


def test_kept_twice_it_is_there_once(store: QualityStore) -> None:
    keep(store, a_row(), LIVER, SPLEEN)
    store.compared(a_row(), found(LIVER))
    assert [roi.structure for roi in store.rois()] == ["Liver"]


@pytest.mark.parametrize(
    ("versions", "counts"),
    [
        ((a_row(instance="first"), a_row(instance="second", at=1_800_000_001.0)), "second"),
        ((a_row(instance="first", approved=True), a_row(instance="second", at=1_800_000_001.0)), "first"),
        ((a_row(instance="first", reviewed=20.0, approved=True), a_row(instance="second", approved=True)), "second"),
        (
            (
                a_row(instance="first", reviewed=20.0, approved=True),
                a_row(instance="second", reviewed=10.0, approved=True, at=1_800_000_001.0),
            ),
            "first",
        ),
    ],
    ids=["the later one", "the approved one", "the one that came after", "the one reviewed last"],
)
def test_one_version_counts_and_each_is_kept(
    store: QualityStore, versions: tuple[ComparisonRow, ...], counts: str
) -> None:
    for version in versions:
        keep(store, version, LIVER)
    assert {row.instance for row in store.of_job("job")} == {"first", "second"}
    assert [roi.instance for roi in store.rois()] == [counts]


def test_what_could_not_be_compared_never_counts(store: QualityStore) -> None:
    keep(store, a_row(), LIVER)
    damaged = a_row(instance="damaged", approved=True, at=1_900_000_000.0)
    store.note(damaged)
    store.refused(damaged, "NOT_READABLE")
    assert [roi.instance for roi in store.rois()] == ["first"]
    assert [row.code for row in store.of_job("job")] == [None, "NOT_READABLE"]


def test_rois_come_in_the_order_of_time_and_as_they_are_asked_for(store: QualityStore) -> None:
    keep(store, a_row(job="b", at=20.0, model="other"), LIVER)
    keep(store, a_row(job="a", at=30.0, target="cloud"), LIVER, SPLEEN)
    keep(store, a_row(job="c", at=10.0, digest="e" * 64), LIVER)
    assert [(roi.job, roi.structure) for roi in store.rois()] == [
        ("c", "Liver"),
        ("b", "Liver"),
        ("a", "Liver"),
        ("a", "Spleen"),
    ]
    assert [roi.job for roi in store.rois(structure="Spleen")] == ["a"]
    assert [roi.job for roi in store.rois(model="other")] == ["b"]
    assert [roi.job for roi in store.rois(target="cloud", structure="Liver")] == ["a"]
    assert [roi.job for roi in store.rois(digest="e" * 64)] == ["c"]
    assert [roi.job for roi in store.rois(since=20.0, structure="Liver")] == ["b", "a"]


def test_what_was_drawn_after_people_drew_counts_only_where_it_is_asked_for(store: QualityStore) -> None:
    keep(store, a_row(late=True), LIVER)
    assert list(store.rois()) == []
    assert [roi.late for roi in store.rois(late=True)] == [True]
