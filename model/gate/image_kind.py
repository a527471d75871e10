"""What a header says an object is: a slice, or a localizer, a saved screen, a dose sheet, a protocol page.

ImageType is judged by its words, not by whole values: scanners write PATIENT PROTOCOL, CT_SOM5 PROT, DOSE_INFO and
SCREEN SAVE as CT Image Storage. Sources: DICOM PS3.3 C.7.6.1.1.2, and values that scanners of several makers write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

ENHANCED = {
    EnhancedCTImageStorage: "Enhanced CT",
    EnhancedMRImageStorage: "Enhanced MR",
    LegacyConvertedEnhancedCTImageStorage: "Legacy Converted Enhanced CT",
    LegacyConvertedEnhancedMRImageStorage: "Legacy Converted Enhanced MR",
}
# The classic kind that a frame of each is a slice of.
CLASSIC = {
    EnhancedCTImageStorage: CTImageStorage,
    EnhancedMRImageStorage: MRImageStorage,
    LegacyConvertedEnhancedCTImageStorage: CTImageStorage,
    LegacyConvertedEnhancedMRImageStorage: MRImageStorage,
}
# PS3.3 C.8.6.1 (SC Equipment) and C.8.6.2: a slice from a scanner has none of these.
SECONDARY_CAPTURE = (
    0x00080064,
    0x00181010,
    0x00181011,
    0x00181012,
    0x00181014,
    0x00181016,
    0x00181017,
    0x00181018,
    0x00181019,
    0x0018101A,
    0x0018101B,
    0x00181022,
    0x00181023,
)

# Words that no slice has, in any value.
_WORDS = """
    LOC SCOUT SURVEY SURVIEW PILOT CAPTURE CAPTURED GRAPHIC GRAPHICS GRAPH PLOT CHART PRESENTATION PROT PATIENT
    SCANNED SNAPSHOT POSDISP PRINT PRINTED PRINTOUT HARDCOPY FILM DIGITIZED DIGITISED PAGE SHEET FORM DOCUMENT TEXT
    SUMMARY INFO INFORMATION WORKSHEET ANNOTATED ANNOTATION ANNOTATIONS RENDER RENDERED RENDERING VRT FUSION
    TOPO SNAPSHOTS PHOTO PHOTOGRAPH
"""
_NO_SLICE = frozenset(_WORDS.split())
# Words that begin so: LOCALIZER, SCREENSAVE, DOSEREPORT, PROTOCOLPAGE, TOPOGRAM, SCANOGRAM.
_STEMS = ("LOCALI", "SCREEN", "PROTOCOL", "REPORT", "TOPOGRAM", "SCANOGRA", "DOSEREPORT", "DOSEINFO", "PATIENTPROT")
_ENDS = ("PROTOCOL", "REPORT", "SCREENSHOT", "SCREENSAVE", "LOCALIZER", "LOCALISER")
# A low dose is a way to scan; a dose alone, or with a page, is a sheet.
_DOSE = re.compile(r"(?:(?<=LOW )|(?<=HIGH )|(?<=FULL )|(?<=HALF )|(?<=REDUCED )|(?<=STANDARD ))DOSE")
# Freezing the heart's motion is a reconstruction of one maker.
_SNAPSHOT_RECONSTRUCTION = re.compile(r"SNAPSHOT (?:FREEZE|PULSE|ASSIST|SEGMENT|BURST)")
# A topogram as Siemens' scanners write it, beside SPI (spiral), SEQ and others.
_TOPOGRAM = re.compile(r"CT SOM\d+ TOP\b")
# Values that mean it alone, and something else beside other words.
_WHOLE = frozenset({"SCAN", "TOP", "PROJECTION IMAGE"})


def is_no_slice(values: Iterable[str]) -> bool:
    """Whether one of the values names something that is not a slice of a patient."""
    return any(map(_names_no_slice, values))


def values_of(image_type: bytes) -> list[str]:
    """Return the values of a raw ImageType."""
    return [part.strip(" \0") for part in image_type.decode("latin-1").split("\\")]


def _names_no_slice(value: str) -> bool:
    words = re.findall(r"[A-Z]+|\d+", value.upper())
    text = " ".join(words)
    if text in _WHOLE or _TOPOGRAM.search(re.sub(r"(?<=[A-Z]) (?=\d)", "", text)):
        return True
    text = _SNAPSHOT_RECONSTRUCTION.sub(" ", _DOSE.sub(" ", text))
    return any(
        word in _NO_SLICE or word == "DOSE" or word.startswith(_STEMS) or word.endswith(_ENDS) for word in text.split()
    )
