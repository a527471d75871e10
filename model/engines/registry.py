"""Model name → engine."""

from __future__ import annotations

from collections.abc import Callable

from model.engines.engine import Engine
from model.errors import EngineFailed


def _hu_ct() -> Engine:
    # Imported when asked for: the package takes a second to load and most callers only want the names.
    from model.engines.hu_ct.engine import HuCt

    return HuCt()


EMBEDDED: dict[str, Callable[[], Engine]] = {"hu-ct": _hu_ct}


def names() -> tuple[str, ...]:
    """The names that ``engine`` knows."""
    return tuple(sorted(EMBEDDED))


def engine(name: str) -> Engine:
    """The engine of a model; raises EngineFailed when there is no model of this name."""
    if name not in EMBEDDED:
        raise EngineFailed("MODEL_UNKNOWN", f"There is no model {name!r} here; there are: {', '.join(names())}.")
    return EMBEDDED[name]()
