"""What each rule of the sender means, in words for an administrator, with the way out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from model.gate import reasons
from model.gate.reasons import GATE_REASONS, NO_HELP, REPORT, Counted, Reason
from model.gate.rules import Findings

EXCLUDE = "exclude such series by a rule"
APART = "send each as a series of its own"
_RETURNED = "the operator of the target must look"

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "SOURCE_COUNT": Reason("the series has no slice, or more than 5,000", "send it in parts", Counted.SERIES),
        "SOURCE_SIZE": Reason("a file is larger than 512 MB", f"{NO_HELP}; {EXCLUDE}"),
        "SOURCE_UNREADABLE": Reason("a file cannot be read as DICOM", "send the series again"),
        "SOURCE_NESTING": Reason("sequences are nested deeper than 16, which no scanner writes", NO_HELP),
        "SOURCE_SOP_CLASS": Reason("[SOPClassUID] is that of no CT or MR image", f"{NO_HELP}; {EXCLUDE}"),
        "SOURCE_MODALITY": Reason("[Modality] is not that of [SOPClassUID]", f"{NO_HELP}; correct it in Orthanc"),
        "SOURCE_IMAGE_TYPE": Reason(
            "[ImageType] names a localizer, a screen, a dose sheet, a protocol or a report",
            f"{NO_HELP}; {EXCLUDE} on ImageType",
        ),
        "SOURCE_BURNED_IN": Reason(
            "[BurnedInAnnotation] does not rule out that text is drawn into the image",
            f"{NO_HELP}; {EXCLUDE} on BurnedInAnnotation. What says nothing is refused only with "
            "Privacy.RequireBurnedInAnnotationNo",
        ),
        "SOURCE_COLOUR": Reason("the image has colours, and no slice of a scan has", f"{NO_HELP}; {EXCLUDE}"),
        "SOURCE_FRAMES": Reason(
            "[NumberOfFrames] is above 1, or not the number of frames that an enhanced object describes",
            f"{NO_HELP}; let the scanner send single slices",
        ),
        "SOURCE_SECONDARY_CAPTURE": Reason(
            "the image is marked as a secondary capture, as a screen or a scan of paper",
            f"{NO_HELP}; {EXCLUDE} on ConversionType",
        ),
        "SOURCE_PATIENT_ID": Reason(
            "[PatientID] has no value, so nobody can say whose images these are",
            "give the study its patient in Orthanc, or send it with one",
        ),
        "SOURCE_UID": Reason("an identifier of the images has no value", f"{NO_HELP}; what made them has to write it"),
        "SOURCE_FRAME_OF_REFERENCE": Reason(
            "[FrameOfReferenceUID] has no value, so contours have no place in the patient",
            f"{NO_HELP}; what made the images has to write it",
        ),
        "SOURCE_TRANSFER_SYNTAX": Reason(
            "[TransferSyntaxUID] is one that cannot be decoded here",
            "let Orthanc transcode it (IngestTranscoding), and send the series again",
        ),
        "SOURCE_VALUES": Reason(
            "the header says that the values are not in Hounsfield units, or are to be read through a table",
            f"{NO_HELP}; send the CT that is in HU, and exclude the other by a rule on RescaleType or ImageType",
        ),
        "SOURCE_PATIENTS": Reason("[PatientID] has more than one value in the series", APART, Counted.SERIES),
        "SOURCE_STUDIES": Reason("[StudyInstanceUID] has more than one value in the series", APART, Counted.SERIES),
        "SOURCE_SERIES": Reason("[SeriesInstanceUID] has more than one value", APART, Counted.SERIES),
        "SOURCE_FRAMES_OF_REFERENCE": Reason(
            "[FrameOfReferenceUID] has more than one value in the series", APART, Counted.SERIES
        ),
        "SOURCE_SOP_CLASSES": Reason("[SOPClassUID] is CT in some slices and MR in others", APART, Counted.SERIES),
        "SOURCE_INSTANCE_TWICE": Reason("[SOPInstanceUID] is the same in two files", "leave one out", Counted.SERIES),
        "NATIVE_UNREADABLE": Reason(
            "Orthanc's anonymization gave no file that can be read", "look in Orthanc's log, then retry"
        ),
        "NATIVE_CHANGED": Reason(
            "Orthanc's anonymization changed [], which has to stay exact",
            "look for a script or plugin that changes what Orthanc anonymizes, then retry",
        ),
        "REBUILD_VALUE": Reason(
            "[] is needed for contours, and is not there in a form that may leave",
            f"{NO_HELP}; correct it where the images were made, or {EXCLUDE}",
        ),
        "REBUILD_PIXELS": Reason(
            "[PixelData] cannot be decoded, or is not what [Rows], [Columns] and [BitsAllocated] say",
            "send the series again, it may have been cut off; else let Orthanc transcode it",
        ),
        "SELF_CHECK_IDENTIFIER": Reason("[] is not the pseudonym that it should be", REPORT),
        "SELF_CHECK_WORD": Reason(
            "words of the patient's header stand in what would leave",
            f"{NO_HELP}; {REPORT}, without the words",
            Counted.WORDS,
        ),
        "SELF_CHECK_UID": Reason(
            "UIDs of the original stand in what would leave", f"{NO_HELP}; {REPORT}", Counted.PLACES
        ),
        "SELF_CHECK_NUMBER": Reason(
            "numbers of the patient's header (as a record number or a date) stand in the geometry",
            f"{NO_HELP}; {REPORT}, without the numbers",
            Counted.PLACES,
        ),
        "SELF_CHECK_PIXELS": Reason(
            "a text of the patient's header stands among the bytes of [PixelData]", f"{NO_HELP}; look at the images"
        ),
        "SELF_CHECK_FACE": Reason(
            "removing the face changed something else than the voxels of the face", f"{NO_HELP}; {REPORT}"
        ),
        "PIXELS_TEXT": Reason(
            "[PixelData] looks as if text were drawn into it",
            f"look at the images; {NO_HELP}. Where there is no text, Privacy.BurnedInText can be set to flag",
        ),
        "RESTORE_SIZE": Reason("the file is larger than 1 GB", _RETURNED, Counted.SERIES),
        "RESTORE_SOURCE": Reason(
            "the original series in Orthanc is not the one that was sent", "a newer job takes over", Counted.SERIES
        ),
        "RESTORE_NESTING": Reason(
            "sequences are nested deeper than 10, which could end Orthanc's process", _RETURNED, Counted.SERIES
        ),
        "RESTORE_UNREADABLE": Reason("it is not a DICOM file that can be read", _RETURNED, Counted.SERIES),
        "RESTORE_MISSING": Reason("[] is missing, which every structure set has", _RETURNED, Counted.SERIES),
        "RESTORE_CLASS": Reason("[SOPClassUID] or [Modality] is not that of an RTSTRUCT", _RETURNED, Counted.SERIES),
        "RESTORE_PSEUDONYM": Reason("[] is another pseudonym than the one that was sent", _RETURNED, Counted.SERIES),
        "RESTORE_REFERENCE": Reason("[] refers to something that was not sent", _RETURNED, Counted.PLACES),
        "RESTORE_PRIVATE": Reason("it holds private attributes", _RETURNED, Counted.PLACES),
        "RESTORE_PIXELS": Reason("it holds pixels, overlays or curves", _RETURNED, Counted.PLACES),
        "RESTORE_ATTRIBUTE": Reason("[] is there, and a structure set has no use for it", _RETURNED, Counted.PLACES),
        "RESTORE_APPROVAL": Reason("[ApprovalStatus] claims that a person approved it", _RETURNED, Counted.SERIES),
        "RESTORE_ROI_NAME": Reason(
            "[ROIName] is one that was not announced, or all are named after the patient", _RETURNED, Counted.PLACES
        ),
        "RESTORE_ROI_NAME_TWICE": Reason("[ROIName] is the same in two ROIs", _RETURNED, Counted.SERIES),
        "RESTORE_LEFTOVER": Reason("a pseudonym would be left in it", REPORT, Counted.PLACES),
    }
)


def in_words(findings: Findings, slices: int | None = None) -> str:
    """Return the findings of the sender, and those of the receiver's check that it makes itself, as clauses."""
    return reasons.in_words(findings, {**GATE_REASONS, **REASONS}, slices)
