"""The compiled part of this package where it was built, else None: numpy then gives the same bits, slower."""

from __future__ import annotations

import importlib
from typing import Any


def _load() -> Any | None:
    try:
        return importlib.import_module("model.engines.network._labels")
    except ImportError:  # not built, or built for another Python
        return None


KERNEL = _load()
