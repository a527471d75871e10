"""One attribute of what leaves, what becomes of it, and the options of a site with their codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pydicom.datadict import tag_for_keyword

from model.gate.canonical import sequence_value
from model.gate.predicates import Predicate


class Action(StrEnum):
    """What becomes of an attribute of the source."""

    KEPT = "kept"  # the source's value, exactly, if its predicate accepts it
    REPLACED = "replaced"  # another value: a pseudonymous one, or the name of what was done
    EMPTIED = "emptied"  # present without a value, because the object requires it
    REMOVED = "removed"  # not there


class Option(StrEnum):
    """A retained option: its name in the settings; its code goes into (0012,0064)."""

    PATIENT_CHARACTERISTICS = "PatientCharacteristics"


# CID 7050 (PS3.16): code value and meaning. 113101 is not claimed: of pixels nothing but a face is cleaned.
BASIC_CODE = ("113100", "Basic Application Confidentiality Profile")
FACE_CODE = ("113102", "Clean Recognizable Visual Features Option")
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


def attribute(
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
    """Make a row from its keyword; ``vr`` is "US or SS" where the pixels decide."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise AssertionError(f"{keyword} is not an attribute of the standard")
    return Attribute(
        int(tag), keyword, tuple(vr.split(" or ")), action, predicate, needed, reason, option, without_option
    )


@cache
def method_codes(options: frozenset[Option], *, face: bool = False) -> bytes:
    """Return the value of (0012,0064); ``face`` declares that the face was removed, and that this was checked.

    It holds items of code value, scheme designator and meaning, explicit VR little endian.
    """
    codes = [BASIC_CODE, *([FACE_CODE] if face else []), *(OPTION_CODES[option] for option in sorted(options))]
    return sequence_value(
        [
            [(0x00080100, "SH", value.encode()), (0x00080102, "SH", b"DCM"), (0x00080104, "LO", meaning.encode())]
            for value, meaning in codes
        ]
    )


def options_of(codes: bytes) -> frozenset[Option]:
    """Return the options that a value of (0012,0064) declares; empty for one that the predicate does not accept."""
    return _OPTIONS_BY_CODES.get(codes, frozenset())


OPTION_SETS: tuple[frozenset[Option], ...] = (frozenset(), frozenset({Option.PATIENT_CHARACTERISTICS}))
_OPTIONS_BY_CODES = {method_codes(options, face=face): options for options in OPTION_SETS for face in (False, True)}


_WITHOUT_FACE_CODE = {method_codes(options, face=True): method_codes(options) for options in OPTION_SETS}


def declares_no_face(codes: bytes) -> bool:
    """Whether a value of (0012,0064) declares that the face was removed."""
    return codes in _WITHOUT_FACE_CODE


def without_face_code(codes: bytes) -> bytes:
    """Return what a value of (0012,0064) says beside that; the profile, and its digest, know nothing of faces."""
    return _WITHOUT_FACE_CODE.get(codes, codes)
