"""What became of each ROI of our structure set in one that came back."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from model.compare.compare import compare_structure_sets
from model.compare.comparison import Comparison, RoiComparison, Verdict
from model.compare.options import CompareOptions
from tests.builders import series
from tests.builders.drawings import written

PLAN = series.GEOMETRIES["axial"]
GEOMETRY = series.geometry(PLAN)
Mask = NDArray[np.bool_]


def box(rows: slice = slice(10, 40), columns: slice = slice(10, 40), slices: slice = slice(1, 7)) -> Mask:
    mask = np.zeros(GEOMETRY.shape, dtype=np.bool_)
    mask[slices, rows, columns] = True
    return mask


def structure_set(**masks: Mask) -> Dataset:
    return dcmread(io.BytesIO(written(PLAN, masks.items()).content))


def compared(reference: Dataset, other: Dataset, options: CompareOptions | None = None) -> Comparison:
    return compare_structure_sets(reference, other, GEOMETRY, options or CompareOptions())


def rows(comparison: Comparison) -> dict[str, RoiComparison]:
    return {roi.name or f"other's {roi.other_name}": roi for roi in comparison.rois}


def test_the_same_structure_set_is_untouched() -> None:
    ours = structure_set(heart=box(), liver=box(rows=slice(42, 60)))
    found = compared(ours, ours)
    assert [roi.verdict for roi in found.rois] == [Verdict.UNTOUCHED] * 2
    assert [roi.metrics.dice for roi in found.rois] == [1.0, 1.0]
    assert found.series == GEOMETRY.series_uid
    assert found.reference == found.other == ours.SOPInstanceUID
    assert found.warnings == ()


def test_what_was_edited_deleted_and_added_is_told_apart() -> None:
    ours = structure_set(heart=box(), liver=box(rows=slice(42, 60)), spleen=box(rows=slice(2, 8)))
    theirs = structure_set(heart=box(columns=slice(10, 41)), liver=box(rows=slice(42, 60)), stomach=box())
    found = rows(compared(ours, theirs))
    assert {name: roi.verdict for name, roi in found.items()} == {
        "Heart": Verdict.EDITED,
        "Liver": Verdict.UNTOUCHED,
        "Spleen": Verdict.DELETED,
        "other's Stomach": Verdict.ADDED,
    }
    assert found["Heart"].metrics.slices_edited == 6
    assert found["Spleen"].metrics.volume is not None
    assert found["Spleen"].metrics.dice is None
    assert found["other's Stomach"].metrics.other_volume is not None
