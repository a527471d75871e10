"""Flags what was drawn on two acquisitions that lie between each other in one series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from model.engines.engine import Drawing
from model.errors import InputRefused
from model.series.geometry import SeriesGeometry
from model.series.header import SliceHeader
from model.series.interleaved import interleaving_of
from model.volume.interleaved import alternates
from model.volume.volume import Volume

BY_IMAGES = "neighbouring slices are less alike than next-but-one: two acquisitions in one series?"


def require_one_acquisition(headers: Sequence[SliceHeader], geometry: SeriesGeometry) -> None:
    """Refuse slices whose headers name two acquisitions that lie between each other."""
    found = interleaving_of(in_order(headers, geometry))
    if found is not None and found.certain:
        raise InputRefused(
            "SEVERAL_VOLUMES",
            f"{len(found.groups)} acquisitions lie between each other in the series, told apart by {found.keyword}; "
            "give each as a series of its own.",
        )


def with_interleaving_flags(drawing: Drawing, volume: Volume, headers: Sequence[SliceHeader] = ()) -> Drawing:
    """Flag every structure when the images, or the order in which they were taken, tell of two acquisitions."""
    found = interleaving_of(in_order(headers, volume.geometry))
    flags = [BY_IMAGES] if alternates(volume.array) else []
    flags += [by_order(found.keyword)] if found is not None and not found.certain else []
    if not flags:
        return drawing
    structures = tuple(replace(one, flags=(*one.flags, *flags)) for one in drawing.structures)
    return replace(drawing, structures=structures)


def by_order(keyword: str) -> str:
    """Return what the order of an attribute's values says."""
    return f"every other slice was taken after all those between, by {keyword}: two acquisitions in one series?"


def in_order(headers: Sequence[SliceHeader], geometry: SeriesGeometry) -> list[SliceHeader]:
    """Return the headers of the volume's slices, along the normal."""
    place = {plane.sop_instance_uid: index for index, plane in enumerate(geometry.planes)}
    return sorted(
        (header for header in headers if header.sop_instance_uid in place),
        key=lambda header: place[header.sop_instance_uid],
    )
