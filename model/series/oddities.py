"""What is odd in the slices of a volume and does not keep it from being contoured: said, so that a person looks."""

from __future__ import annotations

from collections.abc import Iterable

from model.series.header import SliceHeader


def oddities_in(headers: Iterable[SliceHeader]) -> tuple[str, ...]:
    """Return a sentence for each oddity of the slices that are contoured; no value of a header is repeated."""
    slices = list(headers)
    said = (_without_image_type(slices), _positions_of_the_patient(slices))
    return tuple(sentence for sentence in said if sentence is not None)


def _without_image_type(slices: list[SliceHeader]) -> str | None:
    """Say how many slices do not say what they are (PS3.3 C.7.6.1.1.2 wants it of every image)."""
    count = sum(not any(one.image_type) for one in slices)
    if not count:
        return None
    return (
        f"ImageType is missing or empty in {count} slice(s): by their geometry they are slices of a scan. Look that "
        "none is a localizer or a derived image."
    )


def _positions_of_the_patient(slices: list[SliceHeader]) -> str | None:
    """Say that the slices tell several ways in which the patient lay (PS3.3 C.7.3.1.1.2)."""
    if len({one.patient_position for one in slices} - {""}) < 2:
        return None
    return (
        "PatientPosition differs between slices. Contours follow ImagePositionPatient and ImageOrientationPatient "
        "alone: look whether left and right are right."
    )
