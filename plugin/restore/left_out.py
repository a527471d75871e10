"""ROIs of a returned structure set that are not stored because their names name the patient; the others are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from model.rtstruct.items import text, whole


def without(dataset: Dataset, numbers: Collection[int | None]) -> Dataset:
    """Take the ROIs of these numbers out, with their contours, observations and relations; changes ``dataset``.

    None stands for those without a usable number.
    """
    gone = set(numbers)
    for keyword, number in (
        ("StructureSetROISequence", "ROINumber"),
        ("ROIContourSequence", "ReferencedROINumber"),
        ("RTROIObservationsSequence", "ReferencedROINumber"),
    ):
        if keyword in dataset:
            setattr(dataset, keyword, _kept(dataset[keyword].value, number, gone))
    for observation in dataset.get("RTROIObservationsSequence", ()):
        if "RTRelatedROISequence" in observation:
            related = _kept(observation.RTRelatedROISequence, "ReferencedROINumber", gone)
            if related:
                observation.RTRelatedROISequence = related
            else:
                del observation.RTRelatedROISequence
    return dataset


def _kept(items: Sequence[Dataset], keyword: str, gone: set[int | None]) -> Items:
    return Items([item for item in items if whole(text(item, keyword)) not in gone])
