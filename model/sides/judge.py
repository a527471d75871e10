"""Structures on a sample to a verdict: which lie on their side of the body's middle, and which on the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask, Structure
from model.engines.network.orientation import oriented
from model.names.sides import partner
from model.packages.sides import Sides
from model.volume.volume import Volume

# What is within this of the middle says nothing, and neither does a structure smaller than this, or one of which less
# than this share lies on one side: noise falls on both.
MIDDLE_MM = 5.0
SMALLEST_ML = 0.2
SHARE = 0.75
# Its middle lies at least so far from the body's: the adrenal glands' do by three times as much.
APART_MM = 8.0
SOFT_TISSUE_HU = -300.0
# Of an MR, the share of its brighter values below which it is air.
AIR_SHARE = 0.2
NAMED = 6


@dataclass(frozen=True)
class Placed:
    """Where one structure lies: on its ``side``, on the ``other``, or ``unclear``."""

    label: str
    side: str
    found: Literal["side", "other", "unclear"]


def placed(structures: Sequence[Structure], sides: Mapping[str, str], volume: Volume) -> tuple[Placed, ...]:
    """Judge the structures that ``sides`` (label → L or R) knows on a sample that shows a whole body from the side."""
    turned = oriented(volume, "LPS")
    shape = (turned.array.shape[0], turned.array.shape[1], turned.array.shape[2])
    middle = middle_of(np.asarray(turned.array), volume.geometry.modality)
    voxel_ml = float(np.prod(turned.spacing)) / 1000.0
    found = []
    for one in structures:
        if one.label in sides:
            mask = turned.turn.forth(one.mask, volume.array.shape, shape)
            found.append(
                Placed(one.label, sides[one.label], _where(mask, sides[one.label], middle, turned.spacing[2], voxel_ml))
            )
    return tuple(found)


def middle_of(array: NDArray[Any], modality: str) -> float:
    """Column index of the body's middle in an image (slice, row, column) with columns that grow to the left."""
    level = SOFT_TISSUE_HU if modality == "CT" else AIR_SHARE * float(np.percentile(array, 99))
    body = array > level
    pieces, count = ndimage.label(body)
    if count > 1:  # the table and what lies beside the patient
        body = pieces == int(np.bincount(pieces.ravel())[1:].argmax()) + 1
    columns = np.arange(array.shape[2])
    sizes = body.sum(axis=(1, 2))
    whole = body.sum(axis=1)[sizes > 0.2 * sizes.max()]
    return float(np.median((whole @ columns) / whole.sum(axis=1))) if len(whole) else (array.shape[2] - 1) / 2


def _where(
    mask: BoxedMask, side: str, middle: float, column_mm: float, voxel_ml: float
) -> Literal["side", "other", "unclear"]:
    counts = mask.counts.columns
    distance = (np.arange(len(counts)) + mask.origin[2] - middle) * column_mm
    left, right = int(counts[distance > MIDDLE_MM].sum()), int(counts[distance < -MIDDLE_MM].sum())
    if counts.sum() * voxel_ml < SMALLEST_ML:
        return "unclear"
    centre = float(np.average(distance, weights=counts))
    if abs(centre) < APART_MM or max(left, right) < SHARE * counts.sum():
        return "unclear"
    return "side" if (centre > 0) == (side == "L") else "other"


def verdict(found: Sequence[Placed], sample: str) -> Sides:
    """Mirrored when all that is clear lies on the other side, or both of a pair do; verified when nothing does.

    One alone, beside others that lie right, is a network's mistake on this image and no mirror.
    """
    right = [one for one in found if one.found == "side"]
    wrong = [one for one in found if one.found == "other"]
    pairs = Counter(partner(one.label) for one in wrong)
    exchanged = wrong if not right else [one for one in wrong if pairs[partner(one.label)] > 1]
    if exchanged:
        return Sides(verdict="mirrored", reason=f"in the {sample} {_told(exchanged)}", structures=_labels(exchanged))
    if wrong:
        return Sides(
            verdict="not verifiable",
            reason=f"in the {sample} {_told(wrong)}, others lie right",
            structures=_labels(wrong),
        )
    if right:
        words = f"in the {sample} {_names(right)} lie(s) on the named side of the body"
        return Sides(verdict="verified", reason=words, structures=_labels(right))
    if found:
        return Sides(verdict="not verifiable", reason=f"in the {sample} {_names(found)} lie(s) on no clear side")
    return Sides(verdict="not verifiable", reason=f"none of its structures with a side was found in the {sample}")


def _told(wrong: Sequence[Placed]) -> str:
    return f"{_names(wrong)} lie(s) on the other side of the body"


def _names(found: Sequence[Placed]) -> str:
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(one.label for one in found[:NAMED]) + more


def _labels(found: Sequence[Placed]) -> list[str]:
    return [one.label for one in found]
