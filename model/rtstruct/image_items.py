"""Items that name images: an object by class and instance, frames of an enhanced one by their numbers as well.

Source: DICOM PS3.3 table 10-3 (Image SOP Instance Reference Macro). Images are named as model.series.frame_reference
does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from model.dicom.encoding import ITEM, implicit_element, implicit_header
from model.dicom.tags import (
    CONTOUR_IMAGE_SEQUENCE,
    REFERENCED_FRAME_NUMBER,
    REFERENCED_SOP_CLASS_UID,
    REFERENCED_SOP_INSTANCE_UID,
)
from model.errors import InputRefused
from model.rtstruct.items import items, text, whole
from model.series.frame_reference import image_reference, parse_image_reference
from model.series.geometry import SeriesGeometry, SlicePlane

CONTOUR_IMAGES = Tag(CONTOUR_IMAGE_SEQUENCE)
# In little endian: the tag, its VR and two bytes of length or, implicit, four, then the value.
IMAGE_UID = re.compile(rb"\x08\x00\x55\x11(?:UI..|..\x00\x00)([0-9.]*)", re.DOTALL)
FRAME_NUMBERS = re.compile(rb"\x08\x00\x60\x11(?:IS..|..\x00\x00)([0-9+ \\]*)", re.DOTALL)


def items_of_planes(planes: Sequence[SlicePlane]) -> list[Dataset]:
    """Return an item for each object that holds the planes, in their order, with its frames where it has several."""
    made: dict[str, Dataset] = {}
    frames: dict[str, set[int]] = {}
    for plane in planes:
        named = parse_image_reference(plane.sop_instance_uid)
        if named.sop_instance_uid not in made:
            item = made[named.sop_instance_uid] = Dataset()
            item.ReferencedSOPClassUID = plane.sop_class_uid
            item.ReferencedSOPInstanceUID = named.sop_instance_uid
        if named.frame is not None:
            frames.setdefault(named.sop_instance_uid, set()).add(named.frame)
    for uid, numbers in frames.items():
        made[uid].ReferencedFrameNumber = sorted(numbers)
    return list(made.values())


def encoded_item(plane: SlicePlane) -> bytes:
    """Return the item that names the image of one plane, in Implicit VR Little Endian."""
    named = parse_image_reference(plane.sop_instance_uid)
    image = implicit_element(REFERENCED_SOP_CLASS_UID, plane.sop_class_uid.encode("ascii"), b"\0")
    image += implicit_element(REFERENCED_SOP_INSTANCE_UID, named.sop_instance_uid.encode("ascii"), b"\0")
    if named.frame is not None:
        image += implicit_element(REFERENCED_FRAME_NUMBER, b"%d" % named.frame)
    return implicit_header(ITEM, len(image)) + image


def images_of(image: Dataset) -> Iterator[str]:
    """Yield each image that an item names: an object, or frames of it."""
    uid = text(image, "ReferencedSOPInstanceUID")
    if uid:
        yield from _references(uid, text(image, "ReferencedFrameNumber"))


def named_image(contour: Dataset) -> str:
    """Return the image that a contour says it was drawn on; "" where it says none, or several."""
    if CONTOUR_IMAGES not in contour:
        return ""
    element: Any = contour.get_item(CONTOUR_IMAGES)
    if isinstance(element, RawDataElement) and element.is_little_endian and isinstance(element.value, bytes):
        # Read from the bytes: a dataset for each of ten thousand contours takes longer than all the rest.
        uids = IMAGE_UID.findall(element.value)
        numbers = FRAME_NUMBERS.findall(element.value) if len(uids) == 1 else []
        images = [
            image for uid in uids for image in _references(uid.decode("ascii"), b"\\".join(numbers).decode("ascii"))
        ]
    else:
        try:
            images = [one for image in items(contour, "ContourImageSequence") for one in images_of(image)]
        except InputRefused:
            return ""
    return images[0] if len(images) == 1 else ""


class Places:
    """Which planes of a series a structure set means by the images that it names."""

    def __init__(self, geometry: SeriesGeometry) -> None:
        self._places: dict[str, int] = {}
        self._objects: set[str] = set()
        for number, plane in enumerate(geometry.planes):
            named = parse_image_reference(plane.sop_instance_uid)
            self._places[plane.sop_instance_uid] = number
            self._objects.add(named.sop_instance_uid)
            if named.frame is None:
                # A classic image may be named as its own first frame.
                self._places[image_reference(named.sop_instance_uid, 1)] = number

    def of(self, image: str) -> int | None:
        """Return the plane that an image is; None for one of another series, and for an object as a whole."""
        return self._places.get(image)

    def among(self, images: Iterable[str]) -> set[int]:
        """Return the planes that are among some images."""
        return {number for image in images if (number := self.of(image)) is not None}

    def __contains__(self, image: str) -> bool:
        """Whether an image is one of the series, or an object that holds some."""
        return image in self._places or image in self._objects

    def missing(self, images: Iterable[str]) -> int:
        """Return how many images are none of the series."""
        return sum(1 for image in images if image not in self)


def _references(uid: str, frames: str) -> Iterator[str]:
    numbers = [whole(number) for number in frames.split("\\")] if frames else []
    known = [number for number in numbers if number is not None and number > 0]
    if not known:
        yield uid
    for number in known:
        yield image_reference(uid, number)
