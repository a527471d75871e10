"""What each rule of the sender means, in words for an administrator, with the way out where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "SOURCE_COUNT": "the series has no instance, or more than 5,000",
        "SOURCE_SIZE": "an instance is larger than 512 MB",
        "SOURCE_UNREADABLE": "an instance is not a DICOM file that can be read; send it again",
        "SOURCE_NESTING": "sequences are nested deeper than 16; no scanner writes that",
        "SOURCE_SOP_CLASS": "only CT and MR Image Storage can be contoured",
        "SOURCE_ENHANCED": "enhanced CT and MR cannot be cleaned yet; let the scanner send classic CT or MR",
        "SOURCE_MODALITY": "the modality is not that of its kind of object",
        "SOURCE_IMAGE_TYPE": "ImageType names a localizer, a screen, a dose sheet, a protocol or a report",
        "SOURCE_BURNED_IN": "text may be burned into the image (BurnedInAnnotation)",
        "SOURCE_COLOUR": "colour images are not slices of a scanner",
        "SOURCE_FRAMES": "an instance has several frames",
        "SOURCE_SECONDARY_CAPTURE": "the image is a secondary capture, as a screen or a scan of paper",
        "SOURCE_PATIENT_ID": "PatientID is empty, so nobody can say whose images these are",
        "SOURCE_UID": "a study, series or instance UID is missing",
        "SOURCE_FRAME_OF_REFERENCE": "without a frame of reference contours have no place in the patient",
        "SOURCE_TRANSFER_SYNTAX": "this transfer syntax cannot be decoded here; let Orthanc transcode it",
        "SOURCE_VALUES": "RescaleType, ImageType or a table say that the values are not HU; send the CT that is in HU",
        "SOURCE_PATIENTS": "the series holds images of more than one patient",
        "SOURCE_STUDIES": "the series holds images of more than one study",
        "SOURCE_SERIES": "images of more than one series were given",
        "SOURCE_FRAMES_OF_REFERENCE": "the series has more than one frame of reference",
        "SOURCE_SOP_CLASSES": "the series mixes CT and MR",
        "SOURCE_INSTANCE_TWICE": "one instance occurs twice",
        "NATIVE_UNREADABLE": "Orthanc's anonymization gave no file that can be read; its log may say why",
        "NATIVE_CHANGED": "Orthanc's anonymization changed a value that has to stay exact",
        "REBUILD_VALUE": "a value that contouring needs is missing, or may not leave",
        "REBUILD_PIXELS": "the pixels cannot be decoded, or are not what rows, columns and bits say",
        "SELF_CHECK_IDENTIFIER": "an identifier is not the pseudonym that it should be; please report this",
        "SELF_CHECK_WORD": "a word of the patient's header was found in what would leave",
        "SELF_CHECK_UID": "a UID of the original was found in what would leave",
        "SELF_CHECK_NUMBER": "a number of the patient's header (as a record number or a date) stands in the geometry",
        "SELF_CHECK_PIXELS": "a text of the patient's header was found among the pixels",
        "PIXELS_TEXT": "slices look as if text were drawn into them; look at the images (Privacy.BurnedInText)",
        "RESTORE_SIZE": "the file is larger than 1 GB",
        "RESTORE_SOURCE": "the original series in Orthanc is not the one that was sent",
        "RESTORE_NESTING": "sequences are nested deeper than 10, which could end Orthanc's process",
        "RESTORE_UNREADABLE": "it is not a DICOM file that can be read",
        "RESTORE_MISSING": "something is missing that every structure set has",
        "RESTORE_CLASS": "it is not an RT structure set",
        "RESTORE_PSEUDONYM": "it carries another pseudonym",
        "RESTORE_REFERENCE": "it refers to something that was not sent",
        "RESTORE_PRIVATE": "it holds private tags",
        "RESTORE_PIXELS": "it holds pixels, overlays or curves",
        "RESTORE_ATTRIBUTE": "it holds attributes that a structure set has no use for",
        "RESTORE_APPROVAL": "it claims to be approved",
        "RESTORE_ROI_NAME": "it holds a ROI that was not announced, or none but such as are named after the patient",
        "RESTORE_ROI_NAME_TWICE": "two of its ROIs have one name",
        "RESTORE_LEFTOVER": "a pseudonym would be left in it; please report this",
    }
)
_SHOWN = 6


def in_words(findings: Mapping[str, int]) -> str:
    """Return the findings as a sentence: what each rule means, its identifier and its count; no value."""
    parts = []
    for finding, count in list(findings.items())[:_SHOWN]:
        reason = REASONS.get(finding.partition(":")[0])
        parts.append(f"{reason} ({finding}, {count}×)" if reason else f"{finding} ({count}×)")
    more = len(findings) - len(parts)
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")
