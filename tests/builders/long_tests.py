"""What takes minutes: left out of `make test`, where a shorter twin stands for it, and run by `make test-long`.

tests/conftest.py skips what carries the mark, and says so, unless AUTOCONTOUR_LONG is set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

LONG = "AUTOCONTOUR_LONG"
REASON = f"minutes: make test-long, or {LONG}=1"
long = pytest.mark.long


def some_of(values: Iterable[Any], always: Collection[Any]) -> list[Any]:
    """Return the values as parameters, of which only ``always`` are run by `make test`."""
    every = list(values)
    assert every, "there is something to choose from"
    assert set(always) <= set(every), "what is always run is among the values"
    return [one if one in always else pytest.param(one, marks=long) for one in every]
