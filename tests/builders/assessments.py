"""An assessment of a made-up job: five ROIs, one of each decision, on record in a chain of its own."""

from __future__ import annotations

import io
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from model.compare.comparison import CommonSlices, Comparison, Metrics, RoiComparison, Verdict
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.signing import SigningKey
from plugin.jobs.job import State
from plugin.quality.assessment.assessed import Assessment, assessment_of
from plugin.quality.assessment.objects import AssessedObjects, NamedObject, images_of, sites_of
from plugin.quality.records import record_assessed
from plugin.quality.row import ComparisonRow, ComparisonState, Link, RoiRow
from tests.builders import series
from tests.builders.drawings import INSTANCE_UID, SERIES_UID, written
from tests.builders.evidence import Clock, open_chain
from tests.builders.jobs import a_job
from tests.builders.structures import dot

PLAN = series.GEOMETRIES["axial"]
EDITED = Metrics(
    volume=1234.5,
    other_volume=1240.25,
    dice=0.987654321,
    hausdorff=12.5,
    hausdorff95=3.1,
    mean_surface_distance=1 / 3,
    surface_dice=0.91,
    tolerance=2.0,
    added_path_length=321.0,
    side=-0.000012345,
    centroid_shift=(0.5, -1.25, 1e-7),
    slices_edited=7,
    slices_missing=1,
    slices_cut=0,
    common_slices=CommonSlices(40, 0.99, 4.0, 2.0, 0.3, 0.95, 0.1),
)
ROIS = (
    RoiComparison("Lung_L", "lung", Verdict.EDITED, EDITED, "SLICES_MISSING", "1 slice is missing"),
    RoiComparison("Lung_R", "right lung", Verdict.UNTOUCHED, Metrics(volume=1500.0, other_volume=1500.0, dice=1.0)),
    RoiComparison("Heart", None, Verdict.DELETED, Metrics(volume=600.0)),
    RoiComparison("Liver", "liver?", Verdict.NOT_COMPARABLE, Metrics(), "ROI_AMBIGUOUS", "Several could be it."),
    RoiComparison(None, "boost of somebody", Verdict.ADDED, Metrics(other_volume=12.0)),
)
DECIDED = {"Lung_L": "edited", "Lung_R": "kept", "Heart": "deleted", "Liver": "not comparable", None: "added"}
THEIRS = NamedObject(f"{series.ROOT}.1", f"{series.ROOT}.88", f"{series.ROOT}.88.1")


def a_version(**changed: object) -> ComparisonRow:
    """A version that was compared, counts and is approved."""
    values: dict[str, object] = {
        "job": "job",
        "instance": "theirs",
        "evidence_code": new_code(),
        "state": ComparisonState.COMPARED,
        "link": Link.PREDECESSOR,
        "late": False,
        "approved": True,
        "reviewed": 1_790_000_000.0,
        "at": 1_790_000_100.0,
        "model": "hu-ct",
        "digest": "cd" * 32,
        "target": "local",
        "effective": True,
    }
    return ComparisonRow(**(values | changed))  # type: ignore[arg-type]


def rows_of(version: ComparisonRow, rois: tuple[RoiComparison, ...] = ROIS) -> list[RoiRow]:
    """The ROIs as the table has them: by our names alone."""
    return [
        RoiRow(
            job=version.job,
            instance=version.instance,
            at=version.at,
            structure=roi.name or "",
            verdict=roi.verdict,
            metrics=roi.metrics,
            code=roi.code,
            model=version.model,
            digest=version.digest,
            target=version.target,
            scanner=None,
            link=version.link,
            late=version.late,
            approved=version.approved,
            reason=roi.reason,
        )
        for roi in rois
    ]


def chain_in(folder: Path) -> Chain:
    """A chain with a key of its own."""
    return open_chain(folder, SigningKey.new(), Clock())


def assessment_in(folder: Path, **changed: object) -> Assessment:
    """The assessment; ``changed`` are columns of its version."""
    version = a_version(**changed)
    job = a_job(
        state=State.DONE,
        evidence_code=version.evidence_code,
        rtstruct="ours",
        details={"algorithm": {"Version": "1.4", "Digest": version.digest, "Sides": "verified"}},
    )
    with chain_in(folder) as chain:
        record_assessed(chain, version, Comparison("series", "1.2", "1.3", ROIS))
        return assessment_of(job, version, rows_of(version), chain.records(version.evidence_code))


def objects(reviewer: str = "", **patient: object) -> AssessedObjects:
    """Our structure set as it lies in Orthanc, and theirs beside it; ``patient`` are attributes of the images."""
    source = series.headers(PLAN)[0]
    for keyword, value in patient.items():
        setattr(source, keyword, value)
    shape = series.geometry(PLAN).shape
    names = [roi.name for roi in ROIS if roi.name is not None]
    made = written(
        PLAN, [(name, dot(shape, (0.5, 0.2 * number, 0.5))) for number, name in enumerate(names)], source=source
    )
    header: Dataset = dcmread(io.BytesIO(made.content))
    ours = NamedObject(str(header.StudyInstanceUID), SERIES_UID, INSTANCE_UID)
    theirs = NamedObject(ours.study, THEIRS.series, THEIRS.instance)
    return AssessedObjects(header, ours, theirs, images_of(header), sites_of(header), reviewer)
