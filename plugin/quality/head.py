"""What a structure set says of itself: what it was drawn on, what it was made from, and who approved it.

Read in a worker process, because the file is anybody's. Sources: DICOM PS3.3 C.8.8.5 (Structure Set), C.8.8.16
(Approval).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from model.errors import InputRefused
from model.rtstruct.contours_digest import contours_digest
from model.rtstruct.file import read_structure_set
from model.rtstruct.image_items import named_image
from model.rtstruct.items import items, text
from model.rtstruct.reference import references_of
from model.series.frame_reference import parse_image_reference

# So many images that it names are looked for; one of a series is enough.
MOST_IMAGES = 5
MOST_SERIES = 10
# What is asked of Orthanc's index must be a UID: anything else might be a pattern (PS3.5 9.1).
_UID = re.compile(r"[0-9.]{1,64}")
_ZONE = re.compile(r"([+-])(\d{2})(\d{2})")


@dataclass(frozen=True)
class StructureSetHead:
    """A structure set without its contours; UIDs are as it has them.

    ``reviewed`` is ReviewDate and ReviewTime in seconds since the epoch, None where it is not approved or does not say;
    ``contours`` is a digest of what is drawn.
    """

    instance_uid: str
    series: tuple[str, ...]
    frames: tuple[str, ...]
    images: tuple[str, ...]
    predecessors: tuple[str, ...]
    approved: bool
    reviewed: float | None
    contours: str


def head_of(file: bytes) -> StructureSetHead:
    """Read the head of a file; raises InputRefused when it is no structure set or was cut short."""
    dataset = read_structure_set(file)
    if text(dataset, "SOPClassUID") != RTStructureSetStorage:
        raise InputRefused("NOT_RTSTRUCT", "The file is not an RT structure set.")
    references = references_of(dataset)
    approved = text(dataset, "ApprovalStatus").upper() == "APPROVED"
    return StructureSetHead(
        instance_uid=text(dataset, "SOPInstanceUID"),
        series=_uids(sorted(references.series))[:MOST_SERIES],
        frames=_uids(sorted(references.frames)),
        images=_uids(_images(dataset, references.images))[:MOST_IMAGES],
        predecessors=_uids(
            text(item, "ReferencedSOPInstanceUID") for item in items(dataset, "PredecessorStructureSetSequence")
        ),
        approved=approved,
        reviewed=_reviewed(dataset) if approved else None,
        contours=contours_digest(dataset),
    )


def _images(dataset: Dataset, listed: frozenset[str]) -> Iterator[str]:
    """Yield the objects that contours name, then those that only the list of images names."""
    for roi in items(dataset, "ROIContourSequence"):
        for contour in items(roi, "ContourSequence"):
            if image := named_image(contour):
                yield _object_of(image)
                break
    for image in sorted(listed):
        yield _object_of(image)


def _object_of(image: str) -> str:
    try:
        return parse_image_reference(image).sop_instance_uid
    except ValueError:
        return ""


def _uids(found: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uid for uid in found if _UID.fullmatch(uid)))


def _reviewed(dataset: Dataset) -> float | None:
    """Return the time of review; in the time zone of this machine where it names none."""
    written = text(dataset, "ReviewDate") + text(dataset, "ReviewTime").split(".")[0].ljust(6, "0")[:6]
    try:
        moment = datetime.strptime(written, "%Y%m%d%H%M%S")
        zone = _ZONE.fullmatch(text(dataset, "TimezoneOffsetFromUTC"))
        if zone is None:
            return moment.timestamp()
        offset = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
        return moment.replace(tzinfo=timezone(offset if zone[1] == "+" else -offset)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
