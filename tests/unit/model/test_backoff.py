"""Pauses grow up to the longest, and those who failed together come back apart from each other."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from model.backoff import Backoff


def test_pauses_grow_by_the_factor_and_no_further_than_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=30.0)
    assert [backoff.pause(failures) for failures in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert Backoff(first=2.0, longest=300.0, factor=3.0).pause(4) == 54.0


def test_the_longest_of_one_that_fails_for_ever_is_found_at_once() -> None:
    assert Backoff(first=0.5, longest=60.0).pause(10**9) == 60.0


@given(st.integers(1, 40), st.floats(0.01, 0.9))
def test_jitter_moves_a_pause_by_no_more_than_its_part(failures: int, jitter: float) -> None:
    plain = Backoff(first=0.5, longest=60.0).pause(failures)
    moved = Backoff(first=0.5, longest=60.0, jitter=jitter).pause(failures)
    assert abs(moved - plain) <= plain * jitter or math.isclose(abs(moved - plain), plain * jitter)
    assert len({Backoff(first=0.5, longest=60.0, jitter=jitter).pause(failures) for _ in range(20)}) > 1
