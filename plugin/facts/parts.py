"""Images of the same places are told apart into volumes with one image of each place: from tags, one after the other.

A parameter tells where images of one place differ in it and it has no more values than a place has images: one that
changes from slice to slice as well says nothing of volumes. Points in time do change so; where every place has as many
of them, their order at each place tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from plugin.facts.orthanc_item import OrthancItem
from plugin.facts.parameters import PARAMETERS, TIMES, Parameter, Value, moment_at
from routing.names import Keyword

# What may differ from slice to slice of one volume, and orders the images of a place all the same.
ORDERED = (*TIMES, "InstanceNumber")
# Each place's images, by index.
Places = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Told:
    """What tells one part from others: a value of a parameter, or the place in time among ``of`` (from 1)."""

    parameter: Parameter
    value: Value = None
    order: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Slices by index that belong together, and what tells them from the others."""

    indices: tuple[int, ...]
    told: tuple[Told, ...] = ()


def parts_of(items: Sequence[OrthancItem], places: Places) -> list[Part]:
    """Tell images apart as far as their tags go.

    Args:
        items: The slices.
        places: For each place, the indices of its images in ``items``.

    Returns:
        Parts; one in which places have several images still is one that nothing tells apart.
    """
    place_of = {index: number for number, place in enumerate(places) for index in place}
    parts = [Part(tuple(place_of))]
    for parameter in PARAMETERS:
        parts = [new for part in parts for new in _split(part, parameter, items, place_of)]
    return [new for part in parts for new in _by_time(part, items, place_of)]


def most_at_one_place(indices: Iterable[int], place_of: dict[int, int]) -> int:
    """Return how many of these slices lie at one place at most."""
    return max(map(len, _at_places(indices, place_of)))


def _split(part: Part, parameter: Parameter, items: Sequence[OrthancItem], place_of: dict[int, int]) -> list[Part]:
    most = most_at_one_place(part.indices, place_of)
    if most == 1:
        return [part]
    values = {index: parameter.of(items[index]) for index in part.indices}
    different = set(values.values())
    several = [place for place in _at_places(part.indices, place_of) if len(place) > 1]
    telling = sum(len({values[index] for index in place}) > 1 for place in several)
    if not 1 < len(different) <= most or 2 * telling < len(several):
        return [part]
    return [
        Part(tuple(index for index in part.indices if values[index] == value), (*part.told, Told(parameter, value)))
        for value in in_order(different)
    ]


def _by_time(part: Part, items: Sequence[OrthancItem], place_of: dict[int, int]) -> list[Part]:
    places = _at_places(part.indices, place_of)
    count = len(places[0])
    if count == 1 or {len(place) for place in places} != {count}:
        return [part]
    for keyword in ORDERED:
        ordered = ordered_at_places(places, items, keyword)
        if ordered is not None:
            told = Told(Parameter("points in time", keyword, "time" if keyword in TIMES else "no."), of=count)
            return [
                replace(
                    part,
                    indices=tuple(place[order] for place in ordered),
                    told=(*part.told, replace(told, order=order + 1)),
                )
                for order in range(count)
            ]
    return [part]


def ordered_at_places(places: Places, items: Sequence[OrthancItem], keyword: str) -> list[list[int]] | None:
    """Return the images of each place in the order of a moment, or of how they are numbered.

    None where an image has none, two of a place share it, places have not as many, or the numbers tell nothing: they do
    where one volume is numbered after the other, or one place after the other.
    """
    found, values = [], []
    for place in places:
        moments = {index: moment_at(items[index], Keyword(keyword)) for index in place}
        numbers = [number for number in moments.values() if number is not None]
        if len(set(numbers)) != len(place) or len(place) != len(places[0]):
            return None
        found.append(sorted(place, key=lambda index: moments[index] or 0.0))
        values.append(sorted(numbers))
    return found if keyword in TIMES or _regular(values) else None


def _regular(numbers: Sequence[Sequence[float]]) -> bool:
    """Whether the numbers of each place's images, in order, go through volumes or through places."""
    by_order = list(zip(*numbers, strict=True))
    volumes = all(max(before) < min(after) for before, after in pairwise(by_order))
    return volumes or all(place[-1] - place[0] == len(place) - 1 for place in numbers)


def in_order(values: Iterable[Value]) -> list[Value]:
    """Return different values in their order: numbers first, words after, none last."""
    return sorted(values, key=_rank)


def _rank(value: Value) -> tuple[int, float, tuple[str, ...]]:
    if value is None:
        return (2, 0.0, ())
    return (0, value, ()) if isinstance(value, float) else (1, 0.0, value)


def _at_places(indices: Iterable[int], place_of: dict[int, int]) -> list[list[int]]:
    places: dict[int, list[int]] = {}
    for index in indices:
        places.setdefault(place_of[index], []).append(index)
    return list(places.values())
