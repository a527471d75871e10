"""Keys of ``Then`` that ask for more than contours: a commissioned model, and the opinion of a second one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class SecondDocument(BaseModel):
    """``SecondModel`` as the site writes it, where the limits are not the usual ones."""

    model_config = ConfigDict(extra="forbid", strict=True)

    Model: str = Field(min_length=1)
    Dice: float | int = Field(0.8, ge=0, le=1)
    Hausdorff95Mm: float | int = Field(10.0, ge=0, le=500)


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The model that draws too, and the Dice and distance (mm) beyond which both are said to disagree."""

    model: str
    dice: float = 0.8
    hausdorff95_mm: float = 10.0

    def to_json(self) -> dict[str, Any]:
        """In the shape of the REST API."""
        return {"Model": self.model, "Dice": self.dice, "Hausdorff95Mm": self.hausdorff95_mm}


@dataclass(frozen=True, slots=True)
class Assurance:
    """What a result has to have beside contours.

    ``commissioned``: its model has a registered report. ``out_of_range`` is what becomes of a series outside the
    range of that report: flagged, refused, or nothing.
    """

    commissioned: bool = False
    out_of_range: Literal["flag", "refuse"] | None = None
    second: SecondOpinion | None = None

    def and_also(self, other: Assurance) -> Assurance:
        """Return what satisfies both; of two second models, the own one."""
        words = (self.out_of_range, other.out_of_range)
        stricter: Literal["flag", "refuse"] | None = "refuse" if "refuse" in words else words[0] or words[1]
        return Assurance(self.commissioned or other.commissioned, stricter, self.second or other.second)

    def to_json(self) -> dict[str, Any]:
        """In the shape of the REST API."""
        return {
            "RequireCommissioned": self.commissioned,
            "OutOfRange": self.out_of_range,
            "SecondModel": None if self.second is None else self.second.to_json(),
        }


NO_ASSURANCE = Assurance()


def assurance_of(
    commissioned: bool, out_of_range: Literal["flag", "refuse"] | None, second: str | SecondDocument | None
) -> Assurance:
    """Return what a rule asks for; a range is looked at where it is said, or a report is demanded."""
    if isinstance(second, SecondDocument):
        opinion: SecondOpinion | None = SecondOpinion(second.Model, float(second.Dice), float(second.Hausdorff95Mm))
    else:
        opinion = None if second is None else SecondOpinion(second)
    return Assurance(commissioned, out_of_range or ("flag" if commissioned else None), opinion)
