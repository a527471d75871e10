"""What an object of a series is that is no slice of a scan: told by its SOP class first, then by its header.

Scanners put more than slices into a study, and into a series: presentation states, reports and raw data with Modality
MR (Philips), saved screens and dose sheets with Modality CT. None of them has a place in a volume, so none is asked
for its geometry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.uid import UID, CTImageStorage, MRImageStorage

from model.errors import InputRefused
from model.gate.image_kind import ENHANCED, SECONDARY_CAPTURE, is_no_slice
from model.series.functional_groups import FRAME_GROUPS
from model.series.geometry import is_localizer
from model.series.header import SliceHeader
from model.series.refusals import NO_HELP
from plugin.facts.dictionary import tag_of
from plugin.facts.orthanc_item import OrthancItem
from routing.facts import number_of

# Reasons for which a series is left alone: it is right as it is, and no model could be meant.
NO_IMAGE = "NO_IMAGE"
NOT_A_SLICE = "NOT_A_SLICE"
SEVERAL_IMAGES = "SEVERAL_IMAGES"
NOTHING_PICKED = "NOTHING_PICKED"
TOO_MANY_VOLUMES = "TOO_MANY_VOLUMES"
SERIES_EMPTY = "SERIES_EMPTY"
# Of several images of a place nobody knows which is meant: slices that come, and another rule, can change it.
AMBIGUOUS = frozenset({SEVERAL_IMAGES, NOTHING_PICKED, TOO_MANY_VOLUMES})
EXCLUDING = frozenset({NO_IMAGE, NOT_A_SLICE, SERIES_EMPTY}) | AMBIGUOUS

_SLICE_CLASSES = frozenset({CTImageStorage, MRImageStorage, *ENHANCED})
_SECONDARY_CAPTURES = "1.2.840.10008.5.1.4.1.1.7"
_MARKS_OF_CAPTURES = tuple(f"{tag >> 16:04x},{tag & 0xFFFF:04x}" for tag in SECONDARY_CAPTURE)
# As Siemens and United Imaging write them.
_MOSAICS = ("MOSAIC", "VFRAME")
# Several makers' classes are listed in a message; more are counted.
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """What an object is that is no slice: the code of the refusal, and words with the attribute that tells."""

    code: str
    words: str


def kind_of(header: SliceHeader, item: OrthancItem, frame: int | None = None, fault: str | None = None) -> Kind | None:
    """Return what an object is; None for a slice or a localizer, and where no SOP class is known.

    ``frame`` is the number of a frame of an enhanced object, ``fault`` what is wrong with one that has none.
    """
    sop_class = UID(header.sop_class_uid)
    if sop_class and sop_class not in _SLICE_CLASSES:
        return _of_class(sop_class, item)
    if fault is not None:
        return Kind(FRAME_GROUPS, f"{ENHANCED[sop_class]} of which {fault}")
    if is_localizer(header):
        return None
    if any(value.strip().upper() in _MOSAICS for value in header.image_type):
        return Kind(SEVERAL_IMAGES, "mosaic, all slices of a volume side by side in one image (ImageType)")
    if is_no_slice(header.image_type):
        return Kind(NOT_A_SLICE, "localizer, screen, dose sheet, protocol or report (ImageType)")
    if any(item.text(tag).strip("\\ \0") for tag in _MARKS_OF_CAPTURES):
        return Kind(NOT_A_SLICE, "secondary capture (ConversionType and the attributes beside it)")
    if frame is None and (number_of(_text(item, "NumberOfFrames")) or 1) > 1:
        return Kind(NOT_A_SLICE, "image of several frames (NumberOfFrames)")
    if (number_of(_text(item, "SamplesPerPixel")) or 1) > 1:
        return Kind(NOT_A_SLICE, "colour image (SamplesPerPixel)")
    return None


def refusal_of(kinds: Iterable[Kind]) -> InputRefused:
    """Say why a series that holds none but these is not contoured."""
    counts = Counter(kinds)
    codes = {kind.code for kind in counts}
    listed = ", ".join(f"{count} × {kind.words}" for kind, count in counts.most_common(_NAMED))
    listed += ", and others" if len(counts) > _NAMED else ""
    if FRAME_GROUPS in codes:
        return InputRefused(
            FRAME_GROUPS,
            f"The series holds {listed}, so nothing says where its frames lie. {NO_HELP}; let the scanner or the "
            "archive send it with all its functional groups, or as classic CT or MR Image Storage.",
        )
    if SEVERAL_IMAGES in codes:
        return InputRefused(
            SEVERAL_IMAGES,
            f"The series holds {listed}, which makes no volume. {NO_HELP}; let the scanner send "
            "single slices, or exclude such series by a rule on ImageType.",
        )
    if NOT_A_SLICE in codes:
        return InputRefused(
            NOT_A_SLICE,
            f"The series holds no slice of a scan: {listed}. {NO_HELP}; to have no job for such "
            "series, exclude them by conditions of the rule that matched.",
        )
    return InputRefused(
        NO_IMAGE, f"The series holds no image: {listed}. There is nothing to contour; sending it again does not help."
    )


def _of_class(sop_class: UID, item: OrthancItem) -> Kind:
    if sop_class == _SECONDARY_CAPTURES or sop_class.startswith(f"{_SECONDARY_CAPTURES}."):
        return Kind(NOT_A_SLICE, "secondary capture (SOPClassUID)")
    has_pixels = bool(_text(item, "Rows"))
    if sop_class.name == sop_class:
        if has_pixels:
            return Kind(NOT_A_SLICE, "image of a private or unknown SOP class (SOPClassUID)")
        return Kind(NO_IMAGE, "object of a private or unknown SOP class (SOPClassUID)")
    name = sop_class.name.replace(" Storage", "").split(" (")[0]
    return Kind(NOT_A_SLICE if has_pixels or "Image" in name else NO_IMAGE, f"{name} (SOPClassUID)")


def _text(item: OrthancItem, keyword: str) -> str:
    return item.text(tag_of(keyword) or "").strip(" \0")
