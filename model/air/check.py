"""A package drawn on real images with all tiles and without those of air, when it is asked for; the result is kept.

It is drawn as it draws patients, on the images of its modality that this machine has: the samples, or series of the
site's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from model.air.images import with_wide
from model.air.judge import compared, verdict
from model.engines.engine import Engine, Progress
from model.engines.foreign import engine_errors
from model.errors import AutocontourError
from model.packages.air import ONLY_CT, AirResult, air_result_for, write_air
from model.packages.package import Package, verify_package
from model.precision.trial import digest_of, drawn, without_limits
from model.process.deadline import Deadline
from model.sides.sample import SampleSource

SECONDS = 1800.0
NO_TILES = "its engine computes no tiles"
OTHER_NUMBERS = "its normalisation makes another number of air in each image"
LATE = (
    "the test of air takes longer than {minutes} minutes on this machine, and was ended; autocontour models air "
    "--minutes gives it more"
)


@runtime_checkable
class Tiled(Engine, Protocol):
    """An engine whose networks compute tiles, which may be air."""

    @property
    def computed_by(self) -> str:
        """What computes, and in which precision: results of the test hold for this alone."""
        ...

    @property
    def sees_air(self) -> bool:
        """Whether air is one number to all of its networks, in every image."""
        ...


def ensure_air(
    package: Package,
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    anew: bool = False,
    seconds: float = SECONDS,
) -> AirResult:
    """Return the kept result of the test for what computes here, or that of a test now, which is then kept.

    ``fetch`` lets it get a sample.

    Raises InputRefused when the package is not what it was when it was imported.
    """
    if package.document.input.modality != "CT":
        return _untested("none", ONLY_CT)
    engine = _engine(package, skipping=False)
    if not isinstance(engine, Tiled):
        return _untested("none", NO_TILES)
    computed_by = engine.computed_by
    result = None if anew else air_result_for(package, computed_by)
    if result is None:
        verify_package(package)
        if engine.sees_air:
            held = [engine]  # and by nobody else: two networks may not find room side by side
            del engine
            result = try_out(package, held, progress, samples=samples, fetch=fetch, seconds=seconds)
        else:
            result = _untested(computed_by, OTHER_NUMBERS)
        if not write_air(package, result):
            return _untested(
                computed_by, f"the folder of the package cannot be written, so that this is lost: {result.reason[:800]}"
            )
    return result


def try_out(
    package: Package,
    held: list[Tiled],
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    seconds: float = SECONDS,
) -> AirResult:
    """Draw all images with the engine that is taken out of ``held``, and without tiles of air, and judge them.

    Never raises for what the network does on them: then nothing is known, with the reason.
    """
    name, engine = package.document.id, held.pop()
    computed_by = engine.computed_by
    try:
        shown = list((samples or with_wide)("CT", fetch))
        if not shown:
            return _untested(computed_by, "there is no image of its modality")
        deadline = Deadline(seconds, "AIR_TIME", LATE)
        before, slow = drawn(
            engine, name, shown, deadline, lambda part, words: progress(part / 2, f"all tiles: {words}")
        )
        del engine
        with engine_errors(name):
            skipping = _engine(package, skipping=True)
        after, quick = drawn(
            skipping, name, shown, deadline, lambda part, words: progress((1 + part) / 2, f"without air: {words}")
        )
    except AutocontourError as error:
        return _untested(computed_by, error.message[:900])
    except OSError as error:
        return _untested(computed_by, f"an image cannot be read or kept ({type(error).__name__})")
    images = [
        compared(first, second, one.name, digest_of(one))
        for one, first, second in zip(shown, before, after, strict=True)
    ]
    reasons: Sequence[str] = [one.air.reason for one in after if one.air is not None and one.air.reason]
    return verdict(images, reasons, computed_by, (slow, quick))


def _engine(package: Package, *, skipping: bool) -> Engine:
    """Return the engine of a package that skips tiles of air, allowed or not, and without the package's limits."""
    from model.registry import engine_of

    return engine_of(replace(without_limits(package), air="trial" if skipping else "compute"))


def _untested(computed_by: str, reason: str) -> AirResult:
    return AirResult(computed_by=computed_by, verdict="untested", reason=reason)
