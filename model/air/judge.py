"""Two drawings of one image, with all tiles and without those of air, to voxels that differ; and those to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from model.engines.engine import Drawing
from model.engines.network.air import DRAWN
from model.packages.air import AirResult, ImageSkipped
from model.precision.judge import common, count, masks


def compared(whole: Drawing, skipping: Drawing, image: str, digest: str) -> ImageSkipped:
    """Return how many voxels of an image's structures are in one of two drawings only."""
    before, after = masks(whole), masks(skipping)
    differing = 0
    for label in {*before, *after}:
        one, other = before.get(label), after.get(label)
        both = 0 if one is None or other is None else common(one, other)
        differing += count(one) + count(other) - 2 * both
    air = skipping.air
    return ImageSkipped(
        name=image,
        digest=digest,
        tiles=0 if air is None else air.tiles,
        skipped=0 if air is None else air.skipped,
        voxels=sum(count(one) for one in before.values()),
        differing=differing,
    )


def verdict(
    images: Sequence[ImageSkipped], reasons: Sequence[str], computed_by: str, seconds: tuple[float, float]
) -> AirResult:
    """Return "same" when tiles were skipped, structures were found beside them, and not one voxel differs.

    ``reasons`` are those for which tiles of air had to be computed: what is drawn in air once refuses the package.
    """
    found = [one for one in images if one.skipped and one.voxels]
    differing = [one for one in images if one.differing]
    said: Literal["same", "differs", "untested"]
    if differing:
        one = differing[0]
        said, reason = "differs", f"{one.differing} voxel(s) of {one.voxels} differ on {one.name}"
    elif any(DRAWN in one for one in reasons):
        said, reason = "differs", DRAWN
    elif found:
        said, reason = "same", f"not one voxel differs on {len(found)} image(s)"
    elif reasons:
        said, reason = "untested", reasons[0]
    elif any(one.skipped for one in images):
        said, reason = "untested", "none of its structures was found in an image, so that nothing is known"
    else:
        said, reason = "untested", "no image has enough tiles that are only air, so that there is nothing to skip"
    return AirResult(computed_by=computed_by, verdict=said, reason=reason, images=list(images), seconds=seconds)
