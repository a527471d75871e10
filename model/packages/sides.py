"""What the self-test of sides found of a package: a file beside model.json, bound to it by its digest.

It is no part of model.json, whose digest names the model in every job: packages of before get their result, and keep
their name.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from model.errors import InputRefused
from model.packages.beside import RecordOfTest, read_record_of_test, write_record
from model.packages.package import SIDES, Package

# Raised when the test changes so much that older results say nothing; packages are then tested anew when loaded.
TEST = 1
RECORD_BYTES = 64 * 1024
VERIFIED, NOT_VERIFIABLE = "verified", "not verifiable"


class Sides(BaseModel):
    """``verified``: every structure that was found lies on its side.

    ``not verifiable``: ``reason`` says why; ``mirrored``: the package is not used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Literal["verified", "not verifiable", "mirrored"]
    reason: str = Field(max_length=1000)
    structures: list[str] = Field(default_factory=list, max_length=1024)

    @property
    def words(self) -> str:
        """In a few words, for the description of who drew."""
        return f"sides {self.verdict}"


class _Record(RecordOfTest):
    result: Sides


def read_sides(package: Package) -> Sides | None:
    """Return the result for this very package; None when it was never tested, or another package or test was."""
    record = read_record_of_test(package, SIDES, _Record, TEST, RECORD_BYTES)
    return None if record is None else record.result


def write_sides(package: Package, result: Sides) -> bool:
    """Keep the result beside model.json; False where the folder cannot be written, and it is tested anew next time."""
    return write_record(package, SIDES, _Record(format=1, test=TEST, package=package.digest, result=result))


def require_not_mirrored(package: Package, result: Sides) -> None:
    """Raise InputRefused for a package whose sides were found exchanged."""
    if result.verdict == "mirrored":
        raise InputRefused(
            "SIDES",
            f"The model {package.document.id} draws on the wrong side: {result.reason}. Import it again with the "
            f"orientation of its training images (--orientation; taken were {package.document.input.orientation}), or "
            "with labels that name the sides as it draws them.",
        )
