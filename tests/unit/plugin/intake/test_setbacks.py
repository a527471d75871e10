"""A series that cannot be looked at is tried again by itself, later each time, and given up in the end."""

from __future__ import annotations

from plugin.intake.setbacks import BACKOFF, MOST_PAUSES, Setbacks


def test_each_failed_look_makes_the_pause_longer_until_it_is_given_up() -> None:
    now = [0.0]
    setbacks = Setbacks(lambda: now[0])
    for tries in range(1, MOST_PAUSES + 1):
        pause = BACKOFF.pause(tries)
        assert not setbacks.failed("s", "ORTHANC_ERROR")
        now[0] += pause - 0.5
        assert setbacks.holds("s")
        now[0] += 0.5
        assert not setbacks.holds("s")
    assert setbacks.failed("s", "ORTHANC_ERROR")


def test_others_are_not_held() -> None:
    setbacks = Setbacks(lambda: 0.0)
    setbacks.failed("s", "ORTHANC_ERROR")
    assert setbacks.holds("s")
    assert not setbacks.holds("t")


def test_health_names_the_series_and_the_code_until_it_is_over() -> None:
    setbacks = Setbacks(lambda: 0.0)
    setbacks.failed("s", "ORTHANC_ERROR")
    (remark,) = setbacks.remarks
    assert "series s " in remark
    assert "ORTHANC_ERROR" in remark
    setbacks.over("s")
    assert setbacks.remarks == []
    assert not setbacks.holds("s")
