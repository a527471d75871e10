"""Which slices can be one volume at all: those of one kind of image on parallel planes; and which lie at one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from model.errors import InputRefused
from model.series.geometry import SlicePlane, plane_of
from model.series.header import SliceHeader
from model.series.parallel import groups
from plugin.facts.repeats import places_of


class _HasHeader(Protocol):
    @property
    def header(self) -> SliceHeader:
        """The header of a slice."""


Slice = TypeVar("Slice", bound=_HasHeader)


def by_plane(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices of one kind of image on parallel planes; those without a plane are a group of their own."""
    kinds: dict[tuple[object, ...], list[tuple[Slice, SlicePlane | None]]] = {}
    for one in slices:
        header = one.header
        fixed = (header.modality, header.frame_of_reference_uid, header.rows, header.columns)
        kinds.setdefault(fixed, []).append((one, plane_or_none(header)))
    found = []
    for (_, _, rows, columns), members in kinds.items():
        placed = [(one, plane) for one, plane in members if plane is not None]
        extent = (_number(rows), _number(columns))
        for group in groups([plane for _, plane in placed], *extent):
            found.append([placed[index][0] for index in group])
        if nowhere := [one for one, plane in members if plane is None]:
            found.append(nowhere)
    return found


def at_places(slices: Sequence[_HasHeader]) -> list[list[int]]:
    """Return the indices of the slices at each place along their normal; none of those without a plane."""
    planes = [(index, plane) for index, one in enumerate(slices) if (plane := plane_or_none(one.header)) is not None]
    return [[planes[at][0] for at in place] for place in places_of([plane for _, plane in planes])]


def plane_or_none(header: SliceHeader) -> SlicePlane | None:
    """Return the plane of a slice; None where its header gives none."""
    try:
        return plane_of(header)
    except InputRefused:
        return None


def _number(text: object) -> int:
    """Rows or columns; 1 where they are not a number, which the geometry refuses."""
    return int(text) if isinstance(text, str) and text.isdecimal() else 1
