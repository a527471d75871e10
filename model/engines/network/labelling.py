"""Logits on a coarse grid to labels on a fine one: layer by layer of the coarse grid, with no field of all classes.

Between two coarse slices the fine ones are decided cell by cell; see candidates.py for what is looked at in a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.network import kernel
from model.engines.network.axis import Axis, blended
from model.engines.network.candidates import largest
from model.engines.network.finite import require_finite
from model.engines.network.threads import pool
from model.process.cores import threads as count

Shape = tuple[int, int, int]
Labels = NDArray[np.uint16]
Logits = NDArray[np.float32]
# What a network finds: a label map (z, y, x), or where its channels are decided one by one a mask for each.
Found = Labels | tuple[BoxedMask, ...]
# Parts of a layer for each thread: some have more structures in them than others.
PARTS = 4


def labels_of(logits: Iterator[Logits], coarse: Shape, fine: Shape, orders: Sequence[int] = (1, 1, 1)) -> Labels:
    """Return the (z, y, x) uint16 label of the largest class on a grid of ``fine``; class 0 is the background.

    The slices (classes, y, x) are those of a grid of ``coarse``.
    """
    labels = np.zeros(fine, dtype=np.uint16)
    z, y, x = (Axis.between(c, f, order) for c, f, order in zip(coarse, fine, orders, strict=True))
    with pool() as threads:
        for below, above, part in layers(logits, z):
            if kernel.KERNEL is None:
                largest_between(below, above, z.share[part], y, x, labels[part])
            else:
                _in_parts(_Layer(below, above, z.cut(part), y, x, labels[part]), threads)
    return labels


def layers(logits: Iterator[Logits], z: Axis) -> Iterator[tuple[Logits, Logits, slice]]:
    """Yield two neighbouring coarse slices with the fine ones between them; at an edge the two are one."""
    held: dict[int, Logits] = {}
    arrived = -1
    for below, above, first, end in z.spans.tolist():
        while arrived < above:
            arrived += 1
            arriving = np.ascontiguousarray(next(logits), dtype=np.float32)
            require_finite(float(arriving.sum()))
            if arrived >= below:
                held[arrived] = arriving
        for old in [key for key in held if key < below]:
            del held[old]
        yield held[below], held[above], slice(first, end)
    held.clear()
    for _ in logits:  # slices beyond the last that is asked for: the window must be run to its end
        pass


def largest_between(
    below: Logits, above: Logits, shares: NDArray[np.float32], y: Axis, x: Axis, labels: Labels
) -> None:
    """Write the labels (n, y, x) of the fine slices between two coarse ones, in numpy."""
    for share, sheet in zip(shares, labels, strict=True):
        sheet[:] = largest(blended(below, above, share), y, x)


@dataclass(frozen=True)
class _Layer:
    below: Logits
    above: Logits
    z: Axis
    y: Axis
    x: Axis
    labels: Labels


def _in_parts(one: _Layer, threads: Executor) -> None:
    """Decide the rows of cells of a layer on all threads."""
    y_spans, x_spans = one.y.spans, one.x.spans
    parts = min(len(y_spans), PARTS * count())
    bounds = [len(y_spans) * index // parts for index in range(parts + 1)]
    assert kernel.KERNEL is not None, "asked by the caller"
    decide = kernel.KERNEL.layer

    def part(index: int) -> None:
        decide(
            one.below, one.above, one.below.shape, one.z.near, one.z.weight,
            y_spans, one.y.near, one.y.weight, x_spans, one.x.near, one.x.weight,
            one.labels, bounds[index], bounds[index + 1],
        )  # fmt: skip

    list(threads.map(part, range(parts)))


__all__ = ["Found", "Labels", "Logits", "Shape", "labels_of"]
