"""How a target tells the queue that it fails, and that it works again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """``trouble`` is told the code of a temporary failure, ``delivered`` that a series went all the way."""

    trouble: Callable[[str], None]
    well: Callable[[], None]
    delivered: Callable[[], None] = lambda: None
