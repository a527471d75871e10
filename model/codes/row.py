"""A row of the list of codes, and a chapter of rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Again(StrEnum):
    """Whether trying again can help, and who has to."""

    NO = "no"  # the same series, model and configuration end the same way
    SEND = "send again"  # when the series comes whole, or corrected, a new job begins
    RETRY = "retry"  # the job can be run again, after the way out
    ITSELF = "by itself"  # it is tried again, or goes on, without anybody
    REPEAT = "repeat"  # the request or command, after the way out


@dataclass(frozen=True, slots=True)
class Row:
    """One code, or several that mean nearly the same, in words for an administrator, as Markdown."""

    codes: tuple[str, ...]
    again: Again
    means: str
    way_out: str
    # Of the segmentation service's answers: the HTTP statuses.
    status: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The codes of one kind, in the order in which they are listed; ``key`` names the chapter in a page's marker."""

    title: str
    key: str
    rows: tuple[Row, ...]
