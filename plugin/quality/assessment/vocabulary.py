"""The words of the documents as codes: those of DICOM and SNOMED CT where they have one, else a scheme of our own.

The scheme is declared in each document that uses it (DICOM PS3.3 C.12.1.1.7, FHIR CodeSystem by its OID);
docs/quality.md lists it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from model.compare.comparison import Metrics
from model.names.entry import Code
from plugin.quality.assessment.assessed import Decision

# Designators that begin with 99 are anybody's (PS3.16 8.2).
SCHEME = "99AUTOCONTOUR"
SCHEME_NAME = "orthanc-autocontour"
SCHEME_UID = "2.25.263425706086957425848624564813631972716"


def own(value: str, meaning: str) -> Code:
    """Return a code of our own scheme."""
    return Code(value, SCHEME, meaning)


DECISION = own("DECISION", "What a person did with the structure")
DECISION_CODES: Mapping[Decision, Code] = {
    Decision.KEPT: own("KEPT", "Kept as it was drawn"),
    Decision.EDITED: own("EDITED", "Edited"),
    Decision.DELETED: own("DELETED", "Deleted"),
    Decision.ADDED: own("ADDED", "Added by a person"),
    Decision.NOT_COMPARABLE: own("NOT_COMPARABLE", "Not comparable"),
}
REASON = own("REASON", "What the numbers do not tell")

APPROVAL = own("APPROVAL", "Approval status of the assessed structure set")
APPROVAL_CODES = {True: own("APPROVED", "Approved"), False: own("UNAPPROVED", "Unapproved")}
ORIGIN = own("ORIGIN", "Origin of the assessed result")
EVIDENCE_CODE = own("EVIDENCE_CODE", "Evidence code")
MODEL = own("MODEL", "Model that drew")
MODEL_VERSION = own("MODEL_VERSION", "Version of the model")
MODEL_DIGEST = own("MODEL_DIGEST", "SHA-256 of the model")
RECORD_NUMBER = own("RECORD_NUMBER", "Number of the signed record")
RECORD_DIGEST = own("RECORD_DIGEST", "SHA-256 of the signed record")
CHAIN_KEY = own("CHAIN_KEY", "Key that signed the record")
RESULT_DIGEST = own("RESULT_DIGEST", "SHA-256 of decisions and numbers")
REVIEWED = own("REVIEWED", "Time of review, by the assessed structure set")
DRAWN_SET = own("DRAWN_SET", "Structure set that the model drew")
ASSESSED_SET = own("ASSESSED_SET", "Structure set that a person made of it")
LATE = own("LATE", "Came before the result")
REVIEWER_UNWRITABLE = own("REVIEWER", "Reviewer")

NO_UNITS = Code("1", "UCUM", "no units")
MILLIMETRES = Code("mm", "UCUM", "mm")
CUBIC_CENTIMETRES = Code("cm3", "UCUM", "cm3")
SLICES = Code("{slices}", "UCUM", "slices")


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of the comparison: the name that Metrics has for it, its code and its unit."""

    name: str
    code: Code
    unit: Code


# docs/quality.md defines each.
MEASURES = (
    Measure("volume", own("VOLUME", "Volume as it was drawn"), CUBIC_CENTIMETRES),
    Measure("other_volume", own("OTHER_VOLUME", "Volume as a person left it"), CUBIC_CENTIMETRES),
    Measure("dice", own("DICE", "Dice similarity coefficient"), NO_UNITS),
    Measure("hausdorff", own("HD", "Hausdorff distance"), MILLIMETRES),
    Measure("hausdorff95", own("HD95", "95 % Hausdorff distance"), MILLIMETRES),
    Measure("mean_surface_distance", own("MSD", "Mean surface distance"), MILLIMETRES),
    Measure("surface_dice", own("SURFACE_DICE", "Surface Dice"), NO_UNITS),
    Measure("tolerance", own("TOLERANCE", "Tolerance of surface Dice"), MILLIMETRES),
    Measure("added_path_length", own("APL", "Added path length"), MILLIMETRES),
    Measure("side", own("SIDE", "Mean signed surface distance, outwards positive"), MILLIMETRES),
    Measure("slices_edited", own("SLICES_EDITED", "Slices that were edited"), SLICES),
    Measure("slices_missing", own("SLICES_MISSING", "Slices that are missing"), SLICES),
    Measure("slices_cut", own("SLICES_CUT", "Slices that were cut at the ends"), SLICES),
)
SHIFTS = tuple(
    Measure("centroid_shift", own(f"SHIFT_{axis}", f"Shift of the centroid along {axis} (LPS)"), MILLIMETRES)
    for axis in "XYZ"
)
COMMON = (
    Measure("slices", own("COMMON_SLICES", "Slices that both have"), SLICES),
    Measure("dice", own("COMMON_DICE", "Dice over the slices that both have"), NO_UNITS),
    Measure("hausdorff", own("COMMON_HD", "Hausdorff distance over the slices that both have"), MILLIMETRES),
    Measure("hausdorff95", own("COMMON_HD95", "95 % Hausdorff distance over the slices that both have"), MILLIMETRES),
    Measure(
        "mean_surface_distance", own("COMMON_MSD", "Mean surface distance over the slices that both have"), MILLIMETRES
    ),
    Measure("surface_dice", own("COMMON_SURF_DICE", "Surface Dice over the slices that both have"), NO_UNITS),
    Measure("side", own("COMMON_SIDE", "Mean signed distance over the slices that both have"), MILLIMETRES),
)


def numbers_in(metrics: Metrics) -> Iterator[tuple[Measure, float]]:
    """Yield the numbers that apply, each with what it is."""
    for measure in MEASURES:
        if (value := getattr(metrics, measure.name)) is not None:
            yield measure, value
    if metrics.centroid_shift is not None:
        yield from zip(SHIFTS, metrics.centroid_shift, strict=True)
    if metrics.common_slices is not None:
        for measure in COMMON:
            yield measure, getattr(metrics.common_slices, measure.name)


def written(value: float) -> str:
    """Return a number in at most 16 characters, as DS has them (PS3.5 6.2)."""
    return f"{value:.9g}"
