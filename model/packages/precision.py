"""What the test of precision found of a package: a file beside model.json, bound to it by its digest.

A network may be drawn in bf16 or fp16, which are twice as fast, only where this file says that every structure came
out as in fp32. What it says holds for one precision of one runtime of one version on one kind of processor, as each
rounds in its own way; so it has an entry for each of them. It is no part of model.json, whose digest names the model
in every job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from model.packages.beside import REMEMBERED, RecordOfTest, read_record_of_test, write_record
from model.packages.document import LowerPrecision, Part, Precision
from model.packages.package import PRECISION, Package

# Raised when the test changes so much that older results say nothing.
TEST = 1
RECORD_BYTES = 1024 * 1024
# What each structure keeps of what fp32 draws: at least this Dice, at most this share more or less volume.
LEAST_DICE, MOST_CHANGE = 0.999, 0.005
# "auto" takes a lower precision where the images of the test were drawn so many times as fast.
FASTER = 1.1
# What "auto" asks for, one after the other: fp16 has ten bits of a number where bf16 has seven, and costs the same.
LOWER: tuple[LowerPrecision, ...] = ("fp16", "bf16")

Text = Annotated[str, Field(max_length=1000)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ImageDrawn(Part):
    """An image that was drawn: what it is called, and the SHA-256 of its voxels and their spacing."""

    name: Text
    digest: Digest


class StructureFigures(Part):
    """One structure on the image where a lower precision kept least of it.

    ``ml`` and ``reduced_ml`` are what fp32 and it drew; ``change`` is the share of volume gained or lost.
    """

    label: Text
    image: Text
    ml: float = Field(ge=0)
    reduced_ml: float = Field(ge=0)
    dice: float = Field(ge=0, le=1)
    change: float

    @property
    def kept(self) -> bool:
        """Whether it is what fp32 draws, for whoever looks at a contour."""
        return self.dice >= LEAST_DICE and abs(self.change) <= MOST_CHANGE

    def words(self, precision: LowerPrecision) -> str:
        """In a few words, with its figures."""
        return (
            f"{self.label} (Dice {self.dice:.4f}, volume {100 * self.change:+.2f} %: {self.ml:.1f} ml in fp32 and "
            f"{self.reduced_ml:.1f} ml in {precision})"
        )


class PrecisionResult(Part):
    """``kept``: every structure that was found is as in fp32; ``lost``: one is not; ``untested``: nothing is known.

    ``precision`` is what was tested, bf16 in files of before there were two; ``runtime`` is what computed, its version
    and the processor or device; ``reason`` says why a verdict is what it is; ``not_seen`` names structures that none
    of the images shows, of which nothing is known. ``seconds`` is what drawing took in fp32 and in it.
    """

    runtime: Text
    precision: LowerPrecision = "bf16"
    verdict: Literal["kept", "lost", "untested"]
    reason: Text
    images: list[ImageDrawn] = Field(default_factory=list, max_length=64)
    structures: list[StructureFigures] = Field(default_factory=list, max_length=1024)
    not_seen: list[Text] = Field(default_factory=list, max_length=1024)
    seconds: tuple[float, float] | None = None

    @property
    def faster(self) -> bool:
        """Whether it was measured to be worth it."""
        return self.seconds is not None and self.seconds[0] >= FASTER * self.seconds[1]

    @property
    def words(self) -> str:
        """In a few words, for the description of who drew."""
        least = min((one.dice for one in self.structures), default=0.0)
        # Rounded down: what is said to have been kept was kept.
        return f"{len(self.structures)} structure(s) kept at Dice {int(10_000 * least) / 10_000:.4f} or more"


class _Record(RecordOfTest):
    results: list[PrecisionResult] = Field(max_length=REMEMBERED)


@dataclass(frozen=True)
class Choice:
    """In which precision a package is drawn, and why; ``denied``: bf16 was asked for and may not be had."""

    precision: Precision
    reason: str
    denied: bool = False

    @property
    def reduced(self) -> bool:
        """Whether it is less than fp32."""
        return self.precision != "fp32"


def choose(package: Package, runtime: str, network: int | None = None) -> Choice:
    """Return the precision in which this runtime draws a package: what is wished for, as far as the test allows it.

    ``network`` is the number of one of its networks, where ``runtime`` is what computes that one alone.
    """
    wish = package.wish
    if package.trial is not None:
        return Choice(package.trial, "the test of precision")
    if wish == "fp32":
        return Choice("fp32", "as chosen")
    denied = wish == "bf16"
    asked: Sequence[LowerPrecision] = ("bf16",) if wish == "bf16" else LOWER
    tested = [one for lower in asked if (one := result_for(package, runtime, lower, network)) is not None]
    if not tested:
        what = "bf16" if denied else "less than fp32"
        return Choice("fp32", f"{what} was not tested with {runtime} yet (autocontour models precision)", denied)
    kept = [one for one in tested if one.verdict == "kept"]
    if not kept:
        return Choice("fp32", tested[0].reason, denied)
    worth = [one for one in kept if one.faster or wish == "bf16"]
    if not worth:
        return Choice("fp32", f"{kept[0].precision} is not faster here")
    return Choice(worth[0].precision, worth[0].words)


def chooser(package: Package, network: int = 0) -> Callable[[str], Precision]:
    """Return what answers, for a runtime, in which precision it may compute a network of a package."""
    return lambda runtime: choose(package, runtime, network).precision


def result_for(
    package: Package, runtime: str, precision: Precision, network: int | None = None
) -> PrecisionResult | None:
    """Return what was found of this very package in a precision of this very runtime; None where it was not tested."""
    tested = [one for one in read_precision(package) if one.precision == precision]
    found = [one for one in tested if _computed_by(one.runtime, runtime, network)]
    return found[-1] if found else None


def runtime_of(networks: Sequence[str]) -> str:
    """Return the name of what computes a package, of what computes each of its networks."""
    if len(set(networks)) == 1:
        return networks[0]
    return "; ".join(f"{number}: {one}" for number, one in enumerate(networks))


def _computed_by(tested: str, runtime: str, network: int | None) -> bool:
    """Whether the runtime of a test is this one, or was this one for a network."""
    return tested == runtime or (network is not None and f"{network}: {runtime}" in tested.split("; "))


def read_precision(package: Package) -> list[PrecisionResult]:
    """Return what was found of this very package, for each runtime and precision, the last one last."""
    record = read_record_of_test(package, PRECISION, _Record, TEST, RECORD_BYTES)
    return [] if record is None else record.results


def write_precision(package: Package, result: PrecisionResult) -> bool:
    """Keep a result beside model.json; False where the folder cannot be written: the package is then drawn in fp32."""
    same = (result.runtime, result.precision)
    others = [one for one in read_precision(package) if (one.runtime, one.precision) != same]
    results = [*others, result][-REMEMBERED:]
    record = _Record(format=1, test=TEST, package=package.digest, results=results)
    return write_record(package, PRECISION, record)


def state_of(package: Package) -> str:
    """Return what changes when the result of a test does, for engines that stay loaded."""
    try:
        return hashlib.sha256((package.folder / PRECISION).read_bytes()).hexdigest()
    except OSError:
        return ""
