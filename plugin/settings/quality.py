"""The section "AutoContour.Quality": how what people made of our structure sets is compared with ours."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError

from model.compare.options import IGNORED, TOLERANCE_MM, CompareOptions
from plugin.settings.document import Document
from routing.problems import Problem, problems_of

ROOT = "AutoContour.Quality"

# ROIName is LO of any text (DICOM PS3.5 6.2).
Name = Annotated[str, Field(min_length=1, max_length=64)]
Millimetres = Annotated[float, Field(gt=0, le=50)]


class QualitySettings(Document):
    """What is compared, and how; numbers only are kept, and nothing leaves the hospital."""

    Enabled: bool = True
    # Names of people's structures to ours, where neither code nor name tells: {"Lunge re": "Lung_R"}.
    Names: dict[Name, Name] = Field(default_factory=dict)
    # Structures that people add and that are no organs; * and ? as in a file name.
    Ignore: list[Name] = Field(default_factory=lambda: list(IGNORED))
    # Of surface Dice, in mm: that of all structures, and those of single ones by our name.
    ToleranceMm: Millimetres = TOLERANCE_MM
    Tolerances: dict[Name, Millimetres] = Field(default_factory=dict)
    # How long comparisons are kept one by one; null: as long as the evidence. Their sums by month stay.
    KeepMonths: int | None = Field(default=None, ge=1, le=600)
    # A comparison that takes longer is stopped.
    Seconds: int = Field(default=300, ge=10, le=3600)

    @property
    def kept_seconds(self) -> float | None:
        """How long comparisons are kept one by one, in seconds; None as long as the evidence."""
        return None if self.KeepMonths is None else self.KeepMonths * 365.25 / 12 * 86400

    @property
    def options(self) -> CompareOptions:
        """Return them as model.compare takes them."""
        return CompareOptions(
            aliases=self.Names,
            ignored=tuple(self.Ignore),
            tolerances=self.Tolerances,
            tolerance_mm=self.ToleranceMm,
        )


def read_quality(section: Any) -> tuple[QualitySettings, list[Problem]]:
    """Validate the section; absent it has its defaults."""
    if section is None:
        return QualitySettings(), []
    try:
        return QualitySettings.model_validate(section), []
    except ValidationError as error:
        return QualitySettings(), problems_of(error, ROOT, lambda _: tuple(QualitySettings.model_fields))


def described(quality: QualitySettings) -> str:
    """Say it in a sentence, as ``autocontour check`` does."""
    if not quality.Enabled:
        return "Structure sets that people made of ours are not compared (Quality.Enabled)"
    kept = "as long as the evidence" if quality.KeepMonths is None else f"for {quality.KeepMonths} months"
    single = f", {len(quality.Tolerances)} of single structures" if quality.Tolerances else ""
    return (
        "Structure sets that people made of ours are compared when they arrive: tolerance "
        f"{quality.ToleranceMm:g} mm{single}; the numbers are kept {kept}"
    )
