"""The pairs of the kit: what is drawn on which grid, what came of it, and the right answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from model.compare.kit import closed_forms as closed
from model.compare.kit.closed_forms import Answers
from model.compare.kit.grids import EVEN, GANTRY, THIN, TILTED, UNEVEN, Grid
from model.compare.kit.shapes import Box, Several, Shape, Shell, Sphere, Without

MIDDLE = (0.0, 0.0, 0.0)
CUBE = Box((-15.0, -15.0, -15.0), (15.0, 15.0, 15.0))
SIZE = 30.0
CUBIC = SIZE**3
SLICE_MM, THIN_MM = 3.0, 1.25
# Surface Dice of shapes that lie at one distance is asked away from it.
TOLERANCE_MM = 2.0


@dataclass(frozen=True)
class Case:
    """One ROI of a pair; ``reference`` or ``other`` is None where only one of them has it.

    ``shift`` is the move of the centroid in the axes of the grid, where it is asked.
    """

    name: str
    reference: Shape | None
    other: Shape | None
    verdict: str
    answers: Answers
    tolerance_mm: float = TOLERANCE_MM
    shift: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Pair:
    """Two structure sets on one grid."""

    grid: Grid
    cases: tuple[Case, ...] = field(default_factory=tuple)


def pairs() -> tuple[Pair, ...]:
    """Return the whole kit."""
    return (
        Pair(EVEN, (_box_across(), _box_along(), _sphere(), _sphere_grown(SLICE_MM), _shell(), *_simple(), *_slices())),
        Pair(THIN, (_sphere(), _sphere_grown(THIN_MM))),
        Pair(TILTED, (_box_across(), _sphere())),
        Pair(GANTRY, (_box_across(), _sphere())),
        Pair(UNEVEN, (_box_uneven(UNEVEN),)),
    )


def _moved(box: Box, u: float = 0.0, w: float = 0.0) -> Box:
    (u0, v0, w0), (u1, v1, w1) = box.low, box.high
    return Box((u0 + u, v0, w0 + w), (u1 + u, v1, w1 + w))


def _box_across() -> Case:
    answers = closed.box_moved((SIZE, SIZE, SIZE), 4.0, TOLERANCE_MM)
    # On each of ten slices 64 voxels of 1 mm of the rim are new.
    answers |= {"AddedPathLengthMm": closed.count(640.0), "SlicesEdited": closed.count(10)}
    return Case("BoxAcross", CUBE, _moved(CUBE, u=4.0), "edited", answers, shift=(4.0, 0.0, 0.0))


def _box_along() -> Case:
    answers = closed.box_moved((SIZE, SIZE, SIZE), 6.0, TOLERANCE_MM)
    answers |= {"AddedPathLengthMm": closed.count(232.0), "SlicesEdited": closed.count(4)}
    return Case("BoxAlong", CUBE, _moved(CUBE, w=6.0), "edited", answers, shift=(0.0, 0.0, 6.0))


def _box_uneven(grid: Grid) -> Case:
    slabs = [slab for slab in grid.slabs() if slab[0] > -16.0 and slab[1] < 16.0]
    box = Box((-15.0, -15.0, slabs[0][0]), (15.0, 15.0, slabs[-1][1]))
    answers = closed.box_moved((SIZE, SIZE, slabs[-1][1] - slabs[0][0]), 4.0, TOLERANCE_MM)
    answers |= {"AddedPathLengthMm": closed.count(64.0 * len(slabs)), "SlicesEdited": closed.count(len(slabs))}
    return Case("BoxAcross", box, _moved(box, u=4.0), "edited", answers, shift=(4.0, 0.0, 0.0))


def _sphere() -> Case:
    answers = closed.sphere_moved(20.0, 6.0, TOLERANCE_MM)
    return Case("Sphere", Sphere(MIDDLE, 20.0), Sphere((6.0, 0.0, 0.0), 20.0), "edited", answers, shift=(6.0, 0.0, 0.0))


def _sphere_grown(slice_mm: float) -> Case:
    answers = closed.sphere_grown(20.0, 22.0, 3.0, slice_mm)
    return Case("SphereGrown", Sphere(MIDDLE, 20.0), Sphere(MIDDLE, 22.0), "edited", answers, 3.0)


def _shell() -> Case:
    rim = Sphere(MIDDLE, 20.0)
    reference, other = Shell(rim, Sphere(MIDDLE, 10.0)), Shell(rim, Sphere(MIDDLE, 12.0), keyholes=True)
    return Case("Shell", reference, other, "edited", closed.shell_hollowed(20.0, 10.0, 12.0, 1.0, SLICE_MM), 1.0)


def _simple() -> tuple[Case, ...]:
    rim, hole = Sphere(MIDDLE, 20.0), Sphere(MIDDLE, 10.0)
    volume = 4 / 3 * math.pi * (20.0**3 - 10.0**3)
    near, far = (
        Box((-30.0, -10.0, -12.0), (-10.0, 10.0, 12.0)),
        Box((10.0, -10.0, -12.0), (30.0, 10.0, 12.0)),
    )
    half = 20.0 * 20.0 * 24.0
    return (
        Case("Untouched", CUBE, CUBE, "untouched", closed.untouched(CUBIC, curved=False)),
        Case(
            "Keyhole", Shell(rim, hole), Shell(rim, hole, keyholes=True), "untouched",
            closed.untouched(volume, curved=True),
        ),
        Case(
            "OneOfTwo", Several((near, far)), near, "edited",
            # The lost box's far side is as far off as it is long, and the gap.
            {**closed.volumes(2 * half, half, half, curved=False), "HausdorffMm": closed.Answer(40.0, 0.8)},
        ),
        Case("Deleted", CUBE, None, "deleted", {"Volume": closed.Answer(CUBIC / 1000, 0.027)}),
        Case("Added", None, CUBE, "added", {"OtherVolume": closed.Answer(CUBIC / 1000, 0.027)}),
    )  # fmt: skip


def _slices() -> tuple[Case, ...]:
    """Slices that are lost and ends that are cut: what is counted, and no distance."""
    sheet = SIZE * SIZE * SLICE_MM
    lost, cut = CUBIC - sheet, CUBIC - 3 * sheet
    top = Box(CUBE.low, (15.0, 15.0, 15.0 - 3 * SLICE_MM))
    return (
        Case(
            "SliceMissing", CUBE, Without(CUBE, (1.0,)), "edited",
            {
                **closed.volumes(CUBIC, lost, lost, curved=False),
                "SlicesMissing": closed.count(1), "SlicesCut": closed.count(0), "SlicesEdited": closed.count(1),
            },
        ),
        Case(
            "EndCut", CUBE, top, "edited",
            {
                **closed.volumes(CUBIC, cut, cut, curved=False),
                "SlicesMissing": closed.count(0), "SlicesCut": closed.count(3), "SlicesEdited": closed.count(3),
            },
        ),
    )  # fmt: skip
