"""``Pick`` applied to the slices of a series: each criterion leaves those that it wants, and never the nearest.

A word such as "shortest" wants the least value that there is. Points in time that differ from slice to slice are
compared at each place, where every place has as many images.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

from model.errors import InputRefused
from model.series.refusals import NO_HELP
from plugin.facts.dictionary import tag_of
from plugin.facts.image_words import is_called, meanings_of
from plugin.facts.kinds import NOTHING_PICKED
from plugin.facts.objects import Slice
from plugin.facts.parameters import B_VALUE, IMAGE_TYPE, KINDS, PARAMETERS, TIMES, moment_at, number_at
from plugin.facts.parts import ORDERED, ordered_at_places
from plugin.facts.planes import at_places, by_plane
from plugin.facts.volumes import LEAST_SLICES, Volumes, tell_apart
from routing.facts import fold
from routing.names import Keyword, Step, Tag
from routing.pick import Criterion, Pick

# Two texts of one number (PS3.5 6.2, DS) differ by less than this part of it: 92.04 is 92, and 2.456 is not 2.46.
TOLERANCE = 5e-4
# Least and greatest values are taken together with those that differ only in how they were rounded: by this part, and
# points in time by so many of their unit.
_ROUNDED, _AT_ONCE = 1e-6, 1e-3


def picked(found: Volumes, pick: Pick) -> Volumes:
    """Tell apart what the criteria leave; raises InputRefused with NOTHING_PICKED when one leaves nothing."""
    left = [one for volume in found.volumes for one in volume.slices]
    for criterion in pick.criteria:
        kept = _kept(left, criterion)
        if not kept:
            raise InputRefused(NOTHING_PICKED, _nothing(criterion, left))
        left = kept
    return tell_apart(left) if pick.criteria else found


def _kept(slices: Sequence[Slice], criterion: Criterion) -> list[Slice]:
    if criterion.greatest is not None:
        return _at_the_end(slices, criterion)
    return [one for one in slices if _fits(one, criterion)]


def _fits(one: Slice, criterion: Criterion) -> bool:
    if criterion.missing:
        return not one.item.values(criterion.step) and number_at(one.item, criterion.step) is None
    number = number_at(one.item, criterion.step)
    if criterion.number is not None and number is not None:
        return isclose(number, criterion.number, rel_tol=TOLERANCE, abs_tol=1e-6)
    wanted = fold(str(criterion.wanted))
    if _keyword_of(criterion.step) == IMAGE_TYPE:
        return is_called(KINDS.words(one.item), wanted) or fold("\\".join(one.header.image_type)) == wanted
    return any(fold(value) == wanted for value in one.item.values(criterion.step) if isinstance(value, str))


def _at_the_end(slices: Sequence[Slice], criterion: Criterion) -> list[Slice]:
    """Return the slices with the least or greatest value; raises InputRefused where that says nothing of volumes."""
    values = {at: moment_at(one.item, criterion.step) for at, one in enumerate(slices)}
    numbers = {at: value for at, value in values.items() if value is not None}
    if not numbers:
        return []
    keyword = _keyword_of(criterion.step)
    if keyword in ORDERED and any(_differs_within(group, keyword) for group in by_plane(slices)):
        kept = _ends_of_places(slices, keyword, greatest=bool(criterion.greatest))
    else:
        end = max(numbers.values()) if criterion.greatest else min(numbers.values())
        within = _AT_ONCE if keyword in TIMES else _ROUNDED * abs(end)
        kept = [slices[at] for at, value in numbers.items() if abs(value - end) <= within]
    if not kept or len(kept) < LEAST_SLICES <= len(slices) // 2:
        raise InputRefused(
            NOTHING_PICKED,
            f"Pick wants {criterion.words}, and {criterion.attribute} differs from slice to slice, so that it tells no "
            f"volume from another: not every place has as many images with a value of their own. {NO_HELP}, unless "
            "slices are missing; name another attribute in Pick of the rule.",
        )
    return kept


def _differs_within(group: Sequence[Slice], keyword: str) -> bool:
    """Whether slices have more values than a place has images: then they are none of the whole volume."""
    values = {moment_at(one.item, Keyword(keyword)) for one in group}
    return len(values) > max(map(len, at_places(group)), default=0)


def _ends_of_places(slices: Sequence[Slice], keyword: str, *, greatest: bool) -> list[Slice]:
    """Return the first or last image of each place; none where places have not as many, each with its moment."""
    kept = []
    for group in by_plane(slices):
        places = at_places(group)
        ordered = ordered_at_places(places, [one.item for one in group], keyword)
        if ordered is None:
            return []
        kept += [group[place[-1 if greatest else 0]] for place in ordered]
    return kept


def _nothing(criterion: Criterion, slices: Sequence[Slice]) -> str:
    return (
        f"Pick wants {criterion.words}, and none of {len(slices)} slices has it: {_what_there_is(criterion, slices)}. "
        f"{NO_HELP}; name what is there in Pick of the rule, or ask for it by POST /autocontour/series/{{id}}/jobs."
    )


def _what_there_is(criterion: Criterion, slices: Sequence[Slice]) -> str:
    keyword = _keyword_of(criterion.step)
    parameter = next((one for one in PARAMETERS if one.keyword == keyword and one.largest is not None), None)
    if parameter is not None:
        values = [parameter.of(one.item) for one in slices]
        if set(values) != {None}:
            return f"there are {parameter.counted(values)}"
        return f"{criterion.attribute} is missing in all of them"
    if keyword == IMAGE_TYPE:
        words = {word for one in slices for word in KINDS.words(one.item)}
        return f"there are images that ImageType calls {', '.join(meanings_of(words)) or 'by no word that is known'}"
    different = {one.item.values(criterion.step) for one in slices}
    if different == {()}:
        return f"{criterion.attribute} is missing in all of them"
    return f"there are {len(different)} different values of it"


def _keyword_of(step: Step) -> str:
    """Return the keyword of an attribute, however it is named; empty where it has none that is known here."""
    if isinstance(step, Keyword):
        return step.name
    known = (B_VALUE, IMAGE_TYPE, "InstanceNumber", *TIMES, *(one.keyword for one in PARAMETERS))
    return next((one for one in known if isinstance(step, Tag) and tag_of(one) == step.tag), "")
