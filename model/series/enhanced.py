"""Frames of enhanced CT and MR images as slices, from pydicom's datasets: their headers, and with their pixels.

A frame is a dataset as a classic slice would have it: its SOP Instance UID is the text that names the frame
(model.series.frame_reference), its SOP class that of the object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
)

from model.errors import InputRefused
from model.series.frame_reference import image_reference, parse_image_reference
from model.series.functional_groups import FramesUnreadable, Renamed, decimal_text, frames_of
from model.series.header import SliceHeader

ENHANCED = (
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
)
PIXELS = ("PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths")
Element = Any  # pydicom's elements, read (DataElement) or not yet (RawDataElement)


def is_enhanced(dataset: Dataset) -> bool:
    """Whether a dataset is an enhanced CT or MR image, of whose frames each is a slice; a frame of one is none."""
    if str(dataset.get("SOPClassUID") or "") not in ENHANCED:
        return False
    return parse_image_reference(str(dataset.get("SOPInstanceUID") or "")).frame is None


def images_of(dataset: Dataset) -> Iterator[Dataset]:
    """Yield each frame of an enhanced image as ``frame_datasets`` does, or a classic slice as it is."""
    if is_enhanced(dataset):
        yield from frame_datasets(dataset)
    else:
        yield dataset


def frame_headers(dataset: Dataset) -> tuple[SliceHeader, ...]:
    """Return the header of each frame; raises FramesUnreadable."""
    uid = str(dataset.SOPInstanceUID).strip()
    return tuple(
        replace(SliceHeader.from_dataset(frame), sop_instance_uid=image_reference(uid, number))
        for number, frame in enumerate(_frames(dataset), start=1)
    )


def frame_datasets(dataset: Dataset) -> Iterator[Dataset]:
    """Yield each frame as a slice, with its own pixels where the object has some.

    Raises FramesUnreadable, also when there are not as many frames of pixels as the header says.
    """
    uid = str(dataset.SOPInstanceUID).strip()
    frames = _frames(dataset)
    pixels = _pixels(dataset, len(frames)) if "PixelData" in dataset else iter(())
    for number, frame in enumerate(frames, start=1):
        frame.file_meta = dataset.file_meta
        # New elements: frames share those of their object. No file could have such a UID, and pydicom would warn of it.
        named = DataElement(Tag("SOPInstanceUID"), "UI", image_reference(uid, number), validation_mode=IGNORE)
        frame[named.tag] = named
        frame[Tag("NumberOfFrames")] = DataElement(Tag("NumberOfFrames"), "IS", "1")
        if "PixelData" in dataset:
            data = next(pixels, None)
            if data is None:
                raise FramesUnreadable("PixelData holds fewer frames than NumberOfFrames says")
            element = DataElement(Tag("PixelData"), dataset["PixelData"].VR, data)
            element.is_undefined_length = dataset.file_meta.TransferSyntaxUID.is_encapsulated
            frame[element.tag] = element
        yield frame


@dataclass(frozen=True, slots=True)
class Part:
    """One object of a concatenation (DICOM PS3.3 C.7.6.16.2.2.4); ``total`` is 0 where it is not said."""

    concatenation: str
    number: int
    total: int

    @classmethod
    def of(cls, dataset: Dataset) -> Part | None:
        """Read it from an object; None for one that is no part."""
        uid = str(dataset.get("ConcatenationUID") or "").strip()
        number, total = (
            value if isinstance(value := dataset.get(keyword), int) else 0
            for keyword in ("InConcatenationNumber", "InConcatenationTotalNumber")
        )
        return cls(uid, number, total) if uid else None


def require_all_parts(parts: Iterable[Part]) -> None:
    """Raise InputRefused when parts of a concatenation are missing."""
    known = set(parts)
    missing = 0
    for concatenation in {part.concatenation for part in known}:
        own = [part for part in known if part.concatenation == concatenation]
        expected = max(max(part.total, part.number) for part in own)
        missing += expected - len({part.number for part in own if part.number > 0})
    if missing > 0:
        raise InputRefused(
            "CONCATENATION",
            f"{missing} part(s) of an enhanced image in several objects are missing, by InConcatenationNumber; give "
            "all of them.",
        )


class _Reader:
    """Reads elements of pydicom's datasets by tag."""

    def key(self, keyword: str) -> BaseTag:
        """Return the tag."""
        return Tag(keyword)

    def items(self, element: Element) -> Sequence[Mapping[BaseTag, Element]]:
        """Return the items of a sequence."""
        value = self._value(element)
        found = value if self.is_sequence(element) and value else ()
        # Elements that nobody asks for stay unread.
        return [dict(item.items()) for item in found if isinstance(item, Dataset)]

    def is_sequence(self, element: Element) -> bool:
        """Whether an element is a sequence."""
        if element.VR:
            return bool(element.VR == "SQ")
        try:
            return bool(dictionary_VR(element.tag) == "SQ")
        except KeyError:
            return False

    def renamed(self, element: Element, to: Renamed) -> DataElement | None:
        """Return the element under its classic name."""
        value = self._value(element)
        several = isinstance(value, Sequence) and not isinstance(value, str)
        texts = [str(one).strip(" \0") for one in (value if several else [value]) if one is not None]
        if to.number:
            texts = [text for text in map(decimal_text, texts) if text is not None] if len(texts) == 1 else []
        if to.words is not None:
            texts = [to.words.get(text, "") for text in texts]
        if not any(texts):
            return None
        tag = Tag(to.classic)
        return DataElement(tag, dictionary_VR(tag), texts if len(texts) > 1 else texts[0])

    def count(self, element: Element | None) -> int | None:
        """Return the number that an integer string holds."""
        text = str(self._value(element)).strip() if element is not None else ""
        return int(text) if text.isdecimal() else None

    def text(self, element: Element) -> str:
        """Return the text of a single value."""
        value = self._value(element)
        return value.strip(" \0") if isinstance(value, str) else ""

    def code_string(self, keyword: str, terms: Sequence[str]) -> DataElement:
        """Return an element of these values."""
        return DataElement(Tag(keyword), "CS", list(terms) if len(terms) > 1 else terms[0])

    def _value(self, element: Element) -> Any:
        if isinstance(element, RawDataElement):
            element = convert_raw_data_element(element)
        return element.value


