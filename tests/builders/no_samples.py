"""Imports of networks whose sides are of no interest: nothing is drawn to test them."""

from __future__ import annotations

from collections.abc import Iterator

from model.errors import TargetFailed
from model.sides.sample import Shown


def none(modality: str, fetch: bool) -> Iterator[Shown]:
    """The samples of a machine that has none."""
    raise TargetFailed("SAMPLE_MISSING", f"no sample {modality} is on this machine")
