"""What is odd in the slices of a volume and does not keep it from being contoured: said, so that a person looks."""

from __future__ import annotations

from model.series.uneven import uneven_steps
from plugin.facts.dictionary import tag_of
from plugin.facts.volumes import Volume


def oddities_of(volume: Volume) -> tuple[str, ...]:
    """Return a sentence for each oddity of the slices that are contoured."""
    said = [_without_image_type(volume), _positions_of_the_patient(volume)]
    said += [uneven_steps(volume.geometry) if volume.clean and volume.geometry is not None else None]
    return tuple(sentence for sentence in said if sentence is not None)


def _without_image_type(volume: Volume) -> str | None:
    """Say how many slices do not say what they are (PS3.3 C.7.6.1.1.2 wants it of every image)."""
    count = sum(not any(one.header.image_type) for one in volume.slices)
    if not count:
        return None
    return (
        f"ImageType is missing or empty in {count} slice(s): by their geometry they are slices of a scan. Look that "
        "none is a localizer or a derived image."
    )


def _positions_of_the_patient(volume: Volume) -> str | None:
    """Say that the slices tell several ways in which the patient lay (PS3.3 C.7.3.1.1.2)."""
    tag = tag_of("PatientPosition") or ""
    if len({one.item.text(tag).strip(" \0").upper() for one in volume.slices} - {""}) < 2:
        return None
    return (
        "PatientPosition differs between slices. Contours follow ImagePositionPatient and ImageOrientationPatient "
        "alone: look whether left and right are right."
    )
