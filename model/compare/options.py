"""What a site says of its structure sets before they are compared: names, what is ignored, tolerances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

# AAPM TG-263 (2018), sections 7 and 9: targets by their prefix, planning structures by z or an underscore in front.
IGNORED = ("PTV*", "CTV*", "GTV*", "ITV*", "IGTV*", "ICTV*", "z_*", "zz*", "_*")
# DICOM PS3.3 C.8.8.8.1: targets, what belongs to the couch and the machine, marks and what a dose left.
IGNORED_TYPES = frozenset(
    {
        "PTV", "CTV", "GTV", "TREATED_VOLUME", "IRRAD_VOLUME", "DOSE_REGION", "DOSE_MEASUREMENT", "CONTROL", "BOLUS",
        "SUPPORT", "FIXATION", "ISOCENTER", "MARKER", "REGISTRATION", "BRACHY_CHANNEL", "BRACHY_ACCESSORY",
        "BRACHY_SRC_APP", "BRACHY_CHNL_SHLD",
    }
)  # fmt: skip
TOLERANCE_MM = 2.0


@dataclass(frozen=True)
class CompareOptions:
    """How two structure sets are compared.

    ``aliases`` maps names of the other structure set to ours. ``ignored`` are patterns (``*`` and ``?``, without regard
    to case) of names that do not count as added. ``tolerances`` are those of surface Dice in mm by our name, without
    regard to case; ``tolerance_mm`` is that of all others. ``series`` names the series in the answer; empty, it is its
    Series Instance UID.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = IGNORED
    tolerances: Mapping[str, float] = field(default_factory=dict)
    tolerance_mm: float = TOLERANCE_MM
    series: str = ""

    def tolerance_of(self, name: str) -> float:
        """Return the tolerance of surface Dice for a structure of ours, in mm."""
        wanted = name.strip().casefold()
        return next((mm for key, mm in self.tolerances.items() if key.strip().casefold() == wanted), self.tolerance_mm)

    def ignores(self, name: str, interpreted_type: str) -> bool:
        """Whether an ROI that only the other structure set has is none that anybody drew for an organ."""
        if interpreted_type.upper() in IGNORED_TYPES:
            return True
        folded = name.strip().casefold()
        return any(fnmatchcase(folded, pattern.strip().casefold()) for pattern in self.ignored)
