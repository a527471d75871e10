"""Whether a run drew what the baseline holds; each way of not doing so has a code."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.quality.constancy.masks import RoiDifference
from plugin.quality.constancy.run import Drawing, Run
from plugin.settings.constancy import ConstancyTest

SERIES, MODEL, STRUCTURES = "CONSTANCY_SERIES", "CONSTANCY_MODEL", "CONSTANCY_STRUCTURES"
VOXELS, TOLERANCE = "CONSTANCY_VOXELS", "CONSTANCY_TOLERANCE"


@dataclass(frozen=True)
class Failure:
    """Why a run is no repetition of the baseline: a code, and a sentence without names."""

    code: str
    message: str


def failure_of(test: ConstancyTest, baseline: Run, drawing: Drawing) -> Failure | None:
    """Compare a drawing with the baseline; None where it is the same, or within what the test forgives.

    What says most comes first: other images, another model, other structures, then the voxels.
    """
    masks = drawing.masks
    if drawing.source != baseline.source or not masks.same_grid:
        return Failure(SERIES, "The images of the reference series are not those that the baseline was drawn on.")
    worst = [one for one in masks.differences if not _passes(test, one)]
    same = "the same voxels" if not any(not one.same for one in masks.differences) else "other voxels"
    if drawing.model_digest != (baseline.model_digest or "") or drawing.model_version != (baseline.model_version or ""):
        return Failure(MODEL, f"The model is not the one of the baseline (version or digest differ); it drew {same}.")
    if lone := [one for one in masks.differences if one.dice is None]:
        return Failure(STRUCTURES, f"{len(lone)} structure(s) are there only now, or only in the baseline.")
    if not worst:
        return None
    count = f"{len(worst)} of {len(masks.differences)} structures"
    if test.tolerance_mm == 0 and test.Dice is None:
        return Failure(VOXELS, f"{count} do not have the voxels of the baseline.")
    distances = [one.hausdorff_mm for one in worst if one.hausdorff_mm is not None]
    most = f", at most {max(distances):.2f} mm" if distances else ""
    return Failure(TOLERANCE, f"{count} differ from the baseline by more than the test forgives{most}.")


def _passes(test: ConstancyTest, one: RoiDifference) -> bool:
    if one.same:
        return True
    if one.dice is None or one.hausdorff_mm is None or test.tolerance_mm == 0:
        return False
    return one.hausdorff_mm <= test.tolerance_mm and (test.Dice is None or one.dice >= test.Dice)
