"""Whatever the pixels and the matrix, hu-ct answers with masks on the series' grid or refuses with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.errors import AutocontourError, EngineFailed
from model.quality import with_quality_flags
from model.registry import engine
from model.volume.volume import Volume
from tests.builders.series import SeriesPlan, geometry

AIR, WATER, BONE = -1000, 40, 900


def volume(array: NDArray[np.int16], spacing: tuple[float, float, float] = (3.0, 2.0, 2.0)) -> Volume:
    offsets = tuple(spacing[0] * n for n in range(array.shape[0]))
    plan = SeriesPlan(shape=(array.shape[1], array.shape[2]), offsets=offsets, spacing=spacing[1:])
    return Volume(array, geometry(plan))


def draw(one: Volume) -> dict[str, BoxedMask]:
    drawing = with_quality_flags(engine("hu-ct").draw(one, lambda fraction, what: None), one.geometry)
    for structure in drawing.structures:
        ends = np.add(structure.mask.origin, structure.mask.array.shape)
        assert min(structure.mask.origin) >= 0
        assert (ends <= one.array.shape).all()
        assert structure.mask.array.dtype == np.bool_
    return {structure.label: structure.mask for structure in drawing.structures}


def with_bone(array: NDArray[np.int16]) -> NDArray[np.int16]:
    """A body of water with a bone in its middle, without which it is taken for a phantom."""
    rows, columns = (slice(size // 2 - 8, size // 2 + 8) for size in array.shape[1:])
    array[:, rows, columns] = BONE
    return array


def outcome(one: Volume) -> str:
    """``drawn``, or the code of the refusal."""
    try:
        draw(one)
    except AutocontourError as refused:
        return refused.code
    return "drawn"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    shape=st.tuples(st.integers(1, 24), st.integers(2, 70), st.integers(2, 70)),
    spacing=st.tuples(st.floats(0.4, 10.0), st.floats(0.3, 5.0), st.floats(0.3, 5.0)),
    seed=st.integers(0, 1000),
    kind=st.sampled_from(["noise", "blocks", "water", "bone", "metal"]),
)
def test_no_volume_makes_it_fall(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    array = np.full(shape, {"water": WATER, "bone": BONE, "metal": 30000}.get(kind, AIR), dtype=np.int16)
    if kind == "noise":
        array = rng.integers(-2048, 3071, shape).astype(np.int16)
    if kind == "blocks":
        for value in (WATER, BONE, -850, WATER):
            low = [int(rng.integers(0, size)) for size in shape]
            array[tuple(slice(start, start + int(rng.integers(1, 40))) for start in low)] = value
    assert outcome(volume(array, spacing)) in ("drawn", "MODEL_NOTHING", "NOTHING_DRAWN", "VALUES_IMPLAUSIBLE")


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_a_few_slices_are_enough_for_the_skin(slices: int) -> None:
    array = np.full((slices, 128, 128), AIR, dtype=np.int16)
    array[:, 20:100, 30:110] = WATER
    mask = draw(volume(with_bone(array)))["External"].full(array.shape)
    assert abs(int(mask.sum()) - slices * 80 * 80) < 0.04 * slices * 80 * 80


def test_air_alone_is_no_body() -> None:
    with pytest.raises(EngineFailed, match="MODEL_NOTHING"):
        draw(volume(np.full((10, 64, 64), AIR, dtype=np.int16)))


def test_water_without_a_bone_is_a_phantom_and_no_body() -> None:
    array = np.full((10, 64, 64), AIR, dtype=np.int16)
    array[:, 12:52, 12:52] = WATER
    with pytest.raises(EngineFailed, match="phantom"):
        draw(volume(array))


def test_values_outside_the_reconstruction_do_no_harm() -> None:
    array = np.full((8, 128, 128), AIR, dtype=np.int16)
    array[:, 30:100, 30:100] = WATER
    array = with_bone(array)
    expected = draw(volume(array))["External"].full(array.shape)
    rows, columns = np.mgrid[:128, :128] - 63.5
    array[:, np.hypot(rows, columns) > 64] = -3024
    np.testing.assert_array_equal(draw(volume(array))["External"].full(array.shape), expected)


def test_fractions_of_a_hounsfield_unit_are_accepted() -> None:
    array = np.full((8, 128, 128), AIR, dtype=np.int16)
    array[:, 30:100, 30:100] = WATER
    array = with_bone(array)
    whole = volume(array)
    drawn = draw(Volume(array.astype(np.float32) + 0.25, whole.geometry))
    np.testing.assert_array_equal(drawn["External"].array, draw(whole)["External"].array)


def test_the_table_is_no_part_of_the_body() -> None:
    array = np.full((12, 160, 160), AIR, dtype=np.int16)
    rows, columns = np.mgrid[:160, :160]
    array[:, ((rows - 70) / 45) ** 2 + ((columns - 80) / 65) ** 2 <= 1] = WATER
    array = with_bone(array)
    array[:, 114:117, 10:150] = 100
    mask = draw(volume(array))["External"].full(array.shape)
    assert not mask[:, 118:].any()
    # Where the body rests on it a strip of it cannot be told from skin.
    assert not mask[:, 114:117, 10:50].any()


def test_progress_runs_from_nothing_to_all() -> None:
    array = np.full((8, 64, 64), WATER, dtype=np.int16)
    seen: list[float] = []
    engine("hu-ct").draw(volume(array), lambda fraction, what: seen.append(fraction))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
