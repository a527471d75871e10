"""Labels of one or several networks to structures, with the names and the post-processing that a package asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cc3d
import numpy as np
from numpy.typing import NDArray

from model.contours.label_mask import LabelMask
from model.contours.structure import BoxedMask, Structure
from model.engines.engine import NotDrawn
from model.engines.network.boxes import Box, boxes
from model.names.entry import Code, Entry
from model.names.naming import entry_for
from model.packages.document import Label

NOT_FOUND = "the model found none of it in the image"


def entries_of(labels: Sequence[Label]) -> tuple[Entry, ...]:
    """Entries for the labels whose package says something of its own; the others are named by the tables."""
    found: dict[str, Entry] = {}
    for label in labels:
        own = (label.name, label.full, label.colour, label.type, label.code, label.side)
        if label.label in found or all(value is None for value in own):
            continue
        entry = entry_for(label.label)
        found[label.label] = replace(
            entry,
            label=label.label,
            name=label.name or entry.name,
            full=label.full or entry.full,
            colour=label.colour or entry.colour,
            interpreted_type=label.type or entry.interpreted_type,
            code=Code(*label.code) if label.code else entry.code,
            side=entry.side if label.side is None else label.side,
        )
    return tuple(found.values())


def structures_of(
    drawn: NDArray[np.unsignedinteger],
    labels: Sequence[tuple[int, Label]],
    voxel_ml: float,
    regions: Sequence[tuple[Label, BoxedMask]] = (),
) -> tuple[list[Structure], list[NotDrawn]]:
    """Structures of a label map (slice, row, column) whose numbers ``labels`` explains, and of ``regions``.

    Which are masks of their own and may overlap everything.

    Labels with one text are merged, whatever they come from. Structures of the map are read from a copy of what it
    shows of them, so that it can be let go.
    """
    found = _Found.of(np.asarray(drawn, dtype=np.uint16), [number for number, _ in labels])
    numbers: dict[str, list[int]] = {}
    masks: dict[str, list[BoxedMask]] = {}
    rules: dict[str, Label] = {}
    for number, label in labels:
        numbers.setdefault(label.label, []).append(number)
        rules.setdefault(label.label, label)
    for label, mask in regions:
        masks.setdefault(label.label, []).append(mask)
        rules.setdefault(label.label, label)
    structures: list[Structure] = []
    missing: list[NotDrawn] = []
    for text, rule in rules.items():
        parts = [one for one in masks.get(text, ()) if not one.empty]
        of_map = found.mask(numbers.get(text, []))
        if of_map is not None:
            parts.append(of_map)
        if not parts:
            missing.append(NotDrawn(text, NOT_FOUND))
            continue
        mask = _cleaned(united(parts), rule, voxel_ml)
        if mask.empty:
            missing.append(NotDrawn(text, f"only specks below {rule.smallest_ml:g} ml were found"))
        else:
            structures.append(Structure(text, mask))
    return structures, missing


def united(parts: Sequence[BoxedMask]) -> BoxedMask:
    """One mask of all that lies in any of ``parts``, of which there is at least one."""
    if len(parts) == 1:
        return parts[0]
    low = np.min([part.origin for part in parts], axis=0)
    high = np.max([np.add(part.origin, part.shape) for part in parts], axis=0)
    whole = np.zeros(tuple(high - low), dtype=np.bool_)
    for part in parts:
        start = np.subtract(part.origin, low)
        box = tuple(slice(int(a), int(a) + size) for a, size in zip(start, part.shape, strict=True))
        whole[box] |= part.array
    return BoxedMask((int(low[0]), int(low[1]), int(low[2])), whole)


@dataclass(frozen=True)
class _Found:
    """What a label map shows of the wanted numbers: the part with all of them, from ``low`` on, and each one's box."""

    part: NDArray[np.unsignedinteger]
    low: tuple[int, int, int]
    boxes: Mapping[int, Box]

    @classmethod
    def of(cls, drawn: NDArray[np.uint16], numbers: Sequence[int]) -> _Found:
        """Copy that part of a map, with a byte a voxel where its numbers fit into one."""
        highest = int(drawn.max(initial=0))
        every = boxes(drawn, highest + 1)
        there = {number: box for number in numbers if number <= highest and (box := every[number]) is not None}
        around = _around(list(there.values()))
        kind: type[np.unsignedinteger] = np.uint8 if highest < 256 else np.uint16
        part: NDArray[np.unsignedinteger] = np.array(drawn[around], dtype=kind, order="C")
        return cls(part, (around[0].start, around[1].start, around[2].start), there)

    def mask(self, numbers: Sequence[int]) -> LabelMask | None:
        """Return the voxels of some of the numbers, None when there are none."""
        there = [number for number in numbers if number in self.boxes]
        if not there:
            return None
        z, y, x = _around([self.boxes[number] for number in there])
        inside = tuple(slice(one.start - low, one.stop - low) for one, low in zip((z, y, x), self.low, strict=True))
        return LabelMask((z.start, y.start, x.start), self.part[inside], there)


def _around(every: Sequence[Box]) -> Box:
    """Return the smallest box that holds all of these."""
    z, y, x = (
        slice(
            min((int(box[axis].start) for box in every), default=0),
            max((int(box[axis].stop) for box in every), default=0),
        )
        for axis in range(3)
    )
    return z, y, x


def _cleaned(mask: BoxedMask, rule: Label, voxel_ml: float) -> BoxedMask:
    """Pieces below ``smallest_ml`` dropped, and all but the largest where the rule says so."""
    if not rule.keep_largest and not rule.smallest_ml:
        return mask if isinstance(mask, LabelMask) else BoxedMask.crop(np.ascontiguousarray(mask.array), mask.origin)
    pieces, count = cc3d.connected_components(np.ascontiguousarray(mask.array), connectivity=26, return_N=True)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = 0
    keep = sizes * voxel_ml >= max(rule.smallest_ml, voxel_ml / 2)
    if rule.keep_largest and count:
        keep &= np.arange(count + 1) == int(sizes.argmax())
    return BoxedMask.crop(np.asarray(keep[pieces], dtype=np.bool_), mask.origin)
