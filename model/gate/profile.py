"""The profile: every attribute of what leaves, in which encoding, with its predicate; named, and frozen by a digest.

Both ends share it. The sender writes by it and the receiver checks by it, without a secret and without the patient.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import metadata
from types import MappingProxyType

from pydicom.datadict import tag_for_keyword

from model.gate import terms
from model.gate.allowlist import ADDED, CT_IMAGE, NARROWED, SOP_CLASSES, allow_list_digest, staying
from model.gate.canonical import sequence_value
from model.gate.predicates import (
    Constant,
    Decimals,
    Empty,
    Integers,
    Matching,
    OneOfBytes,
    Pixels,
    Predicate,
    Pseudonym,
    Terms,
    Uid,
    Word,
)

PROFILE_NAME = "basic-1"
PRODUCT = "orthanc-autocontour"
DIGEST_CHARACTERS = 16  # of the profile's digest, in (0012,0063): LO takes 64 per value


class Action(StrEnum):
    """What becomes of an attribute of the source."""

    KEPT = "kept"  # the source's value, exactly, if its predicate accepts it
    REPLACED = "replaced"  # another value: a pseudonymous one, or the name of what was done
    EMPTIED = "emptied"  # present without a value, because the object requires it
    REMOVED = "removed"  # not there


class Option(StrEnum):
    """A retained option: its name in the settings; its code goes into (0012,0064)."""

    PATIENT_CHARACTERISTICS = "PatientCharacteristics"


# CID 7050 (PS3.16): code value and meaning. 113101 and 113102 are not claimed: neither pixels nor faces are cleaned.
BASIC_CODE = ("113100", "Basic Application Confidentiality Profile")
OPTION_CODES = MappingProxyType({Option.PATIENT_CHARACTERISTICS: ("113108", "Retain Patient Characteristics Option")})


@dataclass(frozen=True)
class Attribute:
    """One attribute of what leaves.

    ``vrs`` are the VRs it may have (two only for US or SS); ``needed``: a series whose value the predicate refuses
    is refused, an optional one is dropped; ``option`` names the option without which the attribute stays as
    ``without_option`` says (None: away).
    """

    tag: int
    keyword: str
    vrs: tuple[str, ...]
    action: Action
    predicate: Predicate
    needed: bool
    reason: str
    option: Option | None = None
    without_option: Predicate | None = None


@dataclass(frozen=True)
class Profile:
    """The attributes of one SOP class by tag, ascending."""

    sop_class: str
    attributes: Mapping[int, Attribute]

    @property
    def needed(self) -> tuple[Attribute, ...]:
        """Attributes that every file has."""
        return tuple(row for row in self.attributes.values() if row.needed)


def product_version() -> str:
    """The product's version as three numbers."""
    parts = metadata.version(PRODUCT).split(".")[:3]
    return ".".join("".join(c for c in part if c.isdigit()) or "0" for part in parts)


@cache
def method_codes(options: frozenset[Option]) -> bytes:
    """The value of (0012,0064): items of code value, scheme designator and meaning, explicit VR little endian."""
    codes = [BASIC_CODE, *(OPTION_CODES[option] for option in sorted(options))]
    return sequence_value(
        [
            [(0x00080100, "SH", value.encode()), (0x00080102, "SH", b"DCM"), (0x00080104, "LO", meaning.encode())]
            for value, meaning in codes
        ]
    )


def options_of(codes: bytes) -> frozenset[Option]:
    """The options that a value of (0012,0064) declares; empty for one that the predicate does not accept."""
    return _OPTIONS_BY_CODES.get(codes, frozenset())


@cache
def method() -> bytes:
    """The value of (0012,0063): product and version, then profile and digest."""
    return f"{PRODUCT} {product_version()}\\profile {PROFILE_NAME} {profile_digest()[:DIGEST_CHARACTERS]}".encode()


