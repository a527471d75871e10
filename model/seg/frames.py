"""Frames of enhanced images as sources of a segmentation: highdicom takes one enhanced image, or classic slices.

So each frame stands in as a classic slice while the segmentation is made, and what refers to it then names the object
and its frame (DICOM PS3.3 C.7.6.16.2.6 Derivation Image, C.12.1.3 Common Instance Reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage, MRImageStorage, generate_uid

from model.series.enhanced import images_of
from model.series.frame_reference import ImageReference, parse_image_reference
from model.series.geometry import SeriesGeometry

_REPLACED = frozenset({Tag("SOPClassUID"), Tag("SOPInstanceUID"), Tag("NumberOfFrames")})


@dataclass(frozen=True, slots=True)
class Original:
    """What a stand-in stands for: a frame, and the SOP class of its object."""

    image: ImageReference
    sop_class_uid: str


def images_in_order(sources: Iterable[Path | Dataset], geometry: SeriesGeometry) -> list[Dataset]:
    """Return the image of each plane: files or headers of slices, or of enhanced images, in any order."""
    by_name: dict[str, Dataset] = {}
    for source in sources:
        one = source if isinstance(source, Dataset) else dcmread(source, stop_before_pixels=True)
        for image in images_of(one):
            by_name[str(image.SOPInstanceUID)] = image
    return [by_name[plane.sop_instance_uid] for plane in geometry.planes]


def stand_ins(images: Sequence[Dataset]) -> tuple[list[Dataset], dict[str, Original]]:
    """Return the images with classic slices in the place of frames, and what each of those stands for."""
    made: list[Dataset] = []
    originals: dict[str, Original] = {}
    for image in images:
        named = parse_image_reference(str(image.SOPInstanceUID))
        if named.frame is None:
            made.append(image)
            continue
        uid = generate_uid(prefix=None)
        originals[uid] = Original(named, str(image.SOPClassUID))
        # Elements are new: those of frames are shared with their object.
        one = Dataset()
        one.update({tag: element for tag, element in image.items() if element.tag not in _REPLACED})
        one.SOPInstanceUID, one.SOPClassUID = uid, MRImageStorage if image.Modality == "MR" else CTImageStorage
        made.append(one)
    return made, originals


def name_frames(made: Dataset, originals: Mapping[str, Original]) -> None:
    """Let every item that refers to a stand-in refer to the frame instead; a list of objects has each once."""
    for element in made:
        if element.VR != "SQ":
            continue
        listed: set[str] = set()
        kept = []
        for item in element.value:
            name_frames(item, originals)
            original = originals.get(str(item.get("ReferencedSOPInstanceUID", "")))
            if original is not None:
                item.ReferencedSOPClassUID = original.sop_class_uid
                item.ReferencedSOPInstanceUID = original.image.sop_instance_uid
                if element.keyword == "SourceImageSequence":
                    item.ReferencedFrameNumber = original.image.frame
                elif original.image.sop_instance_uid in listed:
                    continue
                listed.add(original.image.sop_instance_uid)
            kept.append(item)
        if len(kept) != len(element.value):
            element.value = kept
