"""Several acquisitions, orientations or localizers inside one series, told apart without reading a pixel.

Slices that differ in frame of reference, matrix, pixel spacing or plane cannot be one volume. Slices that can, but lie
at the same places or leave holes, are told apart by what scanners write for repeats: acquisition, temporal position,
echo, trigger delay, b-value, image type (DICOM PS3.3 C.7.6.1, C.8.2.1, C.8.3.1, C.8.13.5.9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from model.errors import InputRefused
from model.series.functional_groups import FRAME_GROUPS
from model.series.geometry import SeriesGeometry, SlicePlane, geometry_of, is_localizer, plane_of
from model.series.header import SliceHeader
from model.series.interleaved import interleaving_of
from model.series.parallel import groups
from model.series.refusals import NO_HELP, only_localizers, unusable
from plugin.facts.dictionary import tag_of
from plugin.facts.kinds import Kind, kind_of, refusal_of
from plugin.facts.objects import Slice, slices_of_object
from plugin.facts.orthanc_item import InstancesTags
from plugin.facts.repeats import Repeats, repeats_of

MixedPolicy = Literal["refuse", "largest"]
LocalizerPolicy = Literal["leave-out", "refuse"]

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
    """Slices that belong together; ``geometry`` is None, and ``refusal`` says why, when they make no volume."""

    slices: tuple[Slice, ...]
    geometry: SeriesGeometry | None
    refusal: InputRefused | None

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


class Reason(StrEnum):
    """Why a slice is left out; the names are the words under which evidence counts them."""

    LOCALIZER = "localizer"
    KIND = "not a slice of a scan"
    PLANE = "of another plane or matrix, and too few for a volume"
    ACQUISITION = "of another acquisition or orientation"


@dataclass(frozen=True, slots=True)
class Selection:
    """The slices that are contoured and those that are left out with the reason."""

    kept: tuple[SliceHeader, ...]
    left_out: tuple[tuple[str, Reason], ...]


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
        return Volumes(tuple(_one_by_one(plain)), tuple(localizers), others)
    groups = _by_plane(images)
    repeats = _images_of_places(max(groups, key=len)) if groups else None
    volumes = sorted((part for group in groups for part in _repeats(group)), key=lambda v: -len(v.slices))
    if volumes:
        largest = len(volumes[0].slices)
        scouts = [v for v in volumes if len(v.slices) <= SCOUT_SLICES and SCOUT_RATIO * len(v.slices) <= largest]
        volumes = [volume for volume in volumes if volume not in scouts]
        localizers += [one for scout in scouts for one in scout.slices]
    return Volumes(tuple(volumes), tuple(localizers), others, repeats)


def select(found: Volumes, *, mixed: MixedPolicy = "refuse", localizers: LocalizerPolicy = "leave-out") -> Selection:
    """Return the slices to contour; raises InputRefused when the site refuses such series, or nothing is left."""
    if localizers == "refuse" and found.localizers:
        count = len(found.localizers)
        raise InputRefused(
            "LOCALIZERS",
            f"The series holds {count} localizer(s), by ImageType or by their planes. {NO_HELP}; set Localizers to "
            '"leave-out" to have the others contoured.',
        )
    if not found.volumes:
        raise empty(found)
    if (unreadable := unreadable_frames(found)) is not None:
        raise unreadable
    if found.repeats is not None and (mixed == "refuse" or not _unambiguous(found.volumes)):
        raise found.repeats.refusal
    if mixed == "refuse" and len(found.volumes) > 1:
        sizes = ", ".join(str(len(volume.slices)) for volume in found.volumes[:6])
        raise InputRefused(
            "SEVERAL_VOLUMES",
            f"The series holds {len(found.volumes)} acquisitions or orientations ({sizes} slices), by their planes, "
            f"FrameOfReferenceUID, Rows and Columns or AcquisitionNumber. {NO_HELP}; send "
            'each as a series of its own, or set MixedSeries to "largest".',
        )
    chosen, *others = found.volumes
    left_out = [
        (one.header.sop_instance_uid, Reason.LOCALIZER if is_localizer(one.header) else Reason.PLANE)
        for one in found.localizers
    ]
    left_out += [(other.object.header.sop_instance_uid, Reason.KIND) for other in found.others]
    left_out += [(one.header.sop_instance_uid, Reason.ACQUISITION) for other in others for one in other.slices]
    return Selection(tuple(one.header for one in chosen.slices), tuple(left_out))


def empty(found: Volumes) -> InputRefused:
    """Say what a series without a single slice holds instead."""
    if found.others:
        return refusal_of(other.kind for other in found.others)
    return only_localizers(len(found.localizers))


def unreadable_frames(found: Volumes) -> InputRefused | None:
    """Say what is wrong with an enhanced object whose frames cannot be told: no volume is whole without them."""
    faults = [other.kind for other in found.others if other.kind.code == FRAME_GROUPS]
    return refusal_of(faults) if faults else None


def _unambiguous(volumes: Sequence[Volume]) -> bool:
    """Whether the largest of the volumes is one, and alone."""
    largest = len(volumes[0].slices)
    return volumes[0].geometry is not None and [len(volume.slices) for volume in volumes].count(largest) == 1


def _images_of_places(group: Sequence[Slice]) -> Repeats | None:
    placed = [(one.item, plane) for one in group if (plane := _plane(one.header)) is not None]
    return repeats_of([item for item, _ in placed], [plane for _, plane in placed]) if placed else None


def _by_plane(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices of one kind of image on parallel planes; those without a plane are a group of their own."""
    kinds: dict[tuple[object, ...], list[tuple[Slice, SlicePlane | None]]] = {}
    for one in slices:
        header = one.header
        fixed = (header.modality, header.frame_of_reference_uid, header.rows, header.columns)
        kinds.setdefault(fixed, []).append((one, _plane(header)))
    found = []
    for (_, _, rows, columns), members in kinds.items():
        placed = [(one, plane) for one, plane in members if plane is not None]
        extent = (_number(rows), _number(columns))
        for group in groups([plane for _, plane in placed], *extent):
            found.append([placed[index][0] for index in group])
        if nowhere := [one for one, plane in members if plane is None]:
            found.append(nowhere)
    return found


def _plane(header: SliceHeader) -> SlicePlane | None:
    try:
        return plane_of(header)
    except InputRefused:
        return None


def _number(text: object) -> int:
    """Rows or columns; 1 where they are not a number, which the geometry refuses."""
    return int(text) if isinstance(text, str) and text.isdecimal() else 1


def _repeats(group: Sequence[Slice]) -> list[Volume]:
    whole = _volume(group)
    if whole.clean:
        return _one_by_one(whole)
    for keyword in REPEATS:
        tag = tag_of(keyword)
        parts = _split(group, lambda one, tag=tag: one.item.text(tag or "").strip(" \0"))  # type: ignore[misc]
        if len(parts) < 2 or min(map(len, parts)) < LEAST_SLICES:
            continue
        volumes = [_volume(part) for part in parts]
        if all(volume.clean for volume in volumes):
            return volumes
    return [whole]


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
