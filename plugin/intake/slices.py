"""The slices of a series that are contoured, as Orthanc has them now."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.facts.series import headers_of
from plugin.facts.volumes import select, volumes_of
from plugin.pacs.client import Orthanc
from plugin.settings.settings import Settings


@dataclass(frozen=True)
class Slices:
    """Orthanc's ids of the instances that are contoured, their UIDs, and what was left out."""

    instances: tuple[str, ...]
    sop_instance_uids: tuple[str, ...]
    modality: str
    left_out: int


def slices_of(orthanc: Orthanc, series: str, settings: Settings) -> Slices:
    """Read the series and choose; raises SeriesGone, and InputRefused when the configuration refuses such a series."""
    tags = orthanc.instances_tags(series)
    headers = dict(zip(tags, headers_of(tags), strict=True))
    kept = select(volumes_of(tags), mixed=settings.mixed_series, localizers=settings.localizers).kept
    uids = {header.sop_instance_uid for header in kept}
    return Slices(
        instances=tuple(identifier for identifier, header in headers.items() if header.sop_instance_uid in uids),
        sop_instance_uids=tuple(uids),
        modality=kept[0].modality,
        left_out=len(tags) - len(kept),
    )
