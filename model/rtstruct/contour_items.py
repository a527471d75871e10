"""ROI Contour Sequence as bytes in Implicit VR Little Endian, because a million numbers as objects take seconds.

Sources: DICOM PS3.3 C.8.8.6 (ROI Contour Module), PS3.5 7.5 and A.1 (sequences, implicit VR).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from model.contours.outlines import Outlines
from model.contours.placement import ContourData
from model.series.geometry import SeriesGeometry

ITEM = (0xFFFE, 0xE000)
REFERENCED_SOP_CLASS_UID = (0x0008, 0x1150)
REFERENCED_SOP_INSTANCE_UID = (0x0008, 0x1155)
CONTOUR_IMAGE_SEQUENCE = (0x3006, 0x0016)
ROI_DISPLAY_COLOR = (0x3006, 0x002A)
ROI_CONTOUR_SEQUENCE = (0x3006, 0x0039)
CONTOUR_SEQUENCE = (0x3006, 0x0040)
CONTOUR_GEOMETRIC_TYPE = (0x3006, 0x0042)
NUMBER_OF_CONTOUR_POINTS = (0x3006, 0x0046)
CONTOUR_DATA = (0x3006, 0x0050)
REFERENCED_ROI_NUMBER = (0x3006, 0x0084)


def head(tag: tuple[int, int], length: int) -> bytes:
    """Tag and length of an element or item."""
    return struct.pack("<HHI", *tag, length)


def element(tag: tuple[int, int], text: str, padding: bytes = b" ") -> bytes:
    """An element of ASCII text, padded to an even length."""
    value = text.encode("ascii")
    value += padding if len(value) % 2 else b""
    return head(tag, len(value)) + value


def slice_openings(geometry: SeriesGeometry) -> tuple[bytes, ...]:
    """What every contour of a slice begins with: the reference to its image, and its geometric type."""
    openings = []
    for plane in geometry.planes:
        image = element(REFERENCED_SOP_CLASS_UID, plane.sop_class_uid, b"\0")
        image += element(REFERENCED_SOP_INSTANCE_UID, plane.sop_instance_uid, b"\0")
        item = head(ITEM, len(image)) + image
        reference = head(CONTOUR_IMAGE_SEQUENCE, len(item)) + item
        openings.append(reference + element(CONTOUR_GEOMETRIC_TYPE, "CLOSED_PLANAR"))
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
            head(ITEM, body),
            opening,
            head(NUMBER_OF_CONTOUR_POINTS, len(count)),
            count,
            head(CONTOUR_DATA, end - start),
            view[start:end],
        )
        contours += 8 + body
        start = end
    beginning = element(ROI_DISPLAY_COLOR, "\\".join(str(part) for part in colour))
    ending = element(REFERENCED_ROI_NUMBER, str(number))
    length = len(beginning) + 8 + contours + len(ending)
    return [head(ITEM, length), beginning, head(CONTOUR_SEQUENCE, contours), *pieces, ending]