@cache
def profile_digest() -> str:
    """SHA-256 over every row of both profiles and the digest of the allow-list beneath them."""
    rows = [
        [sop_class, f"{row.tag:08X}", list(row.vrs), row.action, row.needed, _canonical(row.predicate),
         row.option, _canonical(row.without_option)]
        for sop_class in SOP_CLASSES
        for row in _rows(sop_class)
        if row.keyword != "DeidentificationMethod"
    ]  # fmt: skip
    document = json.dumps({"name": PROFILE_NAME, "allow": allow_list_digest(), "rows": rows}, sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()


def _canonical(predicate: Predicate | None) -> list[object]:
    """A predicate as JSON that is the same in every process (sets sorted)."""
    if predicate is None:
        return []
    fields = vars(predicate).items()
    return [type(predicate).__name__, *([name, repr(_sorted(value))] for name, value in sorted(fields))]


def _sorted(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


@cache
def profile_of(sop_class: str) -> Profile:
    """The profile of CT or MR Image Storage; raises KeyError for another class."""
    if sop_class not in SOP_CLASSES:
        raise KeyError(sop_class)
    rows = sorted((*_rows(sop_class), _method_row()), key=lambda row: row.tag)
    return Profile(sop_class, MappingProxyType({row.tag: row for row in rows}))


def _method_row() -> Attribute:
    digest = profile_digest()[:DIGEST_CHARACTERS]
    pattern = rb"orthanc-autocontour [0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\\profile %s %s" % (
        PROFILE_NAME.encode(),
        digest.encode(),
    )
    text = f"`{PRODUCT} VERSION`, and `profile {PROFILE_NAME}` with the digest of this table"
    return _row("DeidentificationMethod", "LO", Action.REPLACED, Matching(pattern, text), "who cleaned, and how")


@cache
def _rows(sop_class: str) -> tuple[Attribute, ...]:
    rows = [*_identity(), *_image(sop_class), *(_ct_only() if sop_class == CT_IMAGE else _mr_only())]
    allowed = staying(sop_class)
    for row in rows:
        if row.keyword in NARROWED or (row.tag not in allowed and row.keyword not in ADDED):
            raise AssertionError(f"{row.keyword} is on no allow-list")
    return tuple(sorted(rows, key=lambda row: row.tag))


def _row(
    keyword: str,
    vr: str,
    action: Action,
    predicate: Predicate,
    reason: str,
    *,
    needed: bool = True,
    option: Option | None = None,
    without_option: Predicate | None = None,
) -> Attribute:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise AssertionError(f"{keyword} is no attribute of the standard")
    return Attribute(
        int(tag), keyword, tuple(vr.split(" or ")), action, predicate, needed, reason, option, without_option
    )


def _identity() -> list[Attribute]:
    replaced, emptied = Action.REPLACED, Action.EMPTIED
    ties, empty = "ties slices and contours together", "required by the object, so present"
    characteristics = Option.PATIENT_CHARACTERISTICS
    codes = (method_codes(frozenset()), *(method_codes(options) for options in _OPTION_SETS if options))
    patient = "some models need it; only with its option"
    return [
        _row("SOPInstanceUID", "UI", replaced, Uid(), ties),
        _row("StudyInstanceUID", "UI", replaced, Uid(), ties),
        _row("SeriesInstanceUID", "UI", replaced, Uid(), ties),
        _row("FrameOfReferenceUID", "UI", replaced, Uid(), ties),
        _row("PatientName", "PN", replaced, Pseudonym(), "names the transfer, not the patient"),
        _row("PatientID", "LO", replaced, Pseudonym(), "names the transfer, not the patient"),
        *(
            _row(keyword, vr, emptied, Empty(), empty)
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
        _row(
            "PatientSex", "CS", Action.EMPTIED, Terms(terms.SEXES, least=0), patient,
            option=characteristics, without_option=Empty(),
        ),
        _row(
            "PatientAge", "AS", Action.REMOVED, Matching(rb"(0[0-8][0-9]Y|[0-9]{3}[DWM])", "an age below 90 years"),
            patient, needed=False, option=characteristics,
        ),
        _row("PatientSize", "DS", Action.REMOVED, Decimals(0.2, 2.6), patient, needed=False, option=characteristics),
        _row("PatientWeight", "DS", Action.REMOVED, Decimals(0.2, 400), patient, needed=False, option=characteristics),
        _row("PatientIdentityRemoved", "CS", replaced, Constant(b"YES"), "says that this file was cleaned"),
        _row(
            "DeidentificationMethodCodeSequence", "SQ", replaced,
            OneOfBytes(codes, "code 113100, and the codes of the options used (CID 7050)"), "who cleaned, and how",
        ),
        _row(
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
        _row("SOPClassUID", "UI", kept, Constant(sop_class.encode()), "what kind of object this is"),
        _row("Modality", "CS", kept, Constant(modality), "what kind of object this is"),
        _row("ImageType", "CS", kept, image_type, "original or derived; cut at the first term not listed"),
        _row("PatientPosition", "CS", kept, Terms(terms.PATIENT_POSITIONS, least=0), geometry),
        _row("InstanceNumber", "IS", kept, Integers(0, 99_999), "order of the slices for a reader", needed=False),
        _row("SliceThickness", "DS", kept, Decimals(0, 500, positive=True), geometry, needed=False),
        _row("ImagePositionPatient", "DS", kept, Decimals(-10_000, 10_000, 3), geometry),
        _row("ImageOrientationPatient", "DS", kept, Decimals(-1.001, 1.001, 6), geometry),
        _row("PixelSpacing", "DS", kept, Decimals(0, 100, 2, positive=True), geometry),
        _row("SamplesPerPixel", "US", kept, Word(among=(1,)), pixels),
        _row("PhotometricInterpretation", "CS", kept, Terms(frozenset({b"MONOCHROME1", b"MONOCHROME2"})), pixels),
        _row("Rows", "US", kept, Word(1, 8192), pixels),
        _row("Columns", "US", kept, Word(1, 8192), pixels),
        _row("BitsAllocated", "US", kept, Word(among=(8, 16)), pixels),
        _row("BitsStored", "US", kept, Word(1, 16), pixels),
        _row("HighBit", "US", kept, Word(0, 15), pixels),
        _row("PixelRepresentation", "US", kept, Word(among=(0, 1)), pixels),
        _row("PixelPaddingValue", "US or SS", kept, Word(), padding, needed=False),
        _row("PixelPaddingRangeLimit", "US or SS", kept, Word(), padding, needed=False),
        _row("PixelData", "OW", kept, Pixels(), "the image"),
        _row("BurnedInAnnotation", "CS", kept, Constant(b"NO"), "what the scanner says about it", needed=False),
    ]


def _rescale(*, needed: bool) -> list[Attribute]:
    reason = "turns pixel values into measured ones"
    return [
        _row("RescaleIntercept", "DS", Action.KEPT, Decimals(-100_000, 100_000), reason, needed=needed),
        _row("RescaleSlope", "DS", Action.KEPT, Decimals(0, 100_000, positive=True), reason, needed=needed),
        _row("RescaleType", "LO", Action.KEPT, Terms(terms.RESCALE_TYPES), reason, needed=False),
    ]


def _ct_only() -> list[Attribute]:
    kept = Action.KEPT
    return [
        *_rescale(needed=True),
        _row("BodyPartExamined", "CS", kept, Terms(terms.BODY_PARTS), "some models choose by it", needed=False),
        _row("KVP", "DS", kept, Decimals(1, 500), "some models choose by it", needed=False),
        _row("GantryDetectorTilt", "DS", kept, Decimals(-90, 90), "geometry of the slice", needed=False),
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
        _row("ScanningSequence", "CS", kept, Terms(terms.SCANNING_SEQUENCES, 0, 5), contrast),
        _row("SequenceVariant", "CS", kept, Terms(terms.SEQUENCE_VARIANTS, 0, 8), contrast),
        _row("ScanOptions", "CS", kept, Terms(terms.SCAN_OPTIONS, 0, 9), contrast),
        _row("MRAcquisitionType", "CS", kept, Terms(terms.ACQUISITION_TYPES, 0), contrast),
        *(_row(keyword, "DS", kept, Decimals(*span), contrast, needed=False) for keyword, span in numbers.items()),
        _row("EchoTrainLength", "IS", kept, Integers(0, 9_999), contrast, needed=False),
    ]


_OPTION_SETS: tuple[frozenset[Option], ...] = (frozenset(), frozenset({Option.PATIENT_CHARACTERISTICS}))
_OPTIONS_BY_CODES = {method_codes(options): options for options in _OPTION_SETS}
