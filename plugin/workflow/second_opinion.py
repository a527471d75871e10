"""What two models of one job do not agree on; the second one's contours are compared and kept nowhere."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pydicom

from model.compare.compare import compare_structure_sets
from model.compare.comparison import RoiComparison
from model.compare.options import CompareOptions
from model.dicom.uids import uuid_uid
from model.errors import AutocontourError
from model.packages.package import NO_WISHES, Wishes
from model.pipeline.draw import IMAGES, STRUCTURE_SET, draw_series
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from model.storage.files import link_file

SECOND = "second"


def second_opinion(
    folder: Path, model: str, library: Path, dice: float, hausdorff95_mm: float, wishes: Wishes = NO_WISHES
) -> tuple[str, ...]:
    """Draw with a second model and say on which structures both disagree; runs in a worker, and leaves nothing.

    The name of a structure is the first model's; what only one of both draws is no disagreement, as models differ in
    what they know.
    """
    place = folder / SECOND
    shutil.rmtree(place, ignore_errors=True)
    try:
        (place / IMAGES).mkdir(parents=True)
        for file in (folder / IMAGES).iterdir():
            link_file(file, place / IMAGES / file.name)
        uids = (uuid_uid(1 << 64 | number) for number in (1, 2))
        now = datetime.now(UTC).astimezone()
        draw_series(place, model, next(uids), next(uids), now, library, wishes=wishes)
        headers = (pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((folder / IMAGES).glob("*.dcm")))
        geometry = geometry_of(SliceHeader.from_dataset(header) for header in headers)
        first, other = (pydicom.dcmread(one / STRUCTURE_SET) for one in (folder, place))
        found = compare_structure_sets(first, other, geometry, CompareOptions())
        return tuple(said for roi in found.rois if (said := _disagreement(roi, dice, hausdorff95_mm)) is not None)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _disagreement(roi: RoiComparison, dice: float, hausdorff95_mm: float) -> str | None:
    numbers = roi.metrics
    if roi.name is None or numbers.dice is None:
        return None
    far = numbers.hausdorff95 is None or numbers.hausdorff95 > hausdorff95_mm
    if numbers.dice >= dice and not far:
        return None
    distance = "" if numbers.hausdorff95 is None else f", HD95 {numbers.hausdorff95:.1f} mm"
    return f"{roi.name} (Dice {numbers.dice:.2f}{distance})"


def opinion_in_words(model: str, said: tuple[str, ...]) -> str | None:
    """Return the warning of a job; None where both models agree."""
    return f"A second model, {model}, draws otherwise: {', '.join(said)}." if said else None


def no_opinion(model: str, error: AutocontourError) -> str:
    """Return the warning of a job whose second model could not draw: the first one's result stands."""
    return f"The second model, {model}, could not be asked ({error.code}); nothing is known of whether it agrees."
