"""A hole is a step that the series around it does not share; a step that goes on to the end is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InputRefused
from model.series.geometry import SeriesGeometry, geometry_of, require_whole
from model.series.header import SliceHeader
from model.series.steps import holes
from plugin.facts.completeness import CompletenessState, completeness_of
from plugin.facts.volumes import volumes_of
from tests.builders import series
from tests.builders.orthanc_tags import series as orthanc_series
from tests.builders.orthanc_tags import slice_tags

FINE, COARSE = [5.0] * 29, [15.0] * 10


def at(*steps: float) -> tuple[float, ...]:
    return tuple(float(offset) for offset in np.cumsum([0.0, *steps]))


def geometry(*steps: float) -> SeriesGeometry:
    return series.geometry(replace(series.GEOMETRIES["axial"], offsets=at(*steps)))


WHOLE = {
    "fine, then coarse": [*FINE, *COARSE],
    "coarse, then fine": [*COARSE, *FINE],
    "coarse, fine, coarse": [*COARSE, *FINE, *COARSE],
    "more coarse than fine": [*FINE[:6], *COARSE, *COARSE],
    "three ways of going on": [*[2.5] * 12, *[5.0] * 8, *[10.0] * 6],
    "coarse steps that are rounded": [*FINE, 15.0, 15.01, 14.98, 15.02, 15.0],
    "alternating": [4.0, 5.0] * 8,
    "thin slices that touch thick ones": [*[2.5] * 12, 5.0, *[7.5] * 15],
    "thick slices that touch thin ones": [*[7.5] * 15, 5.0, *[2.5] * 12],
    "thick, thin, thick, all touching": [*[7.5] * 6, 5.0, *[2.5] * 12, 5.0, *[7.5] * 5],
    "overlapping where the step changes": [*[4.0] * 13, 1.1, *[7.0] * 13],
}
BROKEN = {
    "one slice": ([*FINE[:10], 10.0, *FINE], [10]),
    "the last but one": ([*FINE, 10.0], [29]),
    "two single ones near the end": ([*FINE, 10.0, 10.0], [29, 30]),
    "in the fine part": ([*FINE[:10], 10.0, *FINE[:10], *COARSE], [10]),
    "in the fine part, where most is coarse": ([*FINE[:3], 10.0, *FINE[:3], *COARSE, *COARSE], [3]),
    "in the coarse part": ([*FINE, *COARSE[:4], 30.0, *COARSE[:4]], [33]),
    "in the coarse part, three of them": ([*FINE, *COARSE[:4], 60.0, *COARSE[:4]], [33]),
    "long steps that do not go on to the end": ([*FINE, *COARSE[:3], *FINE], [29, 30, 31]),
    "a step between two runs that is longer than both": ([*[2.5] * 12, 10.0, *[7.5] * 15], [12]),
    "two steps between two runs": ([*[2.5] * 12, 5.0, 5.0, *[7.5] * 15], [12]),
    "a last step of another length": ([*FINE, *COARSE, 22.0], [29 + n for n in range(11)]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_step_that_goes_on_to_the_end_is_no_hole(name: str) -> None:
    found = geometry(*WHOLE[name])
    assert found.gaps == ()
    require_whole(found)
    thick = found.thicknesses
    assert thick.sum() == pytest.approx(found.offsets[-1] - found.offsets[0] + (found.steps[0] + found.steps[-1]) / 2)


@pytest.mark.parametrize("name", BROKEN)
def test_a_hole_stays_one_whatever_the_steps_elsewhere(name: str) -> None:
    steps, where = BROKEN[name]
    found = geometry(*steps)
    assert [gap.after for gap in found.gaps] == where
    with pytest.raises(InputRefused, match="GEOMETRY_GAP"):
        require_whole(found)


def test_a_hole_in_the_coarse_part_is_counted_by_its_own_steps() -> None:
    steps, _ = BROKEN["in the coarse part, three of them"]
    (gap,) = geometry(*steps).gaps
    assert np.allclose(np.diff(gap.offsets), 15.0)
    assert len(gap.offsets) == 3


@given(
    fine=st.integers(5, 40),
    coarse=st.integers(3, 40),
    step=st.floats(0.5, 5.0),
    ratio=st.floats(1.6, 6.0),
    turned=st.booleans(),
    lost=st.integers(1, 1000),
)
def test_two_steps_are_whole_and_a_slice_lost_from_the_fine_ones_is_missed(
    fine: int, coarse: int, step: float, ratio: float, turned: bool, lost: int
) -> None:
    steps = np.array([step] * fine + [step * ratio] * coarse)
    assert holes(steps[::-1] if turned else steps) == ()
    index = lost % (fine - 2)
    steps = np.concatenate([steps[:index], [steps[index] + steps[index + 1]], steps[index + 2 :]])
    (hole,) = holes(steps[::-1] if turned else steps)
    assert hole.after == (len(steps) - 1 - index if turned else index)
    assert hole.usual == pytest.approx(step)


@pytest.mark.parametrize("turned", [False, True])
def test_a_number_left_out_where_the_step_changes_says_that_a_slice_was_lost(turned: bool) -> None:
    steps = np.array([2.5] * 12 + [5.0] + [7.5] * 15)
    numbers = [*range(1, 14), *range(15, 31)]
    if turned:
        steps, numbers = steps[::-1], numbers[::-1]
    (hole,) = holes(steps, numbers)
    assert hole.after == (15 if turned else 12)
    assert holes(steps, list(range(29))) == ()


@pytest.mark.parametrize("turned", [False, True])
def test_instance_numbers_that_skip_say_that_long_steps_are_lost_slices(turned: bool) -> None:
    numbers = [*range(1, 21), *range(22, 32, 2)]
    steps = np.diff(np.array(numbers, dtype=np.float64)) * 3
    numbers = [500 - number for number in numbers] if turned else numbers
    assert len(holes(steps, numbers)) == 5
    assert holes(steps, list(range(len(numbers)))) == ()
    assert len(holes(steps, [None, *numbers[1:]])) == 5
    assert holes(steps, [*numbers[:-1], None]) == ()


def test_a_series_of_which_every_other_slice_came_first_is_waited_for() -> None:
    sent = [*range(20), *range(20, 40, 2)]
    judged = completeness_of(volumes_of(orthanc_series(*(slice_tags(3.0 * n, n + 1) for n in sent))))
    assert (judged.state, judged.code) == (CompletenessState.WAITING, "GEOMETRY_GAP")


def test_a_head_of_two_steps_is_whole_for_the_gateway() -> None:
    offsets = at(*FINE, *COARSE)
    found = volumes_of(orthanc_series(*(slice_tags(offset, n + 1) for n, offset in enumerate(offsets))))
    assert completeness_of(found).state is CompletenessState.WHOLE
    assert [len(volume.slices) for volume in found.volumes] == [len(offsets)]


def headers(name: str = "axial") -> list[SliceHeader]:
    return [SliceHeader.from_dataset(dataset) for dataset in series.headers(series.GEOMETRIES[name])]


def test_instance_numbers_are_read_and_odd_ones_are_none() -> None:
    slices = headers()
    odd = [replace(slices[0], instance_number="1.5"), replace(slices[1], instance_number=""), *slices[2:]]
    numbers = {plane.sop_instance_uid: plane.number for plane in geometry_of(odd).planes}
    assert numbers[slices[0].sop_instance_uid] is None
    assert numbers[slices[1].sop_instance_uid] is None
    assert numbers[slices[2].sop_instance_uid] == int(slices[2].instance_number)
