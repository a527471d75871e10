"""A package drawn on real images in fp32 and in less, at its import or when it is asked for; the results are kept.

It is drawn as it draws patients (all folds, mirror images and overlapping tiles), on the images of its modality that
this machine has: the samples, or series of the site's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from model.engines.engine import Drawing, Engine, Progress
from model.engines.foreign import engine_errors
from model.engines.network.machine import imitates_bf16
from model.errors import AutocontourError, InputRefused
from model.packages.document import LowerPrecision, Precision
from model.packages.package import Package, verify_package
from model.packages.precision import LOWER, ImageDrawn, PrecisionResult, result_for, write_precision
from model.precision.judge import compared, verdict
from model.precision.trial import digest_of, drawn, without_limits
from model.process.deadline import Deadline
from model.sides.sample import SampleSource, Shown, installed

# What it may take, for whom less than fp32 would be welcome and for whom asks for it.
SECONDS = {"auto": 600.0, "bf16": 1800.0, "fp32": 1800.0}
UNREADABLE = "an image cannot be read or kept ({kind})"
NO_RUNTIME = "its engine knows no precision but its own"
LATE = (
    "the test of precision takes longer than {minutes} minutes on this machine, and was ended; autocontour models "
    "precision --minutes gives it more"
)
FP32_ONLY = "this runtime computes in fp32 only"
NO_BF16 = "this device has no instructions for bf16; auto takes what it has, where that is kept"


@runtime_checkable
class Reducible(Engine, Protocol):
    """An engine whose network can be computed in more than one precision."""

    @property
    def runtime(self) -> str:
        """What computes, its version and the processor or device: results of the test hold for this alone."""
        ...

    @property
    def precision(self) -> Precision:
        """In what it computes."""
        ...

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """In what it could compute in place of fp32, the most exact first."""
        ...


def ensure_precision(
    package: Package,
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    anew: bool = False,
    seconds: float | None = None,
) -> tuple[PrecisionResult, ...]:
    """Return the kept results for what computes here, one for each precision, or those of a test now, then kept.

    ``fetch`` lets it get a sample.

    Raises InputRefused when the package is not what it was when it was imported.
    """
    full = _engine(package, "fp32")
    if not isinstance(full, Reducible):
        return (_untested("none", NO_RUNTIME),)
    runtime, lower = full.runtime, full.lower_precisions
    known = () if anew else tuple(one for each in LOWER if (one := result_for(package, runtime, each)) is not None)
    there = {one.precision for one in known}
    missing = [one for one in lower if one not in there]
    if there >= {*lower, "bf16"}:
        return known
    if not known and not anew and package.wish == "auto" and imitates_bf16(runtime):
        return (_untested(runtime, "this processor has no instructions for bf16, so that it is not faster here"),)
    verify_package(package)
    found = []
    if missing:
        held = [full]  # and by nobody else: two networks may not find room side by side
        del full
        found = try_out(package, held.pop(), missing, progress, samples=samples, fetch=fetch, seconds=seconds)
    if "bf16" not in {*lower, *there}:
        found.append(_untested(runtime, NO_BF16))
    return (*known, *(_kept(package, one) for one in found))


def _kept(package: Package, result: PrecisionResult) -> PrecisionResult:
    """Keep a result, and return it; where it is lost nothing is known."""
    if write_precision(package, result):
        return result
    reason = f"the folder of the package cannot be written, so that this is lost: {result.reason[:800]}"
    return _untested(result.runtime, reason, result.precision)


def require_permitted(package: Package, results: Sequence[PrecisionResult]) -> None:
    """Raise InputRefused for a package that is to be drawn in bf16 and did not keep what fp32 draws."""
    (result,) = [one for one in results if one.precision == "bf16"]
    if package.wish == "bf16" and result.verdict != "kept":
        raise InputRefused(
            "PRECISION",
            f"The model {package.document.id} is not drawn in bf16: {result.reason}. Import it with --precision fp32, "
            "or with --precision auto, which takes less than fp32 once autocontour models precision found it as good "
            "and faster, also on series of yours.",
        )


def try_out(
    package: Package,
    full: Reducible,
    lower: Sequence[LowerPrecision],
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    seconds: float | None = None,
) -> list[PrecisionResult]:
    """Draw all images with ``full``, the package's engine in fp32, and in each lower precision, and judge them.

    Never raises for what the network does on them: then nothing is known, with the reason.
    """
    name, runtime, share = package.document.id, full.runtime, 1 / (1 + len(lower))
    try:
        shown = list((samples or installed)(package.document.input.modality, fetch))
        if not shown:
            return [_untested(runtime, "there is no image of its modality", one) for one in lower]
        deadline = Deadline(SECONDS[package.wish] if seconds is None else seconds, "PRECISION_TIME", LATE)
        before = drawn(full, name, shown, deadline, lambda part, words: progress(share * part, f"fp32: {words}"))
        del full
    except AutocontourError as error:
        return [_untested(runtime, error.message[:900], one) for one in lower]
    except OSError as error:
        return [_untested(runtime, UNREADABLE.format(kind=type(error).__name__), one) for one in lower]
    results = []
    for number, one in enumerate(lower, start=1):

        def show(part: float, words: str, number: int = number, one: Precision = one) -> None:
            progress(share * (number + part), f"{one}: {words}")

        results.append(_tried(package, one, runtime, shown, before, deadline, show))
    return results


def _tried(
    package: Package,
    precision: LowerPrecision,
    runtime: str,
    shown: Sequence[Shown],
    before: tuple[list[Drawing], float],
    deadline: Deadline,
    progress: Progress,
) -> PrecisionResult:
    """Draw all images in a lower precision, and judge them by what fp32 drew before, and how long that took."""
    name, labels = package.document.id, [one.label for one in package.document.labels]
    try:
        with engine_errors(name):
            engine = _engine(package, precision)
        if not isinstance(engine, Reducible) or engine.precision != precision:
            return _untested(runtime, FP32_ONLY, precision)
        after, quick = drawn(engine, name, shown, deadline, progress)
    except AutocontourError as error:
        if error.code == "MODEL_NUMBERS":  # fp32 drew these images, so it is the precision that does not hold them
            return PrecisionResult(
                runtime=runtime,
                precision=precision,
                verdict="lost",
                reason=f"numbers of the network go beyond {precision}",
                images=[_image(one) for one in shown],
            )
        return _untested(runtime, error.message[:900], precision)
    except OSError as error:
        return _untested(runtime, UNREADABLE.format(kind=type(error).__name__), precision)
    figures = [
        figure
        for one, first, second in zip(shown, before[0], after, strict=True)
        for figure in compared(first, second, one.name, _voxel_ml(one))
    ]
    return verdict(figures, [_image(one) for one in shown], labels, runtime, (before[1], quick), precision)


def _engine(package: Package, precision: Precision) -> Engine:
    """Return the engine of a package in a precision, allowed or not, and without the package's limits."""
    from model.registry import engine_of

    return engine_of(replace(without_limits(package), trial=precision))


def _untested(runtime: str, reason: str, precision: LowerPrecision = "bf16") -> PrecisionResult:
    return PrecisionResult(runtime=runtime, precision=precision, verdict="untested", reason=reason)


def _voxel_ml(shown: Shown) -> float:
    geometry = shown.volume.geometry
    row_mm, column_mm = geometry.planes[0].spacing
    return row_mm * column_mm * geometry.spacing_mm / 1000.0


def _image(shown: Shown) -> ImageDrawn:
    return ImageDrawn(name=shown.name, digest=digest_of(shown))
