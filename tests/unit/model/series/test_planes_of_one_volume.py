"""Planes belong together by what their differences amount to over the image, in mm, and by their common plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.errors import InputRefused
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from model.series.parallel import groups
from plugin.facts.completeness import CompletenessState, completeness_of
from plugin.facts.selection import select
from plugin.facts.volumes import volumes_of
from tests.builders.orthanc_tags import series, slice_tags

AXIAL = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
SIZE, PIXEL = 512, 0.9765625  # 500 mm


@dataclass(frozen=True)
class Plane:
    row_direction: tuple[float, float, float]
    column_direction: tuple[float, float, float]
    spacing: tuple[float, float] = (PIXEL, PIXEL)


def planes(cosines: NDArray[np.float64]) -> list[Plane]:
    made = []
    for one in cosines:
        row, column = one[:3] / np.linalg.norm(one[:3]), one[3:] / np.linalg.norm(one[3:])
        made.append(Plane((row[0], row[1], row[2]), (column[0], column[1], column[2])))
    return made


def tags(cosines: NDArray[np.float64], **attributes: Any) -> dict[str, dict[str, Any]]:
    attributes = {"PixelSpacing": f"{PIXEL}\\{PIXEL}"} | attributes
    return series(
        *(
            slice_tags(3.0 * n, n + 1, ImageOrientationPatient="\\".join(f"{v:.7f}" for v in one), **attributes)
            for n, one in enumerate(cosines)
        )
    )


def turned(degrees: float) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle), 0, -np.sin(angle), np.cos(angle), 0])


def noise(index: int) -> NDArray[np.float64]:
    return AXIAL + np.random.default_rng(index).uniform(-2e-4, 2e-4, 6)


NOTHING: dict[str, Callable[[int], NDArray[np.float64]]] = {
    "the first three off by a tenth of a mm": lambda n: AXIAL if n > 2 else turned(np.degrees(0.1 / 500)),
    "the first three off by 0.2 mm": lambda n: AXIAL if n > 2 else turned(np.degrees(0.2 / 500)),
    "the first alone": lambda n: AXIAL if n else turned(np.degrees(0.2 / 500)),
    "the last alone": lambda n: AXIAL if n < 39 else turned(np.degrees(0.2 / 500)),
    "noise of 0.0002": noise,
    "two halves, each by 0.1 mm": lambda n: turned(np.degrees((0.1 if n % 2 else -0.1) / 500)),
}


@pytest.mark.parametrize("kind", NOTHING)
def test_differences_of_a_tenth_of_a_millimetre_are_none(kind: str) -> None:
    found = volumes_of(tags(np.array([NOTHING[kind](n) for n in range(40)])))
    assert completeness_of(found).state is CompletenessState.WHOLE
    chosen = select(found)
    assert len(chosen.kept) == 40
    assert chosen.left_out == ()
    assert len(geometry_of(chosen.kept).planes) == 40


@pytest.mark.parametrize("away_mm", [0.5, 0.75, 3.0, 40.0])
@pytest.mark.parametrize("which", ["the first", "in the middle", "the last"])
def test_half_a_pixel_at_the_far_edge_is_another_plane(away_mm: float, which: str) -> None:
    at = {"the first": 0, "in the middle": 20, "the last": 37}[which]
    odd = turned(np.degrees(away_mm / 500))
    cosines = np.array([odd if at <= n < at + 3 else AXIAL for n in range(40)])
    found = volumes_of(tags(cosines))
    sizes = sorted(len(volume.slices) for volume in found.volumes)
    assert sum(sizes) + len(found.localizers) == 40
    assert max(sizes) == 37
    with pytest.raises(InputRefused, match="GEOMETRY_MIXED"):
        geometry_of(header for header in headers_of(cosines))


def headers_of(cosines: NDArray[np.float64]) -> list[SliceHeader]:
    return [
        SliceHeader(
            "1.2.840.10008.5.1.4.1.1.2", f"2.25.{n}", "2.25.1", "2.25.2", "2.25.3", "CT", (), ("0", "0", str(3 * n)),
            tuple(f"{v:.9f}" for v in one), (str(PIXEL), str(PIXEL)), str(SIZE), str(SIZE),
        )
        for n, one in enumerate(cosines)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spacing", "volumes"), [("0.9765\\0.9765", 1), ("0.9760\\0.9760", 1), ("0.9755\\0.9765625", 2), ("1\\1", 2)]
)
def test_pixel_spacing_counts_over_the_extent_too(spacing: str, volumes: int) -> None:
    ours = [slice_tags(3.0 * n, n + 1, PixelSpacing=f"{PIXEL}\\{PIXEL}") for n in range(20)]
    theirs = [slice_tags(60 + 3.0 * n, n + 21, PixelSpacing=spacing) for n in range(20)]
    assert len(volumes_of(series(*ours, *theirs)).volumes) == volumes


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 80),
    angle=st.floats(0.0, 360.0),
    apart=st.floats(3.0, 60.0),
    others=st.integers(0, 20),
)
def test_groups_do_not_depend_on_who_comes_first(
    seed: int, count: int, angle: float, apart: float, others: int
) -> None:
    rng = np.random.default_rng(seed)
    angles = np.array([angle] * count + [angle + apart] * others)
    cosines = np.array([turned(one) for one in angles]) + rng.uniform(-1.5e-4, 1.5e-4, (len(angles), 6))
    order = rng.permutation(len(angles))
    found = groups(planes(cosines[order]), SIZE, SIZE)
    sets = sorted(sorted(int(order[index]) for index in group) for group in found)
    assert sets == sorted(part for part in (list(range(count)), list(range(count, count + others))) if part)


def test_an_orientation_that_turns_from_slice_to_slice_is_no_volume() -> None:
    cosines = np.array([turned(2.0 * n) for n in range(12)])
    assert len(groups(planes(cosines), SIZE, SIZE)) == 12
    with pytest.raises(InputRefused, match="GEOMETRY_MIXED"):
        geometry_of(headers_of(cosines))
