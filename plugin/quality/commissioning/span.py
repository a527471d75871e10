"""The commissioned range: between which values the cases lay on which a model was looked at, and what lies outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Thickness and spacing in mm, written with fewer or more digits by different makers.
SLACK_MM = 0.05
NUMBERS = ("ThicknessMm", "SpacingMm", "ExtentMm")
WORDS = ("Kernel", "Scanner")
_SAID = {
    "ThicknessMm": "slice thickness",
    "SpacingMm": "spacing of the slices",
    "ExtentMm": "extent along the slices",
    "Kernel": "convolution kernel",
    "Scanner": "class of scanner",
}


@dataclass(frozen=True)
class CaseFacts:
    """What of a series a commissioned range is about; numbers in mm, None where the series does not say.

    ``scanner`` is maker and model name: a class of scanners, and none of them.
    """

    thickness: float | None
    spacing: float | None
    extent: float | None
    kernel: str | None
    contrast: bool
    scanner: str | None

    def to_json(self) -> dict[str, Any]:
        """Return them as reports have them."""
        return {
            "ThicknessMm": self.thickness,
            "SpacingMm": self.spacing,
            "ExtentMm": self.extent,
            "Kernel": self.kernel,
            "Contrast": self.contrast,
            "Scanner": self.scanner,
        }


def range_of(cases: Sequence[CaseFacts]) -> dict[str, Any]:
    """Return the range of these cases: the least and the largest number, and every word."""
    said = [case.to_json() for case in cases]
    found: dict[str, Any] = {}
    for name in NUMBERS:
        values = [one[name] for one in said if one[name] is not None]
        found[name] = {"Min": min(values), "Max": max(values)} if values else None
    for name in WORDS:
        found[name] = sorted({one[name] for one in said if one[name] is not None}, key=str.casefold)
    found["Contrast"] = sorted({case.contrast for case in cases})
    return found


def outside(commissioned: dict[str, Any], case: CaseFacts) -> list[str]:
    """Say in a sentence each what of a series lies outside the range; what it does not say lies outside of nothing.

    Where no case of the commissioning said something, nothing of it was commissioned.
    """
    said = case.to_json()
    found = []
    for name in NUMBERS:
        value, span = said[name], commissioned.get(name)
        if value is None:
            continue
        if span is None:
            found.append(f"its {_SAID[name]} ({value:g} mm), which no commissioned case told")
        elif not float(span["Min"]) - SLACK_MM <= value <= float(span["Max"]) + SLACK_MM:
            found.append(f"its {_SAID[name]} ({value:g} mm; commissioned {span['Min']:g} to {span['Max']:g})")
    for name in WORDS:
        words = {str(one).casefold() for one in commissioned.get(name) or ()}
        if said[name] is not None and str(said[name]).casefold() not in words:
            found.append(f"its {_SAID[name]}, of which no case was commissioned")
    if case.contrast not in (commissioned.get("Contrast") or ()):
        found.append(f"it is {'with' if case.contrast else 'without'} contrast medium, and no commissioned case was")
    return found
