"""Several acquisitions, orientations or localizers inside one series, told apart without reading a pixel.

Slices that differ in frame of reference, matrix, pixel spacing or plane cannot be one volume. Slices that can, but lie
at the same places or leave holes, are told apart by what scanners write for repeats: acquisition, temporal position,
echo, trigger delay, b-value, image type (DICOM PS3.3 C.7.6.1, C.8.2.1, C.8.3.1, C.8.13.5.9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.errors import InputRefused
from model.series.functional_groups import FRAME_GROUPS
from model.series.geometry import SeriesGeometry, geometry_of, is_localizer
from model.series.header import SliceHeader
from model.series.interleaved import interleaving_of
from model.series.refusals import only_localizers, unusable
from plugin.facts.dictionary import tag_of
from plugin.facts.kinds import Kind, kind_of, refusal_of
from plugin.facts.objects import Slice, slices_of_object
from plugin.facts.orthanc_item import InstancesTags
from plugin.facts.parameters import PARAMETERS
from plugin.facts.parts import Part, Told, parts_of
from plugin.facts.planes import at_places, by_plane, plane_or_none
from plugin.facts.repeats import Repeats, repeats_of
from plugin.facts.volume_names import VolumeName, names_of, numbered_names

# In the order in which they are tried; the first that leaves only volumes without hole or repeat tells apart.
REPEATS = (
    "StackID",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoNumbers",
    "EchoTime",
    "TriggerTime",
    "DiffusionBValue",
    "ImageType",
    "ComplexImageComponent",
    "ConvolutionKernel",
    "AcquisitionTime",
)
# Scouts that ImageType does not name: so few slices, and so many times fewer than the largest volume's.
SCOUT_SLICES, SCOUT_RATIO = 3, 5
# Fewer slices than this do not count as an acquisition.
LEAST_SLICES = 3


@dataclass(frozen=True, slots=True)
class Volume:
    """Slices that belong together; ``geometry`` is None, and ``refusal`` says why, when they make no volume.

    ``told`` is what tells them from the other volumes of the series, ``name`` how that is said.
    """

    slices: tuple[Slice, ...]
    geometry: SeriesGeometry | None
    refusal: InputRefused | None
    told: tuple[Told, ...] = ()
    name: VolumeName | None = None

    @property
    def clean(self) -> bool:
        """Whether it is a volume without a hole."""
        return self.geometry is not None and not self.geometry.gaps


@dataclass(frozen=True, slots=True)
class Other:
    """An object in the series that is no slice, and what it is."""

    object: Slice
    kind: Kind


@dataclass(frozen=True, slots=True)
class Volumes:
    """The volumes of a series, most slices first, and what is beside them.

    ``localizers`` are those that say so, and those that look so; ``others`` are no slices at all. ``repeats`` say that
    most slices on the planes of the largest group are images of the same places.
    """

    volumes: tuple[Volume, ...]
    localizers: tuple[Slice, ...]
    others: tuple[Other, ...] = ()
    repeats: Repeats | None = None


def volumes_of(instances_tags: InstancesTags) -> Volumes:
    """Tell the volumes of a series apart, from what ``/series/{id}/instances-tags`` answers."""
    return tell_apart(parsed_slices(instances_tags))


def parsed_slices(instances_tags: InstancesTags) -> tuple[Slice, ...]:
    """Every slice, from what ``/series/{id}/instances-tags`` answers."""
    return tuple(
        one
        for instance, tags in instances_tags.items()
        if isinstance(tags, Mapping)
        for one in slices_of_object(instance, tags)
    )


def tell_apart(slices: Iterable[Slice]) -> Volumes:
    """Tell the volumes of a series apart: first what is no slice, then planes and repeats."""
    kinds = [(one, kind_of(one.header, one.item, one.frame, one.fault)) for one in slices]
    others = tuple(Other(one, kind) for one, kind in kinds if kind is not None)
    everything = [one for one, kind in kinds if kind is None]
    localizers = [one for one in everything if is_localizer(one.header)]
    images = [one for one in everything if not is_localizer(one.header)]
    if images and (plain := _volume(images)).clean:
        return Volumes(tuple(_named(_one_by_one(plain))), tuple(localizers), others)
    groups = by_plane(images)
    repeats = _images_of_places(max(groups, key=len)) if groups else None
    volumes = sorted((part for group in groups for part in _repeats(group)), key=lambda v: -len(v.slices))
    if volumes:
        largest = len(volumes[0].slices)
        scouts = [v for v in volumes if len(v.slices) <= SCOUT_SLICES and SCOUT_RATIO * len(v.slices) <= largest]
        volumes = [volume for volume in volumes if volume not in scouts]
        localizers += [one for scout in scouts for one in scout.slices]
        volumes = _named(volumes)
    return Volumes(tuple(volumes), tuple(localizers), others, repeats)


def empty(found: Volumes) -> InputRefused:
    """Say what a series without a single slice holds instead."""
    if found.others:
        return refusal_of(other.kind for other in found.others)
    return only_localizers(len(found.localizers))


def unreadable_frames(found: Volumes) -> InputRefused | None:
    """Say what is wrong with an enhanced object whose frames cannot be told: no volume is whole without them."""
    faults = [other.kind for other in found.others if other.kind.code == FRAME_GROUPS]
    return refusal_of(faults) if faults else None


def _images_of_places(group: Sequence[Slice]) -> Repeats | None:
    placed = [(one.item, plane) for one in group if (plane := plane_or_none(one.header)) is not None]
    return repeats_of([item for item, _ in placed], [plane for _, plane in placed]) if placed else None


def _repeats(group: Sequence[Slice]) -> list[Volume]:
    whole = _volume(group)
    if whole.clean:
        return _one_by_one(whole)
    if _images_of_places(group) is not None:
        parts = parts_of([one.item for one in group], at_places(group))
        if len(parts) > 1:
            return [replace(_volume([group[index] for index in part.indices]), told=part.told) for part in parts]
    return _acquisitions(group) or [whole]


def _acquisitions(group: Sequence[Slice]) -> list[Volume] | None:
    """Tell volumes apart that have holes together and none alone; None when nothing does."""
    for keyword in REPEATS:
        tag = tag_of(keyword)
        parts = _split(group, lambda one, tag=tag: one.item.text(tag or "").strip(" \0"))  # type: ignore[misc]
        if len(parts) < 2 or min(map(len, parts)) < LEAST_SLICES:
            continue
        volumes = [_volume(part) for part in parts]
        if all(volume.clean for volume in volumes):
            return [replace(volume, told=_told(volume, keyword)) for volume in volumes]
    return None


def _told(volume: Volume, keyword: str) -> tuple[Told, ...]:
    parameters = [one for one in PARAMETERS if one.keyword == keyword]
    return tuple(Told(one, one.of(volume.slices[0].item)) for one in parameters)


def _named(volumes: Sequence[Volume]) -> list[Volume]:
    """Give volumes of one series their names: by what tells them apart, else by how they lie."""
    if len(volumes) < 2:
        return list(volumes)
    if all(volume.told for volume in volumes):
        names = names_of([Part((), volume.told) for volume in volumes])
    else:
        names = numbered_names([volume.geometry.orientation if volume.geometry else "" for volume in volumes])
    return [replace(volume, name=name) for volume, name in zip(volumes, names, strict=True)]


def _one_by_one(whole: Volume) -> list[Volume]:
    """Look whether a volume without a hole is two acquisitions, the one between the other."""
    found = interleaving_of(in_order(whole))
    if found is None or not found.certain:
        return [whole]
    along = _along(whole)
    parts = [_volume([along[index] for index in group]) for group in found.groups]
    return sorted(parts, key=lambda part: -len(part.slices))


def in_order(volume: Volume) -> list[SliceHeader]:
    """Return the headers of a volume's slices along its normal; none where it has no geometry."""
    return [one.header for one in _along(volume)]


def _along(volume: Volume) -> list[Slice]:
    if volume.geometry is None:
        return []
    by_uid = {one.header.sop_instance_uid: one for one in volume.slices}
    return [by_uid[plane.sop_instance_uid] for plane in volume.geometry.planes]


def _split(group: Sequence[Slice], key: Callable[[Slice], str]) -> list[list[Slice]]:
    parts: dict[str, list[Slice]] = {}
    for one in group:
        parts.setdefault(key(one), []).append(one)
    return list(parts.values())


def _volume(slices: Sequence[Slice]) -> Volume:
    try:
        geometry = geometry_of(one.header for one in slices)
    except InputRefused as refusal:
        return Volume(tuple(slices), None, refusal)
    if not bool(np.all(np.isfinite(geometry.positions))):
        return Volume(tuple(slices), None, unusable("ImagePositionPatient", "is not finite"))
    return Volume(tuple(slices), geometry, None)
