"""Why slices make no volume: sentences that name the attribute, not its value, and say whether sending again helps."""

from __future__ import annotations

from collections.abc import Sequence

from model.errors import InputRefused

# What is wrong where the images were made comes again with them.
NO_HELP = "Sending it again as it is does not help"
_WRITTEN = f"{NO_HELP}; what made the images has to write it."
# Gaps that a message lists.
_LISTED = 10


def only_localizers(count: int) -> InputRefused:
    """No slice but localizers."""
    return InputRefused(
        "SERIES_EMPTY",
        f"The series holds {count} localizer(s), by ImageType, and no other slice. {NO_HELP}, unless slices are "
        "missing; exclude such series by a rule on ImageType.",
    )


def several_values(code: str, keyword: str, count: int) -> InputRefused:
    """More than one value of what the slices of a volume share."""
    return InputRefused(
        code,
        f"{keyword} has {count} different values among the slices, and a volume has one. {NO_HELP}; give the slices of "
        "each as a series of their own.",
    )


def no_frame_of_reference() -> InputRefused:
    """No frame of reference."""
    return InputRefused(
        "FRAME_OF_REFERENCE",
        f"FrameOfReferenceUID is missing or empty, so contours have no place in the patient. {_WRITTEN}",
    )


def slice_twice() -> InputRefused:
    """One UID in two files."""
    return InputRefused(
        "SLICE_TWICE", f"SOPInstanceUID is the same in several files of the series. {NO_HELP}; leave out all but one."
    )


def planes_differ() -> InputRefused:
    """Planes that are not parallel, or of another pixel size."""
    return InputRefused(
        "GEOMETRY_MIXED",
        "ImageOrientationPatient or PixelSpacing differ between slices, so that they do not form a single volume. "
        f"{NO_HELP}; send the slices of each plane as a series of their own.",
    )


def slices_coincide(count: int) -> InputRefused:
    """So many slices at the place of another one."""
    return InputRefused(
        "SLICES_COINCIDE",
        f"{count} slice(s) lie at the place of another, by ImagePositionPatient: repeated, or several images of one "
        "place (echoes, phases, b-values). Sending helps only where slices of a second volume are missing; else send "
        "each volume as a series of its own.",
    )


def slices_missing(gaps: Sequence[tuple[float, float, int]]) -> InputRefused:
    """Slices missing between two positions along the normal, in mm; so many in each gap."""
    where = ", ".join(f"{count} between {low:.1f} and {high:.1f} mm" for low, high, count in gaps[:_LISTED])
    more = f", and in {len(gaps) - _LISTED} more gap(s)" if len(gaps) > _LISTED else ""
    return InputRefused(
        "GEOMETRY_GAP",
        f"{sum(count for _, _, count in gaps)} slice(s) are missing along the slice normal, by ImagePositionPatient: "
        f"{where}{more}. Sending them, or the whole series, helps; IncompleteSeconds says for how long a series is "
        "waited for.",
    )


def no_orientation() -> InputRefused:
    """Directions that are none."""
    return InputRefused(
        "GEOMETRY_ORIENTATION",
        "ImageOrientationPatient of a slice is not a pair of perpendicular unit vectors, so nothing says how it lies. "
        + _WRITTEN,
    )


def no_spacing() -> InputRefused:
    """Pixels without a size."""
    return InputRefused("GEOMETRY_SPACING", f"PixelSpacing of a slice is zero or negative. {_WRITTEN}")


def unusable(keyword: str, how: str) -> InputRefused:
    """Say of an attribute that places a slice what is wrong with it."""
    return InputRefused(
        "GEOMETRY_MISSING",
        f"{keyword} of a slice {how}, so nothing says where it lies. {NO_HELP}; exclude such series by a rule on "
        f"ImageType or {keyword}.",
    )
