"""The seal of a CleanSeries: held by the checks, asked for by the type."""

from __future__ import annotations

SEAL = object()
