"""Enhanced images in several objects: have all parts of a concatenation come? (DICOM PS3.3 C.7.6.16.2.2.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from model.errors import InputRefused
from plugin.facts.dictionary import tag_of
from plugin.facts.orthanc_item import OrthancItem

CONCATENATION = "CONCATENATION"
# More parts than any concatenation has: a number above it is a mistake.
MOST_PARTS = 65_535


def missing_parts(items: Iterable[OrthancItem]) -> InputRefused | None:
    """Say how many parts of concatenations are missing; None when none is, and where there is no concatenation."""
    numbers: dict[str, set[int]] = defaultdict(set)
    totals: dict[str, int] = defaultdict(int)
    for item in items:
        if uid := item.text(_UID).strip(" \0"):
            numbers[uid].add(_number(item.text(_NUMBER)))
            totals[uid] = max(totals[uid], _number(item.text(_TOTAL)))
    # The total is optional; without it parts are known to be missing before the last one that came.
    expected = {uid: max(totals[uid], max(found)) for uid, found in numbers.items()}
    missing = sum(len(set(range(1, count + 1)) - numbers[uid]) for uid, count in expected.items())
    if not missing:
        return None
    return InputRefused(
        CONCATENATION,
        f"{missing} of {sum(expected.values())} parts of an enhanced image in several objects are missing, by "
        "InConcatenationNumber. Sending them, or the whole series, helps; IncompleteSeconds says for how long a series "
        "is waited for.",
    )


def _number(text: str) -> int:
    """Return the number of a part, from 1; 0 where there is none."""
    text = text.strip(" \0")
    return int(text) if text.isdecimal() and int(text) <= MOST_PARTS else 0


_UID = tag_of("ConcatenationUID") or ""
_NUMBER = tag_of("InConcatenationNumber") or ""
_TOTAL = tag_of("InConcatenationTotalNumber") or ""
