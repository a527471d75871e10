"""A drawing with the findings of all checks written into it."""

from __future__ import annotations

from dataclasses import replace

from model.engines.engine import Drawing, NotDrawn
from model.errors import EngineFailed
from model.quality.expected import partner, side_of
from model.quality.findings import of_one, of_pair
from model.series.geometry import SeriesGeometry
from model.series.line import sideways
from model.series.uneven import is_uneven

UNEVEN_STEPS = "drawn on slices that are not evenly spaced"
EMPTY = "the model found none of it in the image"


def with_quality_flags(drawing: Drawing, geometry: SeriesGeometry) -> Drawing:
    """Flag what looks wrong, after the engine's own flags, and move empty structures to what was not drawn.

    Raises EngineFailed when nothing is left: an empty structure set is no result.
    """
    empty = tuple(NotDrawn(one.label, EMPTY) for one in drawing.structures if one.mask.empty)
    structures = [one for one in drawing.structures if not one.mask.empty]
    if not structures:
        raise EngineFailed(
            "NOTHING_DRAWN",
            f"The model {drawing.algorithm.model} found none of its structures in this series; nothing was stored. "
            + "; ".join(f"{one.label}: {one.reason}" for one in drawing.not_drawn + empty),
        )
    flags = {one.label: list(one.flags) for one in structures}
    for one in structures:
        flags[one.label] += of_one(one, geometry)
    rights = {partner(one.label): one for one in structures if side_of(one.label) == "R"}
    for left in structures:
        right = rights.get(partner(left.label))
        if side_of(left.label) == "L" and right is not None:
            found = of_pair(left, right, geometry)
            flags[left.label] += found
            flags[right.label] += found
    of_series = [said] if (said := sideways(geometry)) is not None else []
    of_series += [UNEVEN_STEPS] if is_uneven(geometry) else []
    marked = tuple(replace(one, flags=tuple(dict.fromkeys([*flags[one.label], *of_series]))) for one in structures)
    return replace(drawing, structures=marked, not_drawn=drawing.not_drawn + empty)
