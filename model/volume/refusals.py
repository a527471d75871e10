"""Why the pixels of a series cannot be used: the attribute, not its value, and whether sending again can help."""

from __future__ import annotations

from model.errors import InputRefused
from model.series.refusals import NO_HELP

SEND = "Send the series again, as something may have been cut off on the way"


def foreign() -> InputRefused:
    """Refuse a file of another series."""
    return InputRefused(
        "PIXELS_FOREIGN", f"A file is not a slice of the series that is to be contoured (SOPInstanceUID). {SEND}."
    )


def missing(count: int) -> InputRefused:
    """Refuse a series of which slices did not come."""
    return InputRefused("PIXELS_MISSING", f"{count} slice(s) of the series came without their PixelData. {SEND}.")


def another_size() -> InputRefused:
    """Refuse a slice that decodes to another size than the series has."""
    return InputRefused("PIXELS_SHAPE", f"PixelData of a slice is not as large as Rows and Columns say. {SEND}.")


def no_single_image(keyword: str) -> InputRefused:
    """Refuse several frames, or colours."""
    return InputRefused(
        "PIXELS_SHAPE",
        f"{keyword} of a slice is not 1, and a slice of a scan is a single greyscale image. {NO_HELP}; exclude such "
        "series by a rule.",
    )


def slope_not_positive() -> InputRefused:
    """Refuse a slope that turns values around or makes all of them one."""
    what = "RescaleSlope of a slice is not above 0, so its values mean nothing"
    return InputRefused("PIXELS_RESCALE", f"{what}. {NO_HELP}.")


def no_number(keyword: str) -> InputRefused:
    """Refuse a rescale that cannot be calculated with."""
    return InputRefused("PIXELS_RESCALE", f"{keyword} of a slice is no number. {NO_HELP}.")


def through_a_table() -> InputRefused:
    """Refuse values that are to be looked up."""
    return InputRefused(
        "VALUES_TABLE",
        "The values of a slice go through a table (ModalityLUTSequence), which CT and MR images do not have and which "
        f"is not applied here. {NO_HELP}; send it with RescaleSlope and RescaleIntercept.",
    )


def floating_point() -> InputRefused:
    """Refuse pixels that are no whole numbers."""
    return InputRefused(
        "PIXELS_FLOAT",
        f"A slice has FloatPixelData or DoubleFloatPixelData, which no CT or MR image has. {NO_HELP}; send whole "
        "numbers, in PixelData.",
    )


def no_pixels() -> InputRefused:
    """Refuse a slice without pixels."""
    return InputRefused("PIXELS_UNREADABLE", f"PixelData of a slice is missing. {SEND}.")


def undecodable() -> InputRefused:
    """Refuse pixels that no decoder takes."""
    return InputRefused(
        "PIXELS_UNREADABLE",
        f"PixelData of a slice is cut off, or in a TransferSyntaxUID that cannot be decoded here. {SEND}; else let "
        "Orthanc transcode it (IngestTranscoding).",
    )


def unreadable() -> InputRefused:
    """Refuse what is no DICOM file."""
    return InputRefused("PIXELS_UNREADABLE", f"A file of the series cannot be read as DICOM. {SEND}.")
