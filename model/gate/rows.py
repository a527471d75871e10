"""The rows of the profile: every attribute of a CT or MR slice that leaves, with its predicate and its reason."""

from __future__ import annotations

from model.gate import terms
from model.gate.allowlist import ADDED, CT_IMAGE, NARROWED, staying
from model.gate.attribute import OPTION_SETS, Action, Attribute, Option, attribute, method_codes
from model.gate.predicates import (
    Constant,
    Decimals,
    Empty,
    Integers,
    Matching,
    OneOfBytes,
    Pixels,
    Pseudonym,
    Terms,
    Uid,
    Word,
)


def rows_of(sop_class: str) -> tuple[Attribute, ...]:
    """Return the rows of one SOP class by tag; each is on the allow-list, or added to it with a reason."""
    rows = [*_identity(), *_image(sop_class), *(_ct_only() if sop_class == CT_IMAGE else _mr_only())]
    allowed = staying(sop_class)
    for row in rows:
        if row.keyword in NARROWED or (row.tag not in allowed and row.keyword not in ADDED):
            raise AssertionError(f"{row.keyword} is on no allow-list")
    return tuple(sorted(rows, key=lambda row: row.tag))


def _identity() -> list[Attribute]:
    replaced, emptied = Action.REPLACED, Action.EMPTIED
    ties, empty = "ties slices and contours together", "required by the object, so present"
    option = Option.PATIENT_CHARACTERISTICS
    codes = (method_codes(frozenset()), *(method_codes(options) for options in OPTION_SETS if options))
    patient = "some models need it; only with its option"
    return [
        attribute("SOPInstanceUID", "UI", replaced, Uid(), ties),
        attribute("StudyInstanceUID", "UI", replaced, Uid(), ties),
        attribute("SeriesInstanceUID", "UI", replaced, Uid(), ties),
        attribute("FrameOfReferenceUID", "UI", replaced, Uid(), ties),
        attribute("PatientName", "PN", replaced, Pseudonym(), "names the transfer, not the patient"),
        attribute("PatientID", "LO", replaced, Pseudonym(), "names the transfer, not the patient"),
        *(
            attribute(keyword, vr, emptied, Empty(), empty)
            for keyword, vr in (
                ("StudyDate", "DA"),
                ("StudyTime", "TM"),
                ("AccessionNumber", "SH"),
                ("Manufacturer", "LO"),
                ("ReferringPhysicianName", "PN"),
                ("PatientBirthDate", "DA"),
                ("StudyID", "SH"),
                ("SeriesNumber", "IS"),
                ("AcquisitionNumber", "IS"),
                ("PositionReferenceIndicator", "LO"),
            )
        ),
        attribute(
            "PatientSex", "CS", Action.EMPTIED, Terms(terms.SEXES, least=0), patient,
            option=option, without_option=Empty(),
        ),
        attribute(
            "PatientAge", "AS", Action.REMOVED, Matching(rb"(0[0-8][0-9]Y|[0-9]{3}[DWM])", "an age below 90 years"),
            patient, needed=False, option=option,
        ),
        attribute("PatientSize", "DS", Action.REMOVED, Decimals(0.2, 2.6), patient, needed=False, option=option),
        attribute("PatientWeight", "DS", Action.REMOVED, Decimals(0.2, 400), patient, needed=False, option=option),
        attribute("PatientIdentityRemoved", "CS", replaced, Constant(b"YES"), "says that this file was cleaned"),
        attribute(
            "DeidentificationMethodCodeSequence", "SQ", replaced,
            OneOfBytes(codes, "code 113100, and the codes of the options used (CID 7050)"), "who cleaned, and how",
        ),
        attribute(
            "LongitudinalTemporalInformationModified", "CS", replaced, Constant(b"REMOVED"),
            "dates are away, not shifted",
        ),
    ]  # fmt: skip


