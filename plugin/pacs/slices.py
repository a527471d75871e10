"""The slices of a series that are contoured, as Orthanc has them now, and what is to be said of the others."""

from __future__ import annotations

from dataclasses import dataclass

from model.series.interleaved import interleaving_of
from plugin.facts.completeness import Completeness, completeness_of
from plugin.facts.orthanc_item import InstancesTags
from plugin.facts.remarks import LeftOut, remarks_of
from plugin.facts.series import headers_of
from plugin.facts.volumes import Selection, Volumes, in_order, select, volumes_of
from plugin.pacs.client import Orthanc
from plugin.settings.settings import Settings


@dataclass(frozen=True)
class Slices:
    """Orthanc's ids of the instances that are contoured, their UIDs, what was left out, and the series' warnings."""

    instances: tuple[str, ...]
    sop_instance_uids: tuple[str, ...]
    modality: str
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]


def slices_of(orthanc: Orthanc, series: str, settings: Settings) -> Slices:
    """Read the series and choose; raises SeriesGone, and InputRefused when the configuration refuses such a series."""
    tags = orthanc.instances_tags(series)
    headers = dict(zip(tags, headers_of(tags), strict=True))
    volumes = volumes_of(tags)
    selection = select(volumes, mixed=settings.mixed_series, localizers=settings.localizers)
    uids = {header.sop_instance_uid for header in selection.kept}
    left_out = left_out_of(tags, selection)
    return Slices(
        instances=tuple(identifier for identifier, header in headers.items() if header.sop_instance_uid in uids),
        sop_instance_uids=tuple(uids),
        modality=selection.kept[0].modality,
        left_out=left_out,
        warnings=_remarks(tags, volumes, left_out, completeness_of(volumes)),
    )


def warnings_of(
    tags: InstancesTags, volumes: Volumes, selection: Selection | None, completeness: Completeness
) -> tuple[str, ...]:
    """What is to be said of a series, whose selection is None when it is refused."""
    left_out = left_out_of(tags, selection) if selection else ()
    return _remarks(tags, volumes, left_out, completeness)


def _remarks(
    tags: InstancesTags, volumes: Volumes, left_out: tuple[LeftOut, ...], completeness: Completeness
) -> tuple[str, ...]:
    if not volumes.volumes:
        return remarks_of(tags, completeness, left_out)
    largest = volumes.volumes[0]
    return remarks_of(tags, completeness, left_out, interleaving_of(in_order(largest)), largest.geometry)


def left_out_of(tags: InstancesTags, selection: Selection) -> tuple[LeftOut, ...]:
    """The slices that are left out, by Orthanc's ids."""
    reasons = dict(selection.left_out)
    return tuple(
        LeftOut(identifier, reason.name.lower(), str(reason))
        for identifier, header in zip(tags, headers_of(tags), strict=True)
        if (reason := reasons.get(header.sop_instance_uid)) is not None
    )
