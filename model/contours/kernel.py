"""The compiled part of this package where it was built, else None: numpy then gives the same points, slower."""

from __future__ import annotations

import importlib
from typing import Any


def _load() -> Any | None:
    try:
        return importlib.import_module("model.contours._trace")
    except ImportError:
        return None


KERNEL: Any | None = _load()
