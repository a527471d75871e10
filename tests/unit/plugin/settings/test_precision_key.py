"""``Precision`` and ``AirTiles`` of the section: what networks may do, or what each package says."""

from __future__ import annotations

import pytest

from model.errors import ConfigurationRefused
from model.packages.package import Wishes
from plugin.settings.settings import read_settings


@pytest.mark.parametrize("precision", ["fp32", "auto", "bf16"])
def test_it_is_one_of_three(precision: str) -> None:
    assert read_settings({"Precision": precision}).wishes.precision == precision


@pytest.mark.parametrize("air", ["compute", "skip"])
def test_tiles_of_air_are_computed_or_skipped(air: str) -> None:
    assert read_settings({"AirTiles": air}).wishes == Wishes(air=air)  # type: ignore[arg-type]


def test_without_it_each_package_decides() -> None:
    assert read_settings({}).wishes.precision is None


def test_another_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationRefused, match="Precision: found 'fp16'; allowed: auto, fp32, bf16"):
        read_settings({"Precision": "fp16"})
