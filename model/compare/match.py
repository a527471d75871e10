"""Which ROI of another structure set is which of ours: by code, by name, never by number and never by where it lies.

A stage pairs what it can pair without doubt, one with one; the next sees only what is left. What several could be is
paired with none of them, and said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from model.compare.identity import Identity

# Systems that cut names cut them here: SH of DICOM, and one less for an ending zero.
CUT_LENGTHS = (15, 16)

Alike = Callable[[Identity, Identity], bool]


@dataclass(frozen=True)
class Matching:
    """Pairs as indices (ours, the other's), and what is ambiguous on either side; everything else is alone.

    ``at_odds`` says of pairs, by the index of ours, what speaks against them.
    """

    pairs: Mapping[int, int]
    ambiguous: frozenset[int]
    other_ambiguous: frozenset[int]
    at_odds: Mapping[int, str]


def match(ours: Sequence[Identity], others: Sequence[Identity], aliases: Mapping[str, str]) -> Matching:
    """Pair the ROIs of two structure sets; ``aliases`` maps names of the other one to ours."""
    known = {name.strip().casefold(): own.strip().casefold() for name, own in aliases.items()}

    def by_alias(one: Identity, other: Identity) -> bool:
        return bool(one.name) and known.get(other.name.casefold()) == one.name.casefold()

    names: tuple[Alike, ...] = (_same_name, by_alias, _same_plain_name, _cut_name)
    # Of two that are equal in all else, the one that is drawn is meant, not the place that is kept for it.
    narrower = (*names, _both_drawn)
    pairs: dict[int, int] = {}
    doubts = _pair(ours, others, _same_code, narrower, pairs)
    for alike in names:
        doubts += _pair(ours, others, alike, narrower, pairs)
    taken = set(pairs.values())
    open_doubts = [(one, other) for one, other in doubts if one not in pairs and other not in taken]
    odds = {one: words for one, other in pairs.items() if (words := _against(one, other, ours, others, known))}
    return Matching(
        pairs,
        frozenset(one for one, _ in open_doubts),
        frozenset(other for _, other in open_doubts),
        odds,
    )


def _pair(
    ours: Sequence[Identity], others: Sequence[Identity], alike: Alike, names: Sequence[Alike], pairs: dict[int, int]
) -> list[tuple[int, int]]:
    """Pair what is alike one to one; among several, those that one of ``names`` singles out. Return what is left."""
    while True:
        taken = set(pairs.values())
        found = [
            (a, b)
            for a, one in enumerate(ours)
            if a not in pairs
            for b, other in enumerate(others)
            if b not in taken and alike(one, other)
        ]
        sure = _alone(found)
        for by_name in names:
            if not sure:
                sure = _alone([(a, b) for a, b in found if by_name(ours[a], others[b])])
        if not sure:
            return found
        pairs.update(sure)


def _alone(found: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    lefts, rights = [a for a, _ in found], [b for _, b in found]
    return [(a, b) for a, b in found if lefts.count(a) == 1 and rights.count(b) == 1]


def _same_code(one: Identity, other: Identity) -> bool:
    return bool(one.codes & other.codes) and _sides_agree(one, other)


def _same_name(one: Identity, other: Identity) -> bool:
    return bool(one.name) and one.name == other.name


def _same_plain_name(one: Identity, other: Identity) -> bool:
    return bool(one.plain) and one.plain == other.plain and _sides_agree(one, other)


def _cut_name(one: Identity, other: Identity) -> bool:
    return len(other.name) in CUT_LENGTHS and len(one.name) > len(other.name) and one.name.startswith(other.name)


def _both_drawn(one: Identity, other: Identity) -> bool:
    return one.drawn and other.drawn


def _sides_agree(one: Identity, other: Identity) -> bool:
    return not one.side or not other.side or one.side == other.side


def _against(
    index: int, paired: int, ours: Sequence[Identity], others: Sequence[Identity], aliases: Mapping[str, str]
) -> str:
    """Return what speaks against a pair that code or name made, in words; empty when nothing does."""
    one, other = ours[index], others[paired]
    if not _sides_agree(one, other):
        return "paired by its name, while its code says another side"
    if one.codes & other.codes:
        if _same_name(one, other) or aliases.get(other.name.casefold()) == one.name.casefold():
            return ""
        if any(_same_name(one, third) for number, third in enumerate(others) if number != paired):
            return "paired by its code, while another ROI has its name"
        if any(_same_plain_name(third, other) for number, third in enumerate(ours) if number != index):
            return "paired by its code, while its name is that of another ROI"
        return ""
    schemes = {scheme for _, scheme in one.codes} & {scheme for _, scheme in other.codes}
    return "paired by its name, while its code is that of another structure" if schemes else ""
