"""Two drawings of one image, in fp32 and in less, to figures for each structure; and all figures to a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from model.contours.structure import BoxedMask
from model.engines.engine import Drawing
from model.packages.document import LowerPrecision
from model.packages.precision import ImageDrawn, PrecisionResult, StructureFigures

# Structures that are named with their figures in a sentence.
NAMED = 4


def compared(full: Drawing, reduced: Drawing, image: str, voxel_ml: float) -> list[StructureFigures]:
    """Return the figures of every structure that at least one of two drawings of an image holds."""
    before, after = masks(full), masks(reduced)
    return [
        _figures(label, before.get(label), after.get(label), image, voxel_ml)
        for label in dict.fromkeys((*before, *after))
    ]


def verdict(
    figures: Iterable[StructureFigures],
    images: Sequence[ImageDrawn],
    labels: Iterable[str],
    runtime: str,
    seconds: tuple[float, float] | None,
    precision: LowerPrecision = "bf16",
) -> PrecisionResult:
    """Kept when every structure that was found is kept on every image, and one at least was found.

    ``labels`` are all that the package draws: those that no image shows do not vote, and are named.
    """
    worst: dict[str, StructureFigures] = {}
    for one in figures:
        if one.label not in worst or _order(one) < _order(worst[one.label]):
            worst[one.label] = one
    found = sorted(worst.values(), key=_order)
    unseen = [label for label in dict.fromkeys(labels) if label not in worst]
    lost = [one for one in found if not one.kept]
    if lost:
        said, reason = "lost", f"{precision} does not keep {told(lost, precision)}"
    elif found:
        said, reason = "kept", f"{precision} keeps every structure that was found; least {found[0].words(precision)}"
    else:
        said = "untested"
        reason = f"none of its structures was found in an image, so that nothing is known of {precision}"
    return PrecisionResult.model_validate(
        {
            "runtime": runtime,
            "precision": precision,
            "verdict": said,
            "reason": reason,
            "images": images,
            "structures": found,
            "not_seen": unseen,
            "seconds": seconds,
        }
    )


def told(lost: Sequence[StructureFigures], precision: LowerPrecision) -> str:
    """Name the structures that lost most, with their figures."""
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    return ", ".join(one.words(precision) for one in lost[:NAMED]) + more


def _order(one: StructureFigures) -> tuple[bool, float, float]:
    """Return a key that puts first what lost most."""
    return one.kept, one.dice, -abs(one.change)


def masks(drawing: Drawing) -> Mapping[str, BoxedMask]:
    """Return the mask of each structure of a drawing."""
    return {one.label: one.mask for one in drawing.structures}


def _figures(
    label: str, full: BoxedMask | None, reduced: BoxedMask | None, image: str, voxel_ml: float
) -> StructureFigures:
    before, after = count(full), count(reduced)
    both = 0 if full is None or reduced is None else common(full, reduced)
    # What only the lower precision draws has no volume to compare with: all of it is a change.
    change = (after - before) / before if before else 1.0
    return StructureFigures(
        label=label,
        image=image,
        ml=before * voxel_ml,
        reduced_ml=after * voxel_ml,
        dice=2 * both / max(1, before + after),
        change=change,
    )


def count(mask: BoxedMask | None) -> int:
    """Return the voxels of a mask that are set; none where there is no mask."""
    return 0 if mask is None else mask.counts.all


def common(one: BoxedMask, other: BoxedMask) -> int:
    """Return the voxels that are set in both; each has its own box."""
    low = np.maximum(one.origin, other.origin)
    high = np.minimum(np.add(one.origin, one.shape), np.add(other.origin, other.shape))
    if (high <= low).any():
        return 0
    parts = [
        mask.array[tuple(slice(int(a - o), int(b - o)) for a, b, o in zip(low, high, mask.origin, strict=True))]
        for mask in (one, other)
    ]
    return int(np.count_nonzero(parts[0] & parts[1]))
