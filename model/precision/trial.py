"""What tests of a whole package share: a package without its limits, drawn on every image and timed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from model.engines.engine import Drawing, Engine, Progress
from model.engines.foreign import engine_errors
from model.packages.document import Limits
from model.packages.package import Package
from model.process.deadline import Deadline
from model.sides.sample import Shown


def without_limits(package: Package) -> Package:
    """Return a package that draws whatever image it is given of its modality."""
    document = package.document.model_copy(
        update={
            "input": package.document.input.model_copy(update={"minimum_extent_mm": 0.0}),
            "limits": Limits.model_validate({}),
        }
    )
    return replace(package, document=document)


def drawn(
    engine: Engine, model: str, shown: Sequence[Shown], deadline: Deadline, progress: Progress
) -> tuple[list[Drawing], float]:
    """Draw every image; the second number is what that took, in seconds."""
    drawings, took = [], 0.0
    for index, one in enumerate(shown):

        def show(fraction: float, words: str, index: int = index) -> None:
            deadline.look()
            progress((index + fraction) / len(shown), words)

        started = time.perf_counter()
        with engine_errors(model):
            drawings.append(engine.draw(one.volume, show))
        took += time.perf_counter() - started
        deadline.look()
    return drawings, took


def digest_of(shown: Shown) -> str:
    """Return the SHA-256, in hex, of an image's voxels and their spacing."""
    array, plane = np.ascontiguousarray(shown.volume.array), shown.volume.geometry.planes[0]
    digest = hashlib.sha256(
        f"{array.dtype.str} {array.shape} {plane.spacing} {shown.volume.geometry.spacing_mm}".encode()
    )
    digest.update(array.tobytes())
    return digest.hexdigest()
