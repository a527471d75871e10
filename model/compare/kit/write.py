"""The kit as files: series, pairs of structure sets, the answers, and how to grade with them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

from model.compare.kit.grids import Grid, geometry_of_slices
from model.compare.kit.pairs import Case, Pair, pairs
from model.compare.kit.shapes import Shape
from model.rtstruct import modules
from model.rtstruct.patient_study import copied_from
from model.samples.dicom_series import made_uid
from model.series.geometry import SeriesGeometry

MADE = datetime(2020, 1, 2, 12, tzinfo=UTC)
DECIMALS = 4
README = """# Metric kit

Shapes whose numbers are known in closed form, to grade a tool that compares contours.

Each folder is one pair: `series/` holds a CT of a made-up patient, `reference.dcm` and `other.dcm` two RT structure
sets of it. `answers.json` says for each ROI of each pair the verdict and the numbers, each with `Value` and how far
from it still counts as right (`Within`); `ToleranceMm` is the tolerance of its surface Dice. Names of numbers are
those of `autocontour compare --json`; volumes are in cm3, distances in mm. Distances are of both surfaces, each point
weighted with its area, and surface Dice is the part of both surfaces within the tolerance. Flat shapes are allowed
2 %, curved ones 5 %: a structure set knows a surface on its slices only, and at a pole the largest distance to half
a slice, the 95 % one to an eighth. `CentroidShiftMm` is in patient coordinates (LPS). Where a slice is missing or an
end was cut, no distance is asked: it tells how many slices, not how far off the outline is.

To grade a tool, write what it found as `{"even": {"Rois": [{"Name": "Sphere", "Dice": 0.78}]}, "thin": ...}`, one
entry for each folder; numbers that it does not have stay out. Then `autocontour metric-kit OUT --grade RESULTS.json`.

Pairs: even (3 mm slices, 1 mm pixels), thin (1.25 mm, 0.977 mm), tilted (oblique slices), gantry (slices that are
moved against each other), uneven (2 to 4 mm). ROIs: a box moved across and along the slices, a sphere moved and grown,
a shell whose hole grows (nested contours beside a keyhole), the same shell in both forms, one box of two, a slice that
is missing, an end that was cut, one ROI deleted and one added.
"""


def files() -> Iterator[tuple[str, bytes]]:
    """Yield the path of each file within the kit, and its content; the same ones each time."""
    yield "README.md", README.encode()
    answers = []
    for pair in pairs():
        name, slices = pair.grid.name, pair.grid.slices()
        geometry = geometry_of_slices(slices)
        for number, dataset in enumerate(slices):
            yield f"{name}/series/{number + 1:04d}.dcm", _written(dataset)
        drawn = {
            "reference": [(case.name, case.reference) for case in pair.cases],
            "other": [(case.name, case.other) for case in pair.cases],
        }
        for which, shapes in drawn.items():
            kept = [(roi, shape) for roi, shape in shapes if shape is not None]
            yield f"{name}/{which}.dcm", _written(structure_set(kept, pair.grid, geometry, slices[0], which))
        answers.append(_answers(pair))
    yield "answers.json", (json.dumps({"Pairs": answers}, indent=1) + "\n").encode()


def structure_set(
    shapes: Sequence[tuple[str, Shape]], grid: Grid, geometry: SeriesGeometry, source: Dataset, which: str
) -> Dataset:
    """Return an RT structure set of named shapes."""
    dataset = copied_from(source)
    key = ("metric kit", grid.name, which)
    modules.identify(
        dataset,
        series_uid=made_uid(*key, "series"),
        instance_uid=made_uid(*key, "instance"),
        label=f"kit {which}",
        now=MADE,
    )
    modules.refer(dataset, geometry)
    dataset.StudyInstanceUID = geometry.study_uid
    dataset.Manufacturer = modules.PRODUCT
    dataset.StructureSetROISequence = [_roi(n, name, geometry) for n, (name, _) in enumerate(shapes, start=1)]
    dataset.ROIContourSequence = [_contours(n, shape, grid) for n, (_, shape) in enumerate(shapes, start=1)]
    dataset.RTROIObservationsSequence = [_observation(n) for n in range(1, len(shapes) + 1)]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RTStructureSetStorage
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.file_meta = meta
    return dataset


def _roi(number: int, name: str, geometry: SeriesGeometry) -> Dataset:
    item = Dataset()
    item.ROINumber, item.ROIName = number, name
    item.ReferencedFrameOfReferenceUID = geometry.frame_of_reference_uid
    item.ROIGenerationAlgorithm = "AUTOMATIC"
    return item


def _contours(number: int, shape: Shape, grid: Grid) -> Dataset:
    item = Dataset()
    item.ReferencedROINumber, item.ROIDisplayColor = number, [255, 0, 0]
    item.ContourSequence = []
    for points in shape.contours(grid):
        contour = Dataset()
        contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
        contour.ContourData = [f"{value:.{DECIMALS}f}" for value in (points @ grid.axes).ravel()]
        item.ContourSequence.append(contour)
    return item


def _observation(number: int) -> Dataset:
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    item.RTROIInterpretedType, item.ROIInterpreter = "ORGAN", None
    return item


def _answers(pair: Pair) -> dict[str, Any]:
    return {"Name": pair.grid.name, "Rois": [_answer(case, pair.grid) for case in pair.cases]}


def _answer(case: Case, grid: Grid) -> dict[str, Any]:
    numbers: dict[str, Any] = {
        key: {"Value": round(answer.value, 9), "Within": round(answer.within, 9)}
        for key, answer in case.answers.items()
    }
    if case.shift is not None:
        moved = np.array(case.shift) @ grid.axes
        numbers["CentroidShiftMm"] = {"Value": [round(float(value), 6) for value in moved], "Within": 0.1}
    return {"Name": case.name, "Verdict": case.verdict, "ToleranceMm": case.tolerance_mm, "Answers": numbers}


def _written(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()
