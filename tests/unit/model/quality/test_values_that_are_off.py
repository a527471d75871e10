"""A CT whose tissue or air lies off its Hounsfield units is flagged, and none that is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from model.quality.values import AIR_OFF, TISSUE_OFF, value_flags
from model.volume.volume import Volume
from tests.builders.acquisition import coarser, sample_volume
from tests.builders.person import Person


@cache
def scan(name: str) -> Volume:
    if name == "head of the person":
        return Person(reach=(250.0, 425.0)).scan().volume
    if name == "chest of the person":
        return Person(reach=(-130.0, 150.0)).scan().volume
    return coarser(sample_volume(name), 2)


NAMES = ("head of the person", "chest of the person", "thorax", "head", "abdomen", "heart", "slab")


@pytest.mark.parametrize("name", NAMES)
def test_a_ct_in_hounsfield_units_has_no_flag(name: str) -> None:
    assert value_flags(scan(name)) == ()


@pytest.mark.parametrize("name", ["head of the person", "chest of the person", "thorax", "head", "abdomen"])
@pytest.mark.parametrize(
    ("change", "flag"),
    [
        (lambda hu: hu + 120, TISSUE_OFF),
        (lambda hu: hu + 300, TISSUE_OFF),
        (lambda hu: hu - 120, TISSUE_OFF),
        (lambda hu: hu - 250, TISSUE_OFF),
    ],
    ids=["120 brighter", "300 brighter", "120 darker", "250 darker"],
)
def test_an_offset_is_flagged(name: str, change: Callable[[NDArray[np.int32]], NDArray[np.int32]], flag: str) -> None:
    volume = scan(name)
    changed = np.asarray(change(volume.array.astype(np.int32)), dtype=np.int16)
    assert flag in value_flags(replace(volume, array=changed))


@pytest.mark.parametrize("slope", [0.7, 1.3])
@pytest.mark.parametrize("name", ["head of the person", "chest of the person"])
def test_a_wrong_slope_is_flagged_by_the_air(name: str, slope: float) -> None:
    volume = scan(name)
    assert AIR_OFF in value_flags(replace(volume, array=(volume.array * slope).astype(np.int16)))


@pytest.mark.parametrize("name", ["head of the person", "head"])
def test_a_head_without_its_intercept_is_flagged(name: str) -> None:
    """A chest is refused (VALUES_IMPLAUSIBLE); too little of a head is as dense as that."""
    volume = scan(name)
    assert AIR_OFF in value_flags(replace(volume, array=volume.array + np.int16(1024)))


def test_an_mr_has_no_unit_and_no_flag() -> None:
    volume = scan("head of the person")
    geometry = replace(volume.geometry, modality="MR")
    assert value_flags(replace(volume, array=volume.array + np.int16(500), geometry=geometry)) == ()
