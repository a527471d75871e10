"""ROI Contour Sequence as bytes in Implicit VR Little Endian, because a million numbers as objects take seconds.

Sources: DICOM PS3.3 C.8.8.6 (ROI Contour Module), PS3.5 7.5 and A.1 (sequences, implicit VR).
"""

from __future__ import annotations

from collections.abc import Sequence

from model.contours.outlines import Outlines
from model.contours.placement import ContourData
from model.dicom.encoding import ITEM, implicit_element, implicit_header
from model.dicom.tags import (
    CONTOUR_DATA,
    CONTOUR_GEOMETRIC_TYPE,
    CONTOUR_IMAGE_SEQUENCE,
    CONTOUR_SEQUENCE,
    NUMBER_OF_CONTOUR_POINTS,
    REFERENCED_ROI_NUMBER,
    ROI_DISPLAY_COLOR,
)
from model.rtstruct.image_items import encoded_item
from model.series.geometry import SeriesGeometry


def slice_openings(geometry: SeriesGeometry) -> tuple[bytes, ...]:
    """Return what every contour of a slice begins with: the reference to its image, and its geometric type."""
    openings = []
    for plane in geometry.planes:
        item = encoded_item(plane)
        reference = implicit_header(CONTOUR_IMAGE_SEQUENCE, len(item)) + item
        openings.append(reference + implicit_element(CONTOUR_GEOMETRIC_TYPE, b"CLOSED_PLANAR"))
    return tuple(openings)


def roi_item(
    number: int, colour: tuple[int, int, int], outlines: Outlines, data: ContourData, openings: Sequence[bytes]
) -> list[bytes | memoryview]:
    """One item of ROI Contour Sequence, in pieces to be joined."""
    text, ends = data
    view = memoryview(text)
    pieces: list[bytes | memoryview] = []
    start = contours = 0
    for index, length, end in zip(outlines.slices.tolist(), outlines.lengths.tolist(), ends.tolist(), strict=True):
        opening = openings[index]
        count = b"%d" % length
        count += b" " if len(count) % 2 else b""
        body = len(opening) + 8 + len(count) + 8 + end - start
        pieces += (
            implicit_header(ITEM, body),
            opening,
            implicit_header(NUMBER_OF_CONTOUR_POINTS, len(count)),
            count,
            implicit_header(CONTOUR_DATA, end - start),
            view[start:end],
        )
        contours += 8 + body
        start = end
    beginning = implicit_element(ROI_DISPLAY_COLOR, b"%d\\%d\\%d" % colour)
    ending = implicit_element(REFERENCED_ROI_NUMBER, b"%d" % number)
    length = len(beginning) + 8 + contours + len(ending)
    return [implicit_header(ITEM, length), beginning, implicit_header(CONTOUR_SEQUENCE, contours), *pieces, ending]
