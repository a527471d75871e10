"""What makes a run another one than the baseline: images, model, structures, voxels, distances."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.contours.structure import BoxedMask
from plugin.quality.constancy.judge import failure_of
from plugin.quality.constancy.masks import DrawnMasks, RoiDifference
from plugin.quality.constancy.run import Drawing, Outcome, Run
from plugin.settings.constancy import ConstancyTest, read_constancy

LOCAL = ConstancyTest(Model="hu-ct", Series="/reference")
REMOTE = ConstancyTest(Target="box", Model="theirs", Series="/reference")
BASELINE = Run(1, "t", "r", "c", 0.0, Outcome.BASELINE, source="s", model_digest="d", model_version="1", digest="x")
SAME = RoiDifference("Heart", same=True, dice=1.0, hausdorff_mm=0.0)
DRAWING = Drawing(DrawnMasks(b"", "x", 1, True, (SAME,)), "s", "d", "1")


def code(test: ConstancyTest, drawing: Drawing) -> str | None:
    found = failure_of(test, BASELINE, drawing)
    return None if found is None else found.code


def with_rois(*differences: RoiDifference) -> Drawing:
    return replace(DRAWING, masks=replace(DRAWING.masks, differences=differences))


def test_the_same_is_no_failure() -> None:
    assert code(LOCAL, DRAWING) is None


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        (replace(DRAWING, source="other"), "CONSTANCY_SERIES"),
        (replace(DRAWING, masks=replace(DRAWING.masks, same_grid=False)), "CONSTANCY_SERIES"),
        (replace(DRAWING, model_digest="e"), "CONSTANCY_MODEL"),
        (replace(DRAWING, model_version="2"), "CONSTANCY_MODEL"),
        (with_rois(SAME, RoiDifference("Lung_L", same=False)), "CONSTANCY_STRUCTURES"),
        (with_rois(RoiDifference("Heart", same=False, dice=0.9999, hausdorff_mm=0.1)), "CONSTANCY_VOXELS"),
    ],
)
def test_each_difference_has_its_code(drawing: Drawing, expected: str) -> None:
    assert code(LOCAL, drawing) == expected


def test_a_target_elsewhere_is_forgiven_half_a_millimetre_and_what_could_not_be_measured_is_not() -> None:
    assert code(REMOTE, with_rois(RoiDifference("Heart", same=False, dice=0.99, hausdorff_mm=0.4))) is None
    far = with_rois(RoiDifference("Heart", same=False, dice=0.99, hausdorff_mm=0.98))
    assert code(REMOTE, far) == "CONSTANCY_TOLERANCE"
    assert code(REMOTE, with_rois(RoiDifference("Heart", same=False, dice=0.99))) == "CONSTANCY_TOLERANCE"
    strict = REMOTE.model_copy(update={"Dice": 0.995})
    assert (
        code(strict, with_rois(RoiDifference("Heart", same=False, dice=0.99, hausdorff_mm=0.4)))
        == "CONSTANCY_TOLERANCE"
    )


def test_masks_are_written_and_read_again_voxel_by_voxel() -> None:
    from plugin.quality.constancy.masks import _read

    voxels = np.random.default_rng(3).random((3, 5, 7)) > 0.5
    written = {"Shape": [3, 5, 7], "Origin": [1, 2, 3], "Voxels": np.packbits(voxels).tobytes().hex()}
    assert np.array_equal(_read(written).array, BoxedMask((1, 2, 3), voxels).array)


def test_the_section_is_read_with_every_problem(tmp_path: Path) -> None:
    tests, problems = read_constancy([{"Model": "hu-ct", "Series": "reference"}], ("local",), tmp_path)
    assert problems == []
    assert (tests[0].Series, tests[0].kind, tests[0].tolerance_mm) == (str(tmp_path / "reference"), "folder", 0.0)
    _, problems = read_constancy(
        [{"Model": "hu-ct", "Target": "boxx"}, {"Model": "hu-ct", "Everyday": 3}], ("local", "box")
    )
    assert [problem.path for problem in problems] == ["AutoContour.Constancy[1].Everyday"]
    _, problems = read_constancy([{"Model": "hu-ct", "Target": "boxx"}] * 2, ("local", "box"))
    assert [(one.path, one.nearest) for one in problems] == [
        ("AutoContour.Constancy[0].Target", "box"),
        ("AutoContour.Constancy[1].Target", "box"),
        ("AutoContour.Constancy[1]", None),
    ]
    assert read_constancy({}, ("local",))[1][0].path == "AutoContour.Constancy"
    assert read_constancy(None, ("local",)) == ((), [])
