"""The slices of a series that are contoured, and the remarks on those that are not."""

from __future__ import annotations

from dataclasses import dataclass

from model.series.header import SliceHeader
from model.series.interleaved import interleaving_of
from plugin.facts.completeness import Completeness
from plugin.facts.oddities import oddities_of
from plugin.facts.remarks import LeftOut, remarks_of
from plugin.facts.series_tags import SeriesTags
from plugin.facts.volumes import LocalizerPolicy, MixedPolicy, Selection, in_order, select


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
    """The images that are contoured, and what was left out; pseudonymised, they take up ``most_bytes`` or less."""

    images: tuple[Image, ...]
    modality: str
    left_out: tuple[LeftOut, ...]
    most_bytes: int

    @property
    def instances(self) -> tuple[str, ...]:
        """Orthanc's ids of the objects that hold the images, each once."""
        return tuple(dict.fromkeys(image.instance for image in self.images))

    @property
    def references(self) -> tuple[str, ...]:
        """What names each image in the series."""
        return tuple(image.reference for image in self.images)


def slices_of(tags: SeriesTags, *, mixed: MixedPolicy, localizers: LocalizerPolicy) -> Slices:
    """Choose the slices to contour; raises InputRefused when the configuration refuses such a series."""
    selection = select(tags.volumes, mixed=mixed, localizers=localizers)
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
    )


def remarks_on(tags: SeriesTags, completeness: Completeness, left_out: tuple[LeftOut, ...]) -> tuple[str, ...]:
    """Return what a person must know of a series; ``left_out`` is empty when the series is refused."""
    volumes = tags.volumes.volumes
    if not volumes:
        return remarks_of(tags.items, completeness, left_out)
    contoured = volumes[0]
    interleaving, oddities = interleaving_of(in_order(contoured)), oddities_of(contoured)
    return remarks_of(tags.items, completeness, left_out, interleaving, contoured.geometry, oddities)


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
