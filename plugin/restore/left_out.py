"""ROIs of a returned structure set that are not stored because their names name the patient; the others are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from model.rtstruct.items import text, whole
from plugin.restore.identity import Identity

REASON = "the name of the ROI holds a name, a number or a date of a person"
WAY_OUT = "Rename the structure at the target, then retry."


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


def said_of(details: Mapping[str, Any], numbers: Collection[int | None]) -> dict[str, Any]:
    """Return the details of a job without these ROIs; each is said by its number, and never by its name."""
    if not numbers:
        return dict(details)
    listed = ", ".join("none" if number is None else str(number) for number in numbers)
    warning = f"{len(numbers)} ROI(s) that came back were not stored (number {listed}): {REASON}. {WAY_OUT}"
    return dict(details) | {
        "rois": [roi for roi in details["rois"] if roi["Number"] not in numbers],
        "not_drawn": [
            *details["not_drawn"],
            *({"Label": f"ROI {number}", "Reason": f"not stored: {REASON}"} for number in numbers),
        ],
        "warnings": [*details.get("warnings", ()), warning],
    }


def without_personal_texts(details: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
    """Return the details of a job as another party told them, without texts that name the patient."""
    rois = [roi | {"FullName": roi["Name"] if identity.named_in(roi["FullName"]) else roi["FullName"]}
            for roi in details["rois"]]  # fmt: skip
    undrawn = [one for one in details["not_drawn"] if not identity.named_in(f"{one['Label']} {one['Reason']}")]
    return dict(details) | {"rois": rois, "not_drawn": undrawn}


def _kept(items: Sequence[Dataset], keyword: str, gone: set[int | None]) -> Items:
    return Items([item for item in items if whole(text(item, keyword)) not in gone])
