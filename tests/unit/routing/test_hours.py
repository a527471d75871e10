"""Hours of operation: when they are open, and when they open next."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.hours import parse_hours

# 2026-01-05 is a Monday.
MONDAY, TUESDAY, SATURDAY, SUNDAY = (datetime(2026, 1, day) for day in (5, 6, 10, 11))


@pytest.mark.parametrize(
    ("written", "moment", "is_open"),
    [
        ("08:00-17:00", MONDAY.replace(hour=8), True),
        ("08:00-17:00", MONDAY.replace(hour=16, minute=59), True),
        ("08:00-17:00", MONDAY.replace(hour=17), False),
        ("18:00-06:00", MONDAY.replace(hour=23), True),
        ("18:00-06:00", MONDAY.replace(hour=5), True),
        ("18:00-06:00", MONDAY.replace(hour=12), False),
        ("Mon-Fri 18:00-06:00", SATURDAY.replace(hour=5), True),
        ("Mon-Fri 18:00-06:00", SATURDAY.replace(hour=19), False),
        ("Mon-Fri 18:00-06:00", MONDAY.replace(hour=5), False),
        ("Sat-Sun", SUNDAY.replace(hour=12), True),
        ("Sat-Sun", MONDAY, False),
        ("Fri-Mon", SUNDAY, True),
        ("Fri-Mon", TUESDAY, False),
        ("Mon-Fri 18:00-06:00, Sat-Sun", SATURDAY.replace(hour=12), True),
        ("saturday", SATURDAY, True),
        ("18:00-24:00", MONDAY.replace(hour=23, minute=59), True),
        ("18:00-24:00", TUESDAY, False),
    ],
)
def test_open_or_not(written: str, moment: datetime, is_open: bool) -> None:
    assert parse_hours(written).open_at(moment) is is_open


@pytest.mark.parametrize(
    ("written", "moment", "opens"),
    [
        ("18:00-06:00", MONDAY.replace(hour=12), MONDAY.replace(hour=18)),
        ("08:00-17:00", MONDAY.replace(hour=20), TUESDAY.replace(hour=8)),
        ("Sat-Sun", MONDAY.replace(hour=9), SATURDAY),
        ("Mon 08:00-09:00", MONDAY.replace(hour=10), MONDAY.replace(day=12, hour=8)),
    ],
)
def test_when_it_opens_next(written: str, moment: datetime, opens: datetime) -> None:
    assert parse_hours(written).next_open(moment) == opens


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from(["Mon-Fri 18:00-06:00", "Sat", "05:00-05:30"]),
)
def test_what_opens_next_is_open_and_not_before(moment: datetime, written: str) -> None:
    hours = parse_hours(written)
    opens = hours.next_open(moment)
    assert opens >= moment
    assert hours.open_at(opens)


@pytest.mark.parametrize("written", ["", "evening", "25:00-26:00", "18:00", "Mon-Fry 18:00-06:00", "18:00-06:60", ","])
def test_anything_else_is_refused_with_the_forms(written: str) -> None:
    with pytest.raises(ValueError, match="Mon-Fri"):
        parse_hours(written)
