"""``Precision`` of the section: fp32, auto, bf16, or what each package says."""

from __future__ import annotations

import pytest

from model.errors import ConfigurationRefused
from plugin.settings.settings import read_settings


@pytest.mark.parametrize("precision", ["fp32", "auto", "bf16"])
def test_it_is_one_of_three(precision: str) -> None:
    assert read_settings({"Precision": precision}).precision == precision


def test_without_it_each_package_decides() -> None:
    assert read_settings({}).precision is None


def test_another_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationRefused, match="Precision: found 'fp16'; allowed: auto, fp32, bf16"):
        read_settings({"Precision": "fp16"})
