"""The slices of one object in Orthanc: itself, or the frames of an enhanced CT or MR image."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from model.gate.image_kind import ENHANCED
from model.series.frame_reference import image_reference
from model.series.functional_groups import FramesUnreadable
from model.series.header import SliceHeader
from plugin.facts.character_sets import reading_of
from plugin.facts.enhanced import Tags, frame_tags
from plugin.facts.orthanc_item import OrthancItem, header_of


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: its header for the geometry, and its tags for telling repeats apart.

    ``instance`` is Orthanc's id of the object that holds it, ``frame`` the number of the slice in an enhanced one, from
    1; None in a classic one. ``fault`` says what is wrong with an enhanced object whose frames cannot be told.
    """

    header: SliceHeader
    item: OrthancItem
    instance: str = ""
    frame: int | None = None
    fault: str | None = None


def slices_of_object(instance: str, tags: Tags) -> tuple[Slice, ...]:
    """Return the slices of one object, from its tags as Orthanc gives them."""
    reading = reading_of(tags, {})
    item = OrthancItem(tags, reading)
    header = header_of(item)
    if header.sop_class_uid not in ENHANCED:
        return (Slice(header, item, instance),)
    try:
        frames = [OrthancItem(frame, reading) for frame in frame_tags(tags)]
    except FramesUnreadable as unreadable:
        return (Slice(header, item, instance, fault=unreadable.what),)
    return tuple(
        Slice(replace(header_of(frame), sop_instance_uid=reference), frame, instance, number)
        for number, frame in enumerate(frames, start=1)
        for reference in (image_reference(header.sop_instance_uid, number),)
    )


def read_from_frames(slices: Collection[Slice]) -> str | None:
    """Say how many of the slices are frames of enhanced objects; None when none is."""
    frames = [one for one in slices if one.frame is not None]
    if not frames:
        return None
    objects = len({one.instance for one in frames})
    return f"Read from {len(frames)} frame(s) of {objects} enhanced object(s)."
