"""Nelson's rules mark what they say, and as often by chance as his article says."""

from __future__ import annotations

from random import Random

from plugin.quality.charts.nelson import beyond_limits, nine_on_one_side, six_rising_or_falling


def test_rule_1_marks_values_beyond_either_limit_and_none_on_it() -> None:
    assert beyond_limits([0.0, 3.0, 3.1, -3.0, -3.1], -3.0, 3.0) == [2, 4]


def test_rule_2_marks_from_the_ninth_value_on_one_side() -> None:
    assert nine_on_one_side([1.0] * 8, 0.0) == []
    assert nine_on_one_side([1.0] * 10, 0.0) == [8, 9]
    assert nine_on_one_side([-1.0] * 9, 0.0) == [8]
    assert nine_on_one_side([1.0] * 8 + [-1.0] + [1.0] * 8, 0.0) == []


def test_a_value_on_the_centre_ends_a_run() -> None:
    assert nine_on_one_side([1.0] * 5 + [0.0] + [1.0] * 5, 0.0) == []


def test_rule_3_marks_from_the_sixth_value_that_rises_or_falls() -> None:
    assert six_rising_or_falling([1, 2, 3, 4, 5]) == []
    assert six_rising_or_falling([1, 2, 3, 4, 5, 6, 7]) == [5, 6]
    assert six_rising_or_falling([6, 5, 4, 3, 2, 1]) == [5]
    assert six_rising_or_falling([1, 2, 3, 3, 4, 5, 6]) == []


def test_on_normal_values_the_rules_mark_as_often_as_is_said() -> None:
    random = Random(5)
    values = [random.gauss(0.0, 1.0) for _ in range(200_000)]
    assert 0.0022 < len(beyond_limits(values, -3.0, 3.0)) / len(values) < 0.0032
    # A run of nine or more goes on for two values on average.
    assert 1 / 300 < len(nine_on_one_side(values, 0.0)) / len(values) < 1 / 220
    assert 1 / 400 < len(six_rising_or_falling(values)) / len(values) < 1 / 320