def _frames(dataset: Dataset) -> list[Dataset]:
    pixels = {Tag(keyword) for keyword in PIXELS}
    top = {tag: element for tag, element in dataset.items() if tag not in pixels}
    made = []
    for elements in frames_of(top, _Reader()):
        frame = Dataset()
        frame.update(elements)
        made.append(frame)
    return made


def _pixels(dataset: Dataset, count: int) -> Iterator[bytes]:
    """Yield the pixels of each frame, encapsulated on their own where they are (DICOM PS3.5 A.4)."""
    data = dataset.PixelData
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        numbers = [dataset.get(keyword) for keyword in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")]
        rows, columns, samples, bits = (value if isinstance(value, int) else 0 for value in numbers)
        length = rows * columns * samples * bits // 8
        if not length or bits % 8 or len(data) < count * length:
            raise FramesUnreadable("PixelData is shorter than NumberOfFrames, Rows and Columns say")
        for number in range(count):
            yield data[number * length : (number + 1) * length]
        return
    table = None
    if "ExtendedOffsetTable" in dataset:
        table = (dataset.ExtendedOffsetTable, dataset.get("ExtendedOffsetTableLengths", b""))
    try:
        for frame in generate_frames(data, number_of_frames=count, extended_offsets=table):
            yield encapsulate([frame], has_bot=False)
    except (ValueError, EOFError, IndexError, StopIteration) as error:
        raise FramesUnreadable("PixelData cannot be taken apart into frames") from error
