"""Hours of operation: when a result may be made, written ``18:00-06:00`` or ``Mon-Fri 18:00-06:00, Sat-Sun``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS = tuple(day[:3].lower() for day in WEEKDAYS)
_WINDOW = re.compile(
    r"(?:(?P<first>[a-z]{3})[a-z]*(?:\s*-\s*(?P<last>[a-z]{3})[a-z]*)?)?\s*"
    r"(?:(?P<from>\d{1,2}:\d{2})\s*-\s*(?P<to>\d{1,2}:\d{2}))?\Z"
)
_FORMS = '"18:00-06:00", "Mon-Fri 18:00-06:00" or "Sat-Sun", several separated by commas'


@dataclass(frozen=True, slots=True)
class Window:
    """Days (0 Monday … 6 Sunday) and the time of day from which to which; past midnight when ``to`` is not later."""

    days: frozenset[int]
    start: time
    end: time

    def open_at(self, moment: datetime) -> bool:
        """Whether the window is open; the night after a day belongs to that day."""
        now = moment.time()
        if self.start < self.end:
            return moment.weekday() in self.days and self.start <= now < self.end
        yesterday = (moment.weekday() - 1) % 7
        return (moment.weekday() in self.days and now >= self.start) or (yesterday in self.days and now < self.end)


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows, of which one at least must be open."""

    windows: tuple[Window, ...]

    def open_at(self, moment: datetime) -> bool:
        """Whether work may begin at this local moment."""
        return any(window.open_at(moment) for window in self.windows)

    def next_open(self, moment: datetime) -> datetime:
        """Return the moment itself when open, else the next local moment at which a window opens."""
        if self.open_at(moment):
            return moment
        starts = [
            datetime.combine((moment + timedelta(days=ahead)).date(), window.start, tzinfo=moment.tzinfo)
            for window in self.windows
            for ahead in range(8)
        ]
        return min(start for start in starts if start > moment and self.open_at(start))


def parse_hours(text: str) -> Hours:
    """Read hours of operation; raises ValueError with the forms that are allowed."""
    return Hours(tuple(_window(part.strip().lower()) for part in text.split(",")))


def _window(text: str) -> Window:
    found = _WINDOW.match(text)
    if not text or found is None:
        raise ValueError(_FORMS)
    days = _days(found["first"], found["last"])
    if found["from"] is None:
        return Window(days, time(0, 0), time(0, 0))
    return Window(days, _time(found["from"]), _time(found["to"]))


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    if first not in _DAYS or (last is not None and last not in _DAYS):
        raise ValueError(_FORMS)
    start = _DAYS.index(first)
    end = _DAYS.index(last) if last is not None else start
    return frozenset((start + n) % 7 for n in range((end - start) % 7 + 1))


def _time(text: str) -> time:
    hour, minute = text.split(":")
    if int(hour) == 24 and int(minute) == 0:
        return time(0, 0)
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(_FORMS) from None
