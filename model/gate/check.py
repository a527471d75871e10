"""The check of one file by the profile alone: no secret, no patient, and every byte accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.dicom.encoding import PREAMBLE
from model.dicom.tags import (
    DEIDENTIFICATION_METHOD,
    DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
    FRAME_OF_REFERENCE_UID,
    PATIENT_ID,
    PATIENT_NAME,
    PIXEL_DATA,
    PIXEL_REPRESENTATION,
    SERIES_INSTANCE_UID,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
)
from model.gate import canonical
from model.gate.attribute import without_face_code
from model.gate.pixels import PixelFormat, unused_bits_silent
from model.gate.profile import Attribute, Option, Profile, options_of, profile_of
from model.gate.rules import Findings, Rule

# The largest slice of the profile (8192 × 8192 × 2 bytes) with its header.
MAXIMUM_FILE = 8192 * 8192 * 2 + 65_536

# What all files of one series share.
SERIES_TAGS = (
    SOP_CLASS_UID,
    PATIENT_ID,
    STUDY_INSTANCE_UID,
    SERIES_INSTANCE_UID,
    FRAME_OF_REFERENCE_UID,
    DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file that passed: its values by tag, its pixels in place, and its digest."""

    values: Mapping[int, tuple[str, bytes]]
    form: PixelFormat
    pixel_start: int
    sha256: str
    options: frozenset[Option] = field(default_factory=frozenset)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.pixel_start + self.form.length + self.form.length % 2

    def pixels_in(self, data: bytes) -> NDArray[np.integer]:
        """Return the stored pixels of the file, whose bytes these are: (row, column), 8 or 16 bit, a read-only view."""
        return self.form.array(memoryview(data)[self.pixel_start :])

    def texts(self) -> dict[str, str]:
        """Return every attribute but the pixels as keyword → text, backslashes between values; words as numbers."""
        rows = profile_of(self.values[SOP_CLASS_UID][1].decode("ascii")).attributes
        return {rows[tag].keyword: _text(vr, value) for tag, (vr, value) in self.values.items() if vr != "SQ"}


class FileCheck:
    """Checks file after file of one series; remembers which values it has accepted, as slices share most of them."""

    def __init__(self) -> None:
        self._accepted: set[tuple[str, int, bytes, frozenset[Option]]] = set()

    def check(self, data: bytes) -> tuple[CheckedFile | None, Findings]:
        """Check one file; the first is None when there are findings."""
        findings = Findings()
        if not 0 < len(data) <= MAXIMUM_FILE:
            findings.add(Rule.FILE_SIZE)
            return None, findings
        if not data.startswith(PREAMBLE):
            findings.add(Rule.FILE_PREAMBLE)
            return None, findings
        try:
            parsed = canonical.parse(data)
        except canonical.NotCanonical as stop:
            findings.add(Rule.FILE_ENCODING, stop.tag)
            return None, findings
        sop_class = parsed.values.get(SOP_CLASS_UID, ("", b""))[1].decode("latin-1")
        try:
            profile = profile_of(sop_class)
        except KeyError:
            findings.add(Rule.SOP_CLASS)
            return None, findings
        self._attributes(profile, parsed.values, findings)
        form = self._pixels(parsed, findings)
        if findings or form is None:
            return None, findings
        self._encoding(data, parsed, findings)
        if findings:
            return None, findings
        options = options_of(parsed.values[DEIDENTIFICATION_METHOD_CODE_SEQUENCE][1])
        pixel_start = len(data) - len(parsed.pixels)
        return CheckedFile(parsed.values, form, pixel_start, hashlib.sha256(data).hexdigest(), options), findings

    def _attributes(self, profile: Profile, values: Mapping[int, tuple[str, bytes]], findings: Findings) -> None:
        options = options_of(values.get(DEIDENTIFICATION_METHOD_CODE_SEQUENCE, ("", b""))[1])
        for tag, (vr, value) in values.items():
            row = profile.attributes.get(tag)
            if row is None:
                findings.add(Rule.ATTRIBUTE_NOT_ALLOWED, tag)
                continue
            if vr not in row.vrs or (len(row.vrs) > 1 and vr != _word_vr(values)):
                findings.add(Rule.FILE_ENCODING, tag)
                continue
            key = (profile.sop_class, tag, value, options)
            if key in self._accepted:
                continue
            rule = refusal(row, value, options)
            if rule is None:
                self._accepted.add(key)
            else:
                findings.add(rule, tag)
        for row in profile.needed:
            if row.tag not in values and row.tag != PIXEL_DATA:
                findings.add(Rule.ATTRIBUTE_MISSING, row.tag)
        if not findings and values[PATIENT_NAME][1] != values[PATIENT_ID][1]:
            findings.add(Rule.VALUE_NOT_ALLOWED, PATIENT_NAME)

    @staticmethod
    def _pixels(parsed: canonical.Parsed, findings: Findings) -> PixelFormat | None:
        form = PixelFormat.of(parsed.values)
        if form is None:
            return None  # the missing attribute is a finding already
        pad = form.length % 2
        if (
            not form.consistent
            or len(parsed.pixels) != form.length + pad
            or bytes(parsed.pixels[form.length :]).strip(b"\0")
        ):
            findings.add(Rule.PIXELS_LENGTH)
        elif not unused_bits_silent(form, parsed.pixels):
            findings.add(Rule.PIXELS_UNUSED_BITS)
        return form

    @staticmethod
    def _encoding(data: bytes, parsed: canonical.Parsed, findings: Findings) -> None:
        instance = parsed.values[SOP_INSTANCE_UID][1]
        if parsed.meta != canonical.file_meta(parsed.values[SOP_CLASS_UID][1], instance):
            findings.add(Rule.FILE_META)
        head = canonical.head(parsed.values, len(parsed.pixels))
        if not data.startswith(head) or len(data) != len(head) + len(parsed.pixels):
            findings.add(Rule.FILE_ENCODING)


def refusal(row: Attribute, value: bytes, options: frozenset[Option]) -> Rule | None:
    """Return the rule by which a value may not be there, or None when it may."""
    if row.option is not None and row.option not in options:
        if row.without_option is not None and row.without_option.accepts(value):
            return None
        return Rule.OPTION_NOT_DECLARED
    # A removed face is declared beside what the profile writes, so that receivers of before refuse only such files.
    said = without_face_code(value) if row.tag == DEIDENTIFICATION_METHOD_CODE_SEQUENCE else value
    if row.predicate.accepts(said):
        return None
    return Rule.PROFILE if row.tag == DEIDENTIFICATION_METHOD else Rule.VALUE_NOT_ALLOWED


def _word_vr(values: Mapping[int, tuple[str, bytes]]) -> str:
    return "SS" if values.get(PIXEL_REPRESENTATION, ("", b""))[1] == b"\1\0" else "US"


def _text(vr: str, value: bytes) -> str:
    if vr in ("US", "SS"):
        return str(int.from_bytes(value, "little", signed=vr == "SS"))
    return value.decode("ascii")
