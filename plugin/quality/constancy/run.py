"""One run of a constancy test: what was drawn, by what, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from plugin.quality.constancy.masks import DrawnMasks
from plugin.settings.constancy import ConstancyTest


class Outcome(StrEnum):
    """What became of a run; ``error`` says nothing about the model: the run did not come to an end."""

    RUNNING = "running"
    BASELINE = "baseline"
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True)
class Run:
    """One row of the table; ``id`` names its folder and transfer, ``rois`` are differences from the baseline."""

    number: int
    test: str
    id: str
    evidence_code: str
    started: float
    outcome: Outcome
    seconds: float | None = None
    code: str | None = None
    message: str | None = None
    baseline: bool = False
    digest: str | None = None
    source: str | None = None
    model_digest: str | None = None
    model_version: str | None = None
    rois: tuple[dict[str, Any], ...] = ()
    content: bytes | None = None


@dataclass(frozen=True)
class Drawing:
    """What came of the reference series: ``source`` is the digest of its images, the other two are the model's own."""

    masks: DrawnMasks
    source: str
    model_digest: str
    model_version: str


class Drawer(Protocol):
    """Draws a reference series in the way of a job."""

    def draw(self, test: ConstancyTest, run: Run, baseline: bytes | None) -> Drawing:
        """Draw, and compare with the voxels of a baseline; raises AutocontourError, OSError."""
        ...

    def clear(self, test: ConstancyTest, run: Run) -> None:
        """Delete what the run left here and at the target, and its key; may be called again."""
        ...
