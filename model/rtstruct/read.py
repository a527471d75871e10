"""RT structure sets of any origin to masks on the grid of a series.

One reader for all who take foreign contours: what is wrong with one ROI costs that ROI, is named, and puts no contour
under another name. Source: DICOM PS3.3 C.8.8.5 (Structure Set), C.8.8.6 (ROI Contour).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from pydicom.dataset import Dataset

from model.contours.structure import BoxedMask
from model.errors import InputRefused
from model.rtstruct.image_items import Places, named_image
from model.rtstruct.items import colour, contour_data, items, points_of, text, whole
from model.rtstruct.planes import Placed, PlacedContours, place
from model.rtstruct.reference import References, elsewhere, require_reference
from model.series.geometry import SeriesGeometry

# The types of PS3.3 C.8.8.6.1, and one that is often misspelt.
BY_XOR = ("CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR")
CLOSED = ("CLOSED_PLANAR", *BY_XOR)
NOT_CLOSED = ("POINT", "OPEN_PLANAR", "OPEN_NONPLANAR")
RED = (255, 0, 0)


@dataclass(frozen=True)
class RoiMask:
    """One ROI on the grid of the series.

    ``colour`` is RGB; ``off_grid`` counts closed contours that lie on no slice of the series, ``between`` those on a
    slice that has nearer ones, ``twice`` repeated ones, ``not_closed`` points and open contours: none is in the mask.
    ``elsewhere`` counts contours that name an image of another series, or of a slice on which they do not lie. On
    ``cut`` slices contours reach beyond the rows or columns of the images, by up to ``cut_mm``: what lies there is not
    in the mask. On ``overlapping`` slices contours partly overlap, and what they share is not in the mask either.
    ``contours`` are what the mask was filled from, where the reader was asked to keep them.
    """

    number: int
    name: str
    colour: tuple[int, int, int]
    mask: BoxedMask
    off_grid: int = 0
    not_closed: int = 0
    between: int = 0
    twice: int = 0
    elsewhere: int = 0
    cut: int = 0
    cut_mm: float = 0.0
    overlapping: int = 0
    contours: PlacedContours | None = None

    @property
    def bare(self) -> tuple[int, int]:
        """How many of the slices from the first to the last with a voxel have none, and of how many."""
        filled = np.asarray(self.mask.array.any(axis=(1, 2)), dtype=np.bool_)
        return int(np.count_nonzero(~filled)), len(filled)


@dataclass(frozen=True)
class UnreadRoi:
    """An ROI that is not drawn: ``code`` and ``reason`` say why; ``number`` is None where it has no usable one."""

    number: int | None
    name: str
    code: str
    reason: str

    @property
    def label(self) -> str:
        """What to call it where its name must not stand: its number."""
        return f"ROI {self.number}" if self.number is not None else "an ROI without a number"


@dataclass(frozen=True)
class Masks:
    """ROIs in the order of the structure set, those that could not be read, and contours that belong to none.

    ``missing_images`` counts images that the structure set names and the series does not have.
    """

    rois: tuple[RoiMask, ...]
    unread: tuple[UnreadRoi, ...] = ()
    nobodys: int = 0
    missing_images: int = 0

    def __iter__(self) -> Iterator[RoiMask]:
        return iter(self.rois)

    def __len__(self) -> int:
        return len(self.rois)


def read_masks(dataset: Dataset, geometry: SeriesGeometry, *, keep_contours: bool = False) -> Masks:
    """Fill every ROI of a structure set, each plane of contours on the slice that it lies on.

    Contours of one plane are combined by exclusive or, which is right for keyholes, for nested contours and for
    CLOSEDPLANAR_XOR. Others that partly overlap are counted. An ROI without contours has an empty mask.

    Args:
        dataset: The structure set, as ``read_structure_set`` gives it.
        geometry: The series that it refers to.
        keep_contours: Whether each ROI keeps the points of its contours, which may take more memory than its mask.

    Returns:
        A mask (slice, row, column) on the grid of the series for each ROI, boxed, and what could not be read.

    Raises:
        InputRefused: The dataset is not an RT structure set or refers to another series, or none of its ROIs can be
            read or lies on the series.

    Example:
        >>> geometry = open_folder(Path("ct")).geometry
        >>> masks = read_masks(read_structure_set(Path("rtstruct.dcm").read_bytes()), geometry)
        >>> {roi.name: int(roi.mask.full(geometry.shape).sum()) for roi in masks}
    """
    found = read_rois(dataset, geometry, require_reference(dataset, geometry), keep_contours=keep_contours)
    _require_something(found)
    return found


def read_rois(
    dataset: Dataset, geometry: SeriesGeometry, references: References, *, keep_contours: bool = False
) -> Masks:
    """Fill every ROI as ``read_masks`` does, for whoever asked himself whether the structure set has a place here.

    ``references`` are those of the structure set. Nothing is refused: what cannot be read stands in ``unread``.
    """
    drawn: dict[int | None, list[Dataset]] = {}
    for item in items(dataset, "ROIContourSequence"):
        drawn.setdefault(whole(text(item, "ReferencedROINumber")), []).append(item)
    listed = [(whole(text(roi, "ROINumber")), roi) for roi in items(dataset, "StructureSetROISequence")]
    bearers = Counter(number for number, _ in listed)
    nobodys = sum(len(found) for number, found in drawn.items() if number is None or number not in bearers)
    rois: list[RoiMask] = []
    unread: list[UnreadRoi] = []
    for number, roi in listed:
        name = _name(roi, number)
        if number is None:
            unread.append(
                UnreadRoi(None, name, "ROI_NUMBER", "its number is missing or none, so no contour is its own")
            )
            continue
        if nobodys and number not in drawn and bearers[number] == 1:
            reason = "it has no contours, and contours that belong to no ROI may be its"
            unread.append(UnreadRoi(number, name, "ROI_NUMBER", reason))
            continue
        found = _read(number, name, roi, drawn.get(number, []), bearers[number], references, geometry)
        if isinstance(found, RoiMask):
            rois.append(found if keep_contours else replace(found, contours=None))
        else:
            unread.append(found)
    return Masks(tuple(rois), tuple(unread), nobodys, Places(geometry).missing(references.images))


def _read(
    number: int,
    name: str,
    roi: Dataset,
    drawn: list[Dataset],
    bearers: int,
    references: References,
    geometry: SeriesGeometry,
) -> RoiMask | UnreadRoi:
    def unread(code: str, reason: str) -> UnreadRoi:
        return UnreadRoi(number, name, code, reason)

    if bearers > 1:
        return unread("ROI_NUMBER", f"{bearers} ROIs have this number, so nobody knows whose the contours are")
    if len(drawn) > 1:
        return unread(
            "ROI_CONTOURS_TWICE", f"{len(drawn)} sets of contours refer to it, and one of them may not be its"
        )
    item = drawn[0] if drawn else None
    frame = text(roi, "ReferencedFrameOfReferenceUID")
    ours = frame == geometry.frame_of_reference_uid or (not frame and len(references.frames) == 1)
    try:
        contours = list(items(item, "ContourSequence"))
    except InputRefused:
        return unread("CONTOURS_UNREADABLE", "its contours cannot be read")
    if contours and not ours:
        return unread("ROI_FRAME", "it is drawn in another frame of reference, which has no place on this series")
    texts, named, not_closed, by_xor = [], [], 0, False
    for contour in contours:
        data = contour_data(contour)
        kind = text(contour, "ContourGeometricType").upper()
        if kind in NOT_CLOSED:
            not_closed += 1
        elif kind not in CLOSED:
            reason = "a contour of it does not say in ContourGeometricType whether it is closed"
            return unread("CONTOURS_UNREADABLE", reason)
        elif not data or _cut(contour, data):
            return unread("CONTOURS_UNREADABLE", "a contour of it has no points, or fewer than it says")
        else:
            by_xor = by_xor or kind in BY_XOR
            texts.append(data)
            named.append(named_image(contour))
    numbers = points_of(texts) if texts else (np.zeros((0, 3)), np.zeros(0, dtype=np.int32))
    if numbers is None:
        return unread("CONTOURS_UNREADABLE", "a contour of it is not made of triples of numbers in mm")
    placed = place(*numbers, geometry, by_xor=by_xor)
    if placed is None:
        return unread("CONTOURS_TILTED", "a contour of it is not parallel to the slices")
    return _mask(number, name, item, placed, not_closed, elsewhere(named, *numbers, geometry))


def _mask(number: int, name: str, item: Dataset | None, placed: Placed, not_closed: int, elsewhere: int) -> RoiMask:
    return RoiMask(
        number,
        name,
        colour(item) or RED,
        placed.mask,
        placed.off_grid,
        not_closed,
        placed.between,
        placed.twice,
        elsewhere,
        placed.cut,
        placed.cut_mm,
        placed.overlapping,
        placed.contours,
    )


def _name(roi: Dataset, number: int | None) -> str:
    try:
        name = str(roi.get("ROIName") or "").strip()
    except Exception:  # noqa: BLE001 - a name in an unknown encoding costs the name, not the ROI
        name = ""
    return name or (f"ROI {number}" if number is not None else "ROI")


def _cut(contour: Dataset, data: bytes) -> bool:
    """Whether there are fewer points than NumberOfContourPoints says; some write the count of their coordinates."""
    said = whole(text(contour, "NumberOfContourPoints"))
    values = data.count(b"\\") + 1
    return said is not None and said != values and 3 * said > values


def _require_something(found: Masks) -> None:
    if not found.rois and not found.unread and found.nobodys:
        raise InputRefused(
            "ROI_NUMBER", "The structure set has contours, but no ROI that they belong to; export it again."
        )
    if not found.rois and found.unread:
        first = found.unread[0]
        raise InputRefused(first.code, f"No ROI of the structure set can be read; {first.label}: {first.reason}.")
    if all(roi.mask.empty for roi in found.rois) and any(roi.off_grid for roi in found.rois):
        raise InputRefused("CONTOURS_OUTSIDE", "No contour of the structure set lies on a slice of the series.")
