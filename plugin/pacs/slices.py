"""The slices of a series that are contoured, and the remarks on those that are not."""

from __future__ import annotations

from dataclasses import dataclass

from model.series.header import SliceHeader
from model.series.interleaved import interleaving_of
from plugin.facts.completeness import Completeness
from plugin.facts.objects import read_from_frames
from plugin.facts.oddities import oddities_of
from plugin.facts.remarks import LeftOut, remarks_of
from plugin.facts.selection import Selection
from plugin.facts.series_tags import SeriesTags
from plugin.facts.volume_names import VolumeName
from plugin.facts.volumes import in_order


@dataclass(frozen=True, slots=True)
class Image:
    """One image that is contoured: Orthanc's id of its object, its frame there from 1 (None in a classic one).

    ``reference`` names it in the series, as model.series.frame_reference does.
    """

    instance: str
    frame: int | None
    reference: str


# A pixel of 16 bits; what leaves beside the pixels takes up 2 KB (measured).
BYTES_OF_A_PIXEL, BYTES_OF_A_HEADER = 2, 8192


@dataclass(frozen=True)
class Slices:
    """The images that are contoured, and what was left out; pseudonymised, they take up ``most_bytes`` or less.

    ``volume`` is what they are called among the several volumes of a series.
    """

    images: tuple[Image, ...]
    modality: str
    left_out: tuple[LeftOut, ...]
    most_bytes: int
    volume: VolumeName | None = None

    @property
    def instances(self) -> tuple[str, ...]:
        """Orthanc's ids of the objects that hold the images, each once."""
        return tuple(dict.fromkeys(image.instance for image in self.images))

    @property
    def frames(self) -> dict[str, list[int]]:
        """The numbers of the frames in each enhanced object, by Orthanc's id of it."""
        found: dict[str, list[int]] = {}
        for image in self.images:
            if image.frame is not None:
                found.setdefault(image.instance, []).append(image.frame)
        return found

    @property
    def references(self) -> tuple[str, ...]:
        """What names each image in the series."""
        return tuple(image.reference for image in self.images)


def slices_of(tags: SeriesTags, selection: Selection) -> Slices:
    """Return the slices that were chosen, and what was left out."""
    uids = {header.sop_instance_uid for header in selection.kept}
    return Slices(
        images=tuple(
            Image(one.instance, one.frame, one.header.sop_instance_uid)
            for one in tags.slices
            if one.header.sop_instance_uid in uids
        ),
        modality=selection.kept[0].modality,
        left_out=_left_out(tags, selection),
        most_bytes=sum(map(_most_bytes, selection.kept)),
        volume=selection.name,
    )


def remarks_on(tags: SeriesTags, completeness: Completeness, selection: Selection | None) -> tuple[str, ...]:
    """Return what a person must know of a series; of one that is refused, without what would be left out."""
    volumes = tags.volumes.volumes
    left_out = _left_out(tags, selection) if selection is not None else ()
    if not volumes:
        return remarks_of(tags.items, completeness, left_out)
    contoured = selection.volume if selection is not None else volumes[0]
    interleaving, oddities = interleaving_of(in_order(contoured)), oddities_of(contoured)
    said = remarks_of(tags.items, completeness, left_out, interleaving, contoured.geometry, oddities)
    first = (selection.why if selection is not None else None, read_from_frames(contoured.slices))
    return (*(sentence for sentence in first if sentence is not None), *said)


def _most_bytes(header: SliceHeader) -> int:
    """Bytes of one image as a file of its own that is not compressed, with the largest pixels that may leave."""
    pixels = int(header.rows) * int(header.columns) if (header.rows + header.columns).isdecimal() else 0
    return pixels * BYTES_OF_A_PIXEL + BYTES_OF_A_HEADER


def _left_out(tags: SeriesTags, selection: Selection) -> tuple[LeftOut, ...]:
    reasons = dict(selection.left_out)
    return tuple(
        LeftOut(one.instance, reason.name.lower(), str(reason), one.frame)
        for one in tags.slices
        if (reason := reasons.get(one.header.sop_instance_uid)) is not None
    )
