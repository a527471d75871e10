"""ScanningSequence and SequenceVariant of an enhanced MR, from the attributes that took their place.

Classic MR has them as lists of terms (PS3.3 C.8.3.1); enhanced MR says each property for itself (C.8.13.4, C.8.13.5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """An enhanced attribute and the classic terms of its values; a value that is not among them is not understood."""

    keyword: str
    terms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A classic attribute that lists terms; ``signs`` say which, and ``nothing`` stands where each says that none is.

    Without the first of the signs nothing is said.
    """

    classic: str
    signs: tuple[Sign, ...]
    nothing: str = ""

    def terms(self, said: Callable[[str], str]) -> tuple[str, ...]:
        """Return the terms of a frame; ``said`` gives the text of an attribute, empty where it is missing."""
        values = [said(sign.keyword).upper() for sign in self.signs]
        if not values[0]:
            return ()
        found = tuple(
            term for sign, value in zip(self.signs, values, strict=True) for term in sign.terms.get(value, ())
        )
        understood = all(value in sign.terms for sign, value in zip(self.signs, values, strict=True))
        return found or ((self.nothing,) if self.nothing and understood else ())


def _yes(term: str, values: Sequence[str] = ("YES",), no: str = "NO") -> Mapping[str, tuple[str, ...]]:
    return dict.fromkeys(values, (term,)) | {no: ()}


LISTED = (
    Listed(
        "ScanningSequence",
        (
            Sign("EchoPulseSequence", {"SPIN": ("SE",), "GRADIENT": ("GR",), "BOTH": ("SE", "GR")}),
            Sign("InversionRecovery", _yes("IR")),
            Sign("EchoPlanarPulseSequence", _yes("EP")),
        ),
    ),
    Listed(
        "SequenceVariant",
        (
            # LONGITUDINAL has no term of its own.
            Sign(
                "SteadyStatePulseSequence",
                {"FREE_PRECESSION": ("SS",), "TRANSVERSE": ("SS",), "TIME_REVERSED": ("TRSS",), "NONE": ()},
            ),
            Sign("SegmentedKSpaceTraversal", _yes("SK", ("PARTIAL", "FULL"), "SINGLE")),
            Sign("MagnetizationTransfer", _yes("MTC", ("ON_RESONANCE", "OFF_RESONANCE"), "NONE")),
            Sign("Spoiling", _yes("SP", ("RF", "GRADIENT", "RF_AND_GRADIENT"), "NONE")),
            Sign("OversamplingPhase", _yes("OSP", ("2D", "3D", "2D_3D"), "NONE")),
        ),
        nothing="NONE",
    ),
)
