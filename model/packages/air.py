"""What the test of air found of a package: a file beside model.json, bound to it by its digest.

Tiles that hold nothing but air may be skipped only where this file says that not one voxel of what is drawn came out
otherwise. It has an entry for each runtime and precision, as each rounds in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from model.packages.beside import REMEMBERED, RecordOfTest, read_record_of_test, write_record
from model.packages.document import Part
from model.packages.package import AIR, Package

# Raised when the test, or what is skipped, changes so much that older results say nothing.
TEST = 1
RECORD_BYTES = 1024 * 1024
ONLY_CT = "only in CT is air the same number in every series"

Text = Annotated[str, Field(max_length=1000)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class ImageSkipped(Part):
    """An image that was drawn with all tiles and without those of air.

    ``digest`` is the SHA-256 of its voxels and their spacing; ``skipped`` of ``tiles`` were air; ``voxels`` were drawn
    with all tiles, and ``differing`` otherwise without those of air.
    """

    name: Text
    digest: Digest
    tiles: Count
    skipped: Count
    voxels: Count
    differing: Count


class AirResult(Part):
    """``same``: not one voxel differs; ``differs``: some do; ``untested``: nothing is known.

    ``computed_by`` is what computed, in which precision; ``reason`` says why a verdict is what it is. ``seconds`` is
    what drawing took with all tiles and without those of air.
    """

    computed_by: Text
    verdict: Literal["same", "differs", "untested"]
    reason: Text
    images: list[ImageSkipped] = Field(default_factory=list, max_length=64)
    seconds: tuple[float, float] | None = None

    @property
    def words(self) -> str:
        """In a few words, for the description of who drew."""
        tested = [one for one in self.images if one.skipped]
        return f"same voxels without them on {len(tested)} image(s)"


class _Record(RecordOfTest):
    results: list[AirResult] = Field(max_length=REMEMBERED)


@dataclass(frozen=True)
class AirChoice:
    """Whether tiles of air are skipped, and why; ``denied``: that was asked for and may not be."""

    skip: bool
    reason: str
    denied: bool = False


def choose_air(package: Package, computed_by: str) -> AirChoice:
    """Return whether tiles of air of a package are skipped: where that is wished for, as far as the test allows it."""
    wish = package.air_wish
    if wish == "trial":
        return AirChoice(True, "the test of air")
    if wish == "compute":
        return AirChoice(False, "not asked for")
    if package.document.input.modality != "CT":
        return AirChoice(False, ONLY_CT, denied=True)
    tested = air_result_for(package, computed_by)
    if tested is None:
        return AirChoice(False, f"that was not tested with {computed_by} yet (autocontour models air)", denied=True)
    if tested.verdict != "same":
        return AirChoice(False, tested.reason, denied=True)
    return AirChoice(True, tested.words)


def air_result_for(package: Package, computed_by: str) -> AirResult | None:
    """Return what was found of this very package with this very runtime; None when that was never tested."""
    found = [one for one in read_air(package) if one.computed_by == computed_by]
    return found[-1] if found else None


def read_air(package: Package) -> list[AirResult]:
    """Return what was found of this very package, a result for each runtime, the last one last."""
    record = read_record_of_test(package, AIR, _Record, TEST, RECORD_BYTES)
    return [] if record is None else record.results


def write_air(package: Package, result: AirResult) -> bool:
    """Keep a result beside model.json; False where the folder cannot be written: all tiles are then computed."""
    others = [one for one in read_air(package) if one.computed_by != result.computed_by]
    results = [*others, result][-REMEMBERED:]
    return write_record(package, AIR, _Record(format=1, test=TEST, package=package.digest, results=results))
