"""A package drawn on real images in fp32 and in bf16, at its import or when it is asked for; the result is kept.

It is drawn as it draws patients (all folds, mirror images and overlapping tiles), on the images of its modality that
this machine has: the samples, or series of the site's own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np

from model.engines.engine import Drawing, Engine, Progress
from model.engines.foreign import engine_errors
from model.engines.network.machine import imitates_bf16
from model.errors import AutocontourError, InputRefused
from model.packages.document import Limits, Precision
from model.packages.package import Package, verify_package
from model.packages.precision import ImageDrawn, PrecisionResult, result_for, write_precision
from model.precision.judge import compared, verdict
from model.process.deadline import Deadline
from model.sides.sample import SampleSource, Shown, installed

# What it may take, for whom bf16 would be welcome and for whom asks for it.
SECONDS = {"auto": 600.0, "bf16": 1800.0, "fp32": 1800.0}
NO_RUNTIME = "its engine knows no precision but its own"
LATE = (
    "the test of precision takes longer than {minutes} minutes on this machine, and was ended; autocontour models "
    "precision --minutes gives it more"
)
FP32_ONLY = "this runtime computes in fp32 only"


@runtime_checkable
class Reducible(Engine, Protocol):
    """An engine whose network can be computed in more than one precision."""

    @property
    def runtime(self) -> str:
        """What computes, its version and the processor or device: results of the test hold for this alone."""
        ...

    @property
    def reduced(self) -> bool:
        """Whether it computes in less than fp32."""
        ...


def ensure_precision(
    package: Package,
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    anew: bool = False,
    seconds: float | None = None,
) -> PrecisionResult:
    """Return the kept result of the test for what computes here, or that of a test now, which is then kept.

    ``fetch`` lets it get a sample.

    Raises InputRefused when the package is not what it was when it was imported.
    """
    full = _engine(package, "fp32")
    if not isinstance(full, Reducible):
        return _untested("none", NO_RUNTIME)
    runtime = full.runtime
    result = None if anew else result_for(package, runtime)
    if result is None and not anew and package.wish == "auto" and imitates_bf16(runtime):
        return _untested(runtime, "this processor has no instructions for bf16, so that it is not faster here")
    if result is None:
        verify_package(package)
        held = [full]  # and by nobody else: two networks may not find room side by side
        del full
        result = try_out(package, held.pop(), progress, samples=samples, fetch=fetch, seconds=seconds)
        if not write_precision(package, result):
            return _untested(
                runtime, f"the folder of the package cannot be written, so that this is lost: {result.reason[:800]}"
            )
    return result


def require_permitted(package: Package, result: PrecisionResult) -> None:
    """Raise InputRefused for a package that is to be drawn in bf16 and did not keep what fp32 draws."""
    if package.wish == "bf16" and result.verdict != "kept":
        raise InputRefused(
            "PRECISION",
            f"The model {package.document.id} is not drawn in bf16: {result.reason}. Import it with --precision fp32, "
            "or with --precision auto, which takes bf16 once autocontour models precision found it as good and faster, "
            "also on series of yours.",
        )


def try_out(
    package: Package,
    full: Reducible,
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    seconds: float | None = None,
) -> PrecisionResult:
    """Draw all images with ``full``, the package's engine in fp32, and in bf16, and judge them.

    Never raises for what the network does on them: then nothing is known, with the reason.
    """
    name, labels = package.document.id, [one.label for one in package.document.labels]
    runtime = full.runtime
    try:
        shown = list((samples or installed)(package.document.input.modality, fetch))
        if not shown:
            return _untested(runtime, "there is no image of its modality")
        deadline = Deadline(SECONDS[package.wish] if seconds is None else seconds, "PRECISION_TIME", LATE)
        before, slow = _drawn(full, name, shown, deadline, lambda part, words: progress(part / 2, f"fp32: {words}"))
        del full
        with engine_errors(name):
            reduced = _engine(package, "bf16")
        if not isinstance(reduced, Reducible) or not reduced.reduced:
            return _untested(runtime, FP32_ONLY)
        after, quick = _drawn(
            reduced, name, shown, deadline, lambda part, words: progress((1 + part) / 2, f"bf16: {words}")
        )
    except AutocontourError as error:
        return _untested(runtime, error.message[:900])
    except OSError as error:
        return _untested(runtime, f"an image cannot be read or kept ({type(error).__name__})")
    figures = [
        figure
        for one, first, second in zip(shown, before, after, strict=True)
        for figure in compared(first, second, one.name, _voxel_ml(one))
    ]
    return verdict(figures, [_image(one) for one in shown], labels, runtime, (slow, quick))


def _drawn(
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


def _engine(package: Package, precision: Precision) -> Engine:
    """Return the engine of a package in a precision, allowed or not, and without the package's limits."""
    from model.registry import engine_of

    document = package.document.model_copy(
        update={
            "input": package.document.input.model_copy(update={"minimum_extent_mm": 0.0}),
            "limits": Limits.model_validate({}),
        }
    )
    return engine_of(replace(package, document=document, precision=precision, trial=True))


def _untested(runtime: str, reason: str) -> PrecisionResult:
    return PrecisionResult(runtime=runtime, verdict="untested", reason=reason)


def _voxel_ml(shown: Shown) -> float:
    geometry = shown.volume.geometry
    row_mm, column_mm = geometry.planes[0].spacing
    return row_mm * column_mm * geometry.spacing_mm / 1000.0


def _image(shown: Shown) -> ImageDrawn:
    array, plane = np.ascontiguousarray(shown.volume.array), shown.volume.geometry.planes[0]
    digest = hashlib.sha256(
        f"{array.dtype.str} {array.shape} {plane.spacing} {shown.volume.geometry.spacing_mm}".encode()
    )
    digest.update(array.tobytes())
    return ImageDrawn(name=shown.name, digest=digest.hexdigest())
