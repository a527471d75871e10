"""Models see uneven slices at even steps, and their masks come back to the slices that there are."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Drawing
from model.engines.hu_ct.engine import algorithm
from model.engines.limits import beyond
from model.packages.document import Limits
from model.pipeline.even import EvenVolume, evened
from model.quality.findings import volume_ml
from model.registry import engine
from model.series.geometry import SeriesGeometry
from model.series.uneven import uneven_steps
from model.volume.volume import Volume
from tests.builders import series
from tests.builders.acquisition import coarser, sample_volume

HEAD = [2.5] * 12 + [7.5] * 15


def volume_of(steps: list[float], name: str = "axial", dtype: type = np.int16) -> Volume:
    """Values that grow by 4 each mm along the normal."""
    offsets = tuple(float(one) for one in np.cumsum([0.0, *steps]))
    plan = replace(series.GEOMETRIES[name], offsets=offsets, shape=(4, 5))
    values = np.repeat(np.array(offsets)[:, None], 20, axis=1).reshape(-1, 4, 5) * 4
    array: NDArray[np.int16] | NDArray[np.float32] = values.astype(dtype)
    return Volume(array, series.geometry(plan))


def even(volume: Volume) -> EvenVolume:
    made = evened(volume)
    assert made is not None
    return made


@pytest.mark.parametrize("steps", [[3.0] * 20, [3.0, 3.1, 2.95, 3.05] * 4, [3.0], []])
def test_even_slices_are_left_as_they_are(steps: list[float]) -> None:
    assert evened(volume_of(steps)) is None
    assert uneven_steps(volume_of(steps).geometry) is None


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("name", ["axial", "gantry tilt", "oblique"])
def test_thin_slices_give_the_step_and_every_slice_is_one_of_its_planes(name: str, dtype: type) -> None:
    volume = volume_of(HEAD, name, dtype)
    made = even(volume)
    assert made.volume.geometry.uniform
    assert made.volume.geometry.spacing_mm == pytest.approx(2.5)
    assert len(made.volume.geometry.planes) == 12 + 3 * 15 + 1
    assert made.volume.array.dtype == volume.array.dtype
    np.testing.assert_array_equal(made.volume.array[made.nearest], volume.array)
    np.testing.assert_allclose(made.volume.geometry.positions[made.nearest], volume.geometry.positions, atol=1e-6)
    np.testing.assert_allclose(made.volume.array[:, 0, 0], 10 * np.arange(len(made.volume.array)), atol=0.5)


@settings(deadline=None)
@given(
    st.lists(st.floats(0.5, 12.0), min_size=3, max_size=60),
    st.floats(0.5, 5.0),
    st.integers(3, 40),
    st.floats(1.3, 8.0),
)
def test_planes_are_near_slices_few_and_of_the_right_values(
    ragged: list[float], fine: float, count: int, ratio: float
) -> None:
    for steps in (ragged, [fine] * count + [fine * ratio] * count):
        volume = volume_of(steps, dtype=np.float32)
        made = evened(volume)
        if made is None:
            continue
        geometry, offsets = made.volume.geometry, volume.geometry.offsets
        step = geometry.spacing_mm
        assert geometry.uniform
        assert len(geometry.planes) <= 3 * len(offsets) + 1
        assert np.abs(geometry.offsets[made.nearest] - offsets).max() <= step / 2 + 1e-6
        # Linear in height, so that interpolation is exact: but for the planes that are a slice nearby.
        heights = 4 * (geometry.offsets - offsets[0])
        np.testing.assert_allclose(made.volume.array[:, 0, 0], heights, atol=0.4 * step + 0.1)


def test_masks_come_back_from_the_planes_of_the_slices() -> None:
    made = even(volume_of(HEAD))
    rng = np.random.default_rng(1)
    full = rng.random(made.volume.array.shape) > 0.5
    boxed = BoxedMask.crop(full)
    drawing = Drawing(algorithm(), (Structure("a", boxed), Structure("b", BoxedMask.crop(full & False))))
    back = made.on_slices(drawing).structures
    np.testing.assert_array_equal(back[0].mask.full((28, 4, 5)), full[made.nearest])
    assert back[1].mask.empty
    between = np.zeros_like(full)
    between[16] = True
    (gone,) = made.on_slices(Drawing(algorithm(), (Structure("c", BoxedMask.crop(between)),))).structures
    assert gone.mask.empty


def test_limits_of_a_model_are_held_against_the_slices_that_there_are() -> None:
    made = even(volume_of(HEAD)).volume
    assert beyond(Limits(slice_mm=(1.0, 8.0)), made) == ()
    (said,) = beyond(Limits(slice_mm=(1.0, 5.0)), made)
    assert "7.5 mm apart" in said


def test_what_is_said_lists_the_steps() -> None:
    assert "12 step(s) of 2.5 mm, then 15 step(s) of 7.5 mm" in str(uneven_steps(volume_of(HEAD).geometry))
    assert "steps of 1.0 to 6.0 mm" in str(uneven_steps(volume_of([1.0, 2.0, 4.0, 3.0, 6.0, 2.0]).geometry))


@cache
def thorax() -> tuple[Volume, Volume, NDArray[np.intp]]:
    """A real CT, and its upper part with every third slice only."""
    volume = coarser(sample_volume("thorax"), 4)
    count = len(volume.array)
    kept = np.array([*range(count // 2), *range(count // 2, count, 3)])
    planes = tuple(volume.geometry.planes[index] for index in kept)
    geometry: SeriesGeometry = replace(volume.geometry, planes=planes)
    return volume, Volume(volume.array[kept], geometry), kept


def test_organs_of_a_real_ct_are_where_they_are_in_the_even_one() -> None:
    whole, uneven, kept = thorax()
    seen = even(uneven)
    quiet = lambda fraction, words: None  # noqa: E731
    wanted = {one.label: one.mask for one in engine("hu-ct").draw(whole, quiet).structures}
    drawn = {one.label: one.mask for one in seen.on_slices(engine("hu-ct").draw(seen.volume, quiet)).structures}
    for label in ("External", "Lung_L", "Lung_R", "SpinalCanal"):
        mine, other = drawn[label].full(uneven.array.shape), wanted[label].full(whole.array.shape)[kept]
        dice = 2 * np.count_nonzero(mine & other) / (np.count_nonzero(mine) + np.count_nonzero(other))
        assert dice > 0.95, (label, dice)
        volume = volume_ml(drawn[label], uneven.geometry)
        assert volume == pytest.approx(volume_ml(wanted[label], whole.geometry), rel=0.08), label
