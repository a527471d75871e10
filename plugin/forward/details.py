"""The details of a job whose structure set came back: no ROIs that are not stored, no texts that name a person."""

from __future__ import annotations

from collections.abc import Collection

from plugin.jobs.details import JobDetails, NotDrawn
from plugin.restore.identity import Identity

REASON = "the name of the ROI holds a name, a number or a date of a person"
WAY_OUT = "Rename the structure at the target, then retry."


def without_rois(details: JobDetails, numbers: Collection[int | None]) -> JobDetails:
    """Return the details of a job without these ROIs; each is said by its number, and never by its name."""
    if not numbers:
        return details
    listed = ", ".join("none" if number is None else str(number) for number in numbers)
    warning = f"{len(numbers)} ROI(s) that came back were not stored (number {listed}): {REASON}. {WAY_OUT}"
    not_stored = (NotDrawn(label=f"ROI {number}", reason=f"not stored: {REASON}") for number in numbers)
    return details.model_copy(
        update={
            "rois": tuple(roi for roi in details.rois if roi.number not in numbers),
            "not_drawn": (*details.not_drawn, *not_stored),
            "warnings": (*details.warnings, warning),
        }
    )


def without_personal_texts(details: JobDetails, identity: Identity) -> JobDetails:
    """Return the details of a job as another party gave them, without texts that name the patient."""
    rois = (
        roi.model_copy(update={"full_name": roi.name}) if identity.named_in(roi.full_name) else roi
        for roi in details.rois
    )
    not_drawn = (one for one in details.not_drawn if not identity.named_in(f"{one.label} {one.reason}"))
    return details.model_copy(update={"rois": tuple(rois), "not_drawn": tuple(not_drawn)})
