"""Two acquisitions in one stack of slices, the one between the other: told by what scanners write of acquisitions.

Half a step apart and in another breath they make one evenly spaced volume that never existed. Attributes: DICOM PS3.3
C.7.6.1.1 (acquisition number, date and time), C.7.6.16.2.2 and C.8.3.1 (echo, trigger, temporal position), C.8.13.5.9
(b-value). MR acquires every other slice first as a matter of course, so that its times and numbers say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from model.series.header import ACQUISITION, SliceHeader

# Times differ from slice to slice of one acquisition, too; only where many share one do they name an acquisition.
TIMES = ("TriggerTime", "AcquisitionTime", "AcquisitionDateTime", "ContentTime")
# Fewer slices than this are not an acquisition of their own.
LEAST = 3
# So many acquisitions are looked for in turn.
MOST = 4


@dataclass(frozen=True, slots=True)
class Interleaving:
    """The attribute that tells apart, and the indices of the slices of each acquisition.

    ``certain``: slices of one acquisition share its value. Otherwise only the order of its values tells: every other
    slice of the stack came after all those between.
    """

    keyword: str
    groups: tuple[tuple[int, ...], ...]
    certain: bool


def interleaving_of(headers: Sequence[SliceHeader]) -> Interleaving | None:
    """Look for acquisitions that lie between each other; ``headers`` come in the order along the normal."""
    if len(headers) < 2 * LEAST:
        return None
    times_tell = headers[0].modality != "MR"
    values = {
        keyword: [header.acquisition[place] if header.acquisition else "" for header in headers]
        for place, keyword in enumerate(ACQUISITION)
    }
    values["ImageType"] = ["\\".join(header.image_type) for header in headers]
    for keyword, column in values.items():
        if times_tell or keyword not in TIMES:
            groups = _shared(column)
            if groups and _between(column):
                return Interleaving(keyword, groups, certain=True)
    if times_tell:
        values["InstanceNumber"] = [header.instance_number for header in headers]
        for keyword in ("AcquisitionTime", "AcquisitionDateTime", "InstanceNumber"):
            runs = _runs(values[keyword])
            if runs is not None:
                return Interleaving(keyword, runs, certain=False)
    return None


def _shared(column: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Return indices by value, where every value is that of enough slices."""
    groups: dict[str, list[int]] = {}
    for index, value in enumerate(column):
        groups.setdefault(value, []).append(index)
    if len(groups) < 2 or "" in groups or min(map(len, groups.values())) < LEAST:
        return ()
    return tuple(map(tuple, groups.values()))


def _between(column: Sequence[object]) -> bool:
    """Whether slices of one kind lie between slices of another, again and again, and not just in blocks."""
    kinds = set(column)
    smallest = min(map(column.count, kinds))
    return any(_returns(column, period) >= max(LEAST, smallest // 2) for period in range(2, min(len(kinds), MOST) + 1))


def _returns(column: Sequence[object], period: int) -> int:
    """How often a slice and the one beside it are of different kinds, and the one a period away of the same."""
    return sum(
        column[index] == column[index + period] and column[index] != column[index + 1]
        for index in range(len(column) - period)
    )


def _runs(column: Sequence[str]) -> tuple[tuple[int, ...], ...] | None:
    """Return the two runs through the stack that slices make in the order of their values.

    None unless these lie between each other.
    """
    try:
        numbers = [float(value) for value in column]
    except ValueError:
        return None
    if len(set(numbers)) != len(numbers) or not all(map(isfinite, numbers)):
        return None
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    forward = [after > before for before, after in pairwise(order)]
    # One change back to the beginning, or a turn at the end of the stack.
    turns = [place for place in range(1, len(forward)) if forward[place] != forward[place - 1]]
    if len(turns) not in (1, 2) or turns[-1] - turns[0] != len(turns) - 1:
        return None
    cut = turns[0] + 1
    first, second = sorted(order[:cut]), sorted(order[cut:])
    if min(len(first), len(second)) < LEAST:
        return None
    kinds: list[object] = [0] * len(column)
    for index in second:
        kinds[index] = 1
    return (tuple(first), tuple(second)) if _between(kinds) else None
