"""Whether a library is installed, asked without importing it."""

from __future__ import annotations

from importlib.util import find_spec


def is_installed(name: str) -> bool:
    """Whether a library can be imported, which is not done for that."""
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
