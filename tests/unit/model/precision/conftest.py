"""Networks: skipped without torch, drawn on one thread."""

from __future__ import annotations

from tests.builders.one_thread import one_thread

__all__ = ["one_thread"]
