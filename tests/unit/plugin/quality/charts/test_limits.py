"""Limits hold for skewed amounts, for small baselines, and for baselines with an outlier of their own."""

from __future__ import annotations

import math
from random import Random

import pytest

from plugin.quality.charts.limits import FEWEST, limits_of


def test_there_are_no_limits_from_fewer_than_twenty_values() -> None:
    assert limits_of([0.1 * place for place in range(FEWEST - 1)]) is None


@pytest.mark.parametrize("count", [20, 50, 150])
def test_a_quiet_process_is_above_the_upper_limit_about_as_often_whatever_the_baseline(count: int) -> None:
    random = Random(count)
    beyond = tried = 0
    for _ in range(400):
        limits = limits_of([random.gauss(5.0, 0.7) for _ in range(count)])
        assert limits is not None
        beyond += sum(random.gauss(5.0, 0.7) > limits.upper for _ in range(200))
        tried += 200
    assert 0.0003 < beyond / tried < 0.004  # 0.00135 is said


def test_limits_of_skewed_amounts_lie_further_on_their_longer_side() -> None:
    random = Random(3)
    limits = limits_of([math.log(random.expovariate(1 / 200)) for _ in range(150)])
    assert limits is not None
    assert limits.centre - limits.lower > 1.3 * (limits.upper - limits.centre)


def test_an_outlier_of_the_baseline_does_not_hide_the_next_one() -> None:
    random = Random(4)
    quiet = [random.gauss(5.0, 0.7) for _ in range(100)]
    with_outlier, without = limits_of([*quiet, 12.0]), limits_of(quiet)
    assert with_outlier is not None
    assert without is not None
    assert with_outlier.upper == pytest.approx(without.upper, abs=0.1)
