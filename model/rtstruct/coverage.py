"""Does a structure set answer for all the slices that were sent, or only for those that had come when it was drawn?

A node that takes a pause in the transfer for its end draws what it has: four of twelve slices. Its file says so only by
what it refers to. A node that lists no other images than those with contours may have seen the rest: it is believed
where its structures are without holes, and end inside the volume (or reach both of its ends).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from model.rtstruct.image_items import Places, images_of
from model.rtstruct.items import contour_data, items, points_of
from model.rtstruct.reference import references_of
from model.series.geometry import SeriesGeometry


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A structure set that answers for ``slices`` of the ``sent`` slices."""

    slices: int
    sent: int


def shortfall(dataset: Dataset, geometry: SeriesGeometry) -> Shortfall | None:
    """Return what is missing of an answer for all slices of the series that was sent; None for a whole answer.

    Raises InputRefused when the structure set cannot be read.
    """
    places = Places(geometry)
    listed = places.among(references_of(dataset).images)
    drawn = [_slices(item, places, geometry) for item in items(dataset, "ROIContourSequence")]
    contoured = set().union(*drawn)
    covered = listed | contoured
    count = len(geometry.planes)
    if len(listed) == count or len(covered) == count:
        return None
    # Images without contours are listed by those who list what they have.
    lists_what_it_has = bool(listed - contoured)
    holes = any(max(one) - min(one) + 1 != len(one) for one in drawn if one)
    ends_at_one_end = (0 in covered) != (count - 1 in covered)
    if not contoured or lists_what_it_has or holes or ends_at_one_end:
        return Shortfall(len(covered), count)
    return None


def _slices(item: Dataset, places: Places, geometry: SeriesGeometry) -> set[int]:
    """Return the slices on which an ROI has contours, by their image references, or else their heights."""
    found: set[int] = set()
    for contour in items(item, "ContourSequence"):
        named = places.among(one for image in items(contour, "ContourImageSequence") for one in images_of(image))
        found |= named or set(_by_height(contour, geometry))
    return found


def _by_height(contour: Dataset, geometry: SeriesGeometry) -> Iterator[int]:
    first = b"\\".join(contour_data(contour).split(b"\\", 3)[:3])
    point = points_of([first]) if first else None
    if point is not None:
        height = point[0] @ geometry.normal
        (nearest,) = geometry.nearest(np.asarray(height))
        if abs(float(height[0]) - float(geometry.offsets[nearest])) <= geometry.thicknesses[nearest]:
            yield int(nearest)
