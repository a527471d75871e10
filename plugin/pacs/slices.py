"""The slices of a series that are contoured, and the remarks on those that are not."""

from __future__ import annotations

from dataclasses import dataclass

from model.series.interleaved import interleaving_of
from plugin.facts.completeness import Completeness
from plugin.facts.remarks import LeftOut, remarks_of
from plugin.facts.series_tags import SeriesTags
from plugin.facts.volumes import LocalizerPolicy, MixedPolicy, Selection, in_order, select


@dataclass(frozen=True)
class Slices:
    """Orthanc's ids of the instances that are contoured, their UIDs, and what was left out."""

    instances: tuple[str, ...]
    sop_instance_uids: tuple[str, ...]
    modality: str
    left_out: tuple[LeftOut, ...]


def slices_of(tags: SeriesTags, *, mixed: MixedPolicy, localizers: LocalizerPolicy) -> Slices:
    """Choose the slices to contour; raises InputRefused when the configuration refuses such a series."""
    selection = select(tags.volumes, mixed=mixed, localizers=localizers)
    uids = {header.sop_instance_uid for header in selection.kept}
    return Slices(
        instances=tuple(key for key, one in tags.slices.items() if one.header.sop_instance_uid in uids),
        sop_instance_uids=tuple(uids),
        modality=selection.kept[0].modality,
        left_out=_left_out(tags, selection),
    )


def remarks_on(tags: SeriesTags, completeness: Completeness, left_out: tuple[LeftOut, ...]) -> tuple[str, ...]:
    """Return what a person must know of a series; ``left_out`` is empty when the series is refused."""
    volumes = tags.volumes.volumes
    if not volumes:
        return remarks_of(tags.items, completeness, left_out)
    return remarks_of(tags.items, completeness, left_out, interleaving_of(in_order(volumes[0])), volumes[0].geometry)


def _left_out(tags: SeriesTags, selection: Selection) -> tuple[LeftOut, ...]:
    reasons = dict(selection.left_out)
    return tuple(
        LeftOut(instance, reason.name.lower(), str(reason))
        for instance, one in tags.slices.items()
        if (reason := reasons.get(one.header.sop_instance_uid)) is not None
    )