def _image(sop_class: str) -> list[Attribute]:
    kept = Action.KEPT
    geometry, pixels = "geometry of the slice", "without it the pixels cannot be read"
    image_type = Terms(
        terms.IMAGE_TYPE, least=2, most=8, first=terms.PIXEL_CHARACTERISTICS, second=terms.PATIENT_EXAMINATION
    )
    modality = b"CT" if sop_class == CT_IMAGE else b"MR"
    padding = "which pixels were never measured"
    return [
        attribute("SOPClassUID", "UI", kept, Constant(sop_class.encode()), "what kind of object this is"),
        attribute("Modality", "CS", kept, Constant(modality), "what kind of object this is"),
        attribute("ImageType", "CS", kept, image_type, "original or derived; cut at the first term not listed"),
        attribute("PatientPosition", "CS", kept, Terms(terms.PATIENT_POSITIONS, least=0), geometry),
        attribute("InstanceNumber", "IS", kept, Integers(0, 99_999), "order of the slices for a reader", needed=False),
        attribute("SliceThickness", "DS", kept, Decimals(0, 500, positive=True), geometry, needed=False),
        attribute("ImagePositionPatient", "DS", kept, Decimals(-10_000, 10_000, 3), geometry),
        attribute("ImageOrientationPatient", "DS", kept, Decimals(-1.001, 1.001, 6), geometry),
        attribute("PixelSpacing", "DS", kept, Decimals(0, 100, 2, positive=True), geometry),
        attribute("SamplesPerPixel", "US", kept, Word(among=(1,)), pixels),
        attribute("PhotometricInterpretation", "CS", kept, Terms(frozenset({b"MONOCHROME1", b"MONOCHROME2"})), pixels),
        attribute("Rows", "US", kept, Word(1, 8192), pixels),
        attribute("Columns", "US", kept, Word(1, 8192), pixels),
        attribute("BitsAllocated", "US", kept, Word(among=(8, 16)), pixels),
        attribute("BitsStored", "US", kept, Word(1, 16), pixels),
        attribute("HighBit", "US", kept, Word(0, 15), pixels),
        attribute("PixelRepresentation", "US", kept, Word(among=(0, 1)), pixels),
        attribute("PixelPaddingValue", "US or SS", kept, Word(), padding, needed=False),
        attribute("PixelPaddingRangeLimit", "US or SS", kept, Word(), padding, needed=False),
        attribute("PixelData", "OW", kept, Pixels(), "the image"),
        attribute("BurnedInAnnotation", "CS", kept, Constant(b"NO"), "what the scanner says about it", needed=False),
    ]


def _rescale(*, needed: bool) -> list[Attribute]:
    reason = "turns pixel values into measured ones"
    return [
        attribute("RescaleIntercept", "DS", Action.KEPT, Decimals(-100_000, 100_000), reason, needed=needed),
        attribute("RescaleSlope", "DS", Action.KEPT, Decimals(0, 100_000, positive=True), reason, needed=needed),
        attribute("RescaleType", "LO", Action.KEPT, Terms(terms.RESCALE_TYPES), reason, needed=False),
    ]


def _ct_only() -> list[Attribute]:
    kept = Action.KEPT
    return [
        *_rescale(needed=True),
        attribute("BodyPartExamined", "CS", kept, Terms(terms.BODY_PARTS), "some models choose by it", needed=False),
        attribute("KVP", "DS", kept, Decimals(1, 500), "some models choose by it", needed=False),
        attribute("GantryDetectorTilt", "DS", kept, Decimals(-90, 90), "geometry of the slice", needed=False),
    ]


def _mr_only() -> list[Attribute]:
    kept, contrast = Action.KEPT, "the contrast of the image; some models choose by it"
    numbers = {
        "RepetitionTime": (0, 100_000),
        "EchoTime": (0, 10_000),
        "InversionTime": (0, 30_000),
        "FlipAngle": (0, 360),
    }
    return [
        *_rescale(needed=False),
        attribute("ScanningSequence", "CS", kept, Terms(terms.SCANNING_SEQUENCES, 0, 5), contrast),
        attribute("SequenceVariant", "CS", kept, Terms(terms.SEQUENCE_VARIANTS, 0, 8), contrast),
        attribute("ScanOptions", "CS", kept, Terms(terms.SCAN_OPTIONS, 0, 9), contrast),
        attribute("MRAcquisitionType", "CS", kept, Terms(terms.ACQUISITION_TYPES, 0), contrast),
        *(attribute(keyword, "DS", kept, Decimals(*span), contrast, needed=False) for keyword, span in numbers.items()),
        attribute("EchoTrainLength", "IS", kept, Integers(0, 9_999), contrast, needed=False),
    ]
