"""A returned structure set gets its patient back, failing closed: what does not resolve is not stored.

Accepted only if its transfer is open, it carries the transfer's pseudonym, and study, series, frame of reference and
every referenced image are what the key makes of the originals: of slices, and of the frames of enhanced images.
Patient and Study modules are then the original's, byte for byte, its character set included. Never send a structure
set through Orthanc's anonymization: it empties ROI names (measured on 1.10.1).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import RTStructureSetStorage

from model.dicom.encoding import PREAMBLE, implicit_element, implicit_header
from model.dicom.tags import (
    APPROVAL_STATUS,
    FRAME_OF_REFERENCE_UID,
    MODALITY,
    PATIENT_ID,
    PATIENT_NAME,
    REFERENCED_FRAME_OF_REFERENCE_UID,
    REFERENCED_SOP_INSTANCE_UID,
    ROI_NAME,
    SERIES_INSTANCE_UID,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
)
from model.dicom.uids import STANDARD_ROOT
from model.errors import PrivacyRefused
from model.gate.canonical import EXPLICIT_LITTLE, file_meta
from model.gate.rules import Findings
from model.rtstruct.patient_study import COPIED, copied_from
from model.series.frame_reference import parse_image_reference
from plugin.facts.volume_names import VolumeName
from plugin.privacy.reading import RawFile, TooDeep, Unreadable, read_with_pydicom
from plugin.privacy.reasons import in_words
from plugin.restore.allowed import PATIENT_AND_STUDY
from plugin.restore.description import describe, name_volume
from plugin.restore.encoding import IMPLICIT, as_implicit
from plugin.restore.images import ImageReferences
from plugin.restore.origin import Origin
from plugin.restore.rewrite import Pieces, Rewriter
from plugin.vault.vault import OpenTransfer

MAXIMUM_BYTES = 1 << 30

# What a structure set has to carry for the check to mean anything.
REQUIRED = (
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    MODALITY,
    PATIENT_NAME,
    PATIENT_ID,
    STUDY_INSTANCE_UID,
    SERIES_INSTANCE_UID,
    FRAME_OF_REFERENCE_UID,
    APPROVAL_STATUS,
    REFERENCED_FRAME_OF_REFERENCE_UID,
    REFERENCED_SOP_INSTANCE_UID,
    ROI_NAME,
)

# What is taken from the original: a file of a thousand frames holds far more.
ORIGINAL = [
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    *COPIED,
]


@dataclass(frozen=True)
class SourceSeries:
    """The original series as the PACS still has it: one of its files, and what names each of its images."""

    first_file: bytes
    images: Collection[str]


def restore(
    rtstruct: bytes,
    transfer: OpenTransfer,
    source: SourceSeries,
    roi_names: Collection[str],
    series_uid: str,
    instance_uid: str,
    remarks: Sequence[str] = (),
    volume: VolumeName | None = None,
    origin: Origin | None = None,
) -> bytes:
    """Give a pseudonymous structure set its patient, study and references back, under the given new UIDs.

    ``remarks`` are sentences of ours, in ASCII, that its description says besides what it says already; ``volume`` is
    what its label says where several volumes of the series are contoured; ``origin`` is named where a later reader
    looks for it.

    The same arguments give the same bytes, so that a retry stores the same object again. Raises PrivacyRefused
    with the findings when anything does not resolve.
    """
    findings = Findings()
    if len(rtstruct) > MAXIMUM_BYTES:
        findings.add("RESTORE_SIZE")
        _refuse(findings)
    try:
        original = read_with_pydicom(source.first_file, ORIGINAL)
    except (TooDeep, Unreadable):
        findings.add("RESTORE_SOURCE")
        _refuse(findings)
    resolver = _Resolver(transfer, original, source.images, findings)
    try:
        implicit, start = as_implicit(rtstruct)
        rewriter = Rewriter(implicit, resolver, REQUIRED)
        elements = rewriter.top(start)
    except TooDeep:
        findings.add("RESTORE_NESTING")
        _refuse(findings)
    except Unreadable:
        findings.add("RESTORE_UNREADABLE")
        _refuse(findings)
    _check(rewriter.texts, transfer, roi_names, findings)
    if findings:
        _refuse(findings)
    describe(elements, remarks, "" if origin is None else origin.sentence)
    if origin is not None:
        origin.contribute(elements)
    if volume is not None:
        name_volume(elements, volume)
    result = _assemble(elements, original, series_uid, instance_uid)
    _check_result(result, transfer, resolver.mapping, findings)
    if findings:
        _refuse(findings)
    return result


class _Resolver:
    """Turns every pseudonymous UID into the original; one that has none is a finding."""

    def __init__(self, transfer: OpenTransfer, original: RawFile, images: Collection[str], findings: Findings) -> None:
        key = transfer.key
        study = key.originals([original.text(STUDY_INSTANCE_UID)])
        frame = key.originals([original.text(FRAME_OF_REFERENCE_UID)])
        series, by_pseudonym = key.originals([original.text(SERIES_INSTANCE_UID)]), key.originals(images)
        if original.text(SOP_INSTANCE_UID) not in {parse_image_reference(image).sop_instance_uid for image in images}:
            findings.add("RESTORE_SOURCE")
        self.mapping: dict[str, str] = {**study, **frame, **series, **by_pseudonym}
        self._images = ImageReferences(by_pseudonym, original.text(SOP_CLASS_UID), self._count_unresolved)
        # RT Referenced Study Sequence names the study as an instance (PS3.3 C.8.8.5); images stand in sequences of
        # their own.
        self._by_role = {
            STUDY_INSTANCE_UID: study,
            SERIES_INSTANCE_UID: series,
            FRAME_OF_REFERENCE_UID: frame,
            REFERENCED_FRAME_OF_REFERENCE_UID: frame,
            REFERENCED_SOP_INSTANCE_UID: study,
        }
        self._findings = findings
        self._resolved: dict[tuple[int, bytes], bytes] = {}

    def resolve(self, tag: int, value: bytes, depth: int) -> bytes:
        """Return the value to write for a UID."""
        if depth == 1 and tag in (SOP_INSTANCE_UID, SERIES_INSTANCE_UID):
            return value  # the new object's own takes its place
        known = self._resolved.get((tag, value))
        if known is not None:
            return known
        text = value.strip(b" \0").decode("ascii", "replace")
        if text.startswith(STANDARD_ROOT):
            return value
        original = self._by_role.get(tag, {}).get(text)
        if original is None:
            self._findings.add("RESTORE_REFERENCE", tag)
            return value
        self._resolved[tag, value] = uid_value(original)
        return self._resolved[tag, value]

    @property
    def content(self) -> bool:
        """Whether nothing was found so far."""
        return not self._findings

    def images(self, items: list[dict[int, Pieces]]) -> Pieces:
        """Return the items of a Contour Image Sequence with the originals in them."""
        return self._images.rewritten(items)

    def _count_unresolved(self) -> None:
        self._findings.add("RESTORE_REFERENCE", REFERENCED_SOP_INSTANCE_UID)

    def count_unexpected(self, tag: int) -> None:
        """Count an attribute that a structure set has no reason to hold."""
        if tag >> 16 & 1:
            self._findings.add("RESTORE_PRIVATE")
        elif tag >> 16 in (0x7FE0, 0x5400) or tag >> 24 in (0x50, 0x60):
            self._findings.add("RESTORE_PIXELS")
        else:
            self._findings.add("RESTORE_ATTRIBUTE", tag)


def uid_value(uid: str) -> bytes:
    """Return a UID as padded bytes."""
    value = uid.encode("ascii")
    return value + b"\0" * (len(value) % 2)


def _check(
    texts: Mapping[int, list[bytes]], transfer: OpenTransfer, roi_names: Collection[str], findings: Findings
) -> None:
    for tag in REQUIRED:
        if not any(texts[tag]):
            findings.add("RESTORE_MISSING", tag)
    if texts[SOP_CLASS_UID] != [RTStructureSetStorage.encode()] or texts[MODALITY] != [b"RTSTRUCT"]:
        findings.add("RESTORE_CLASS")
    pseudonym = transfer.key.pseudonym.encode()
    for tag in (PATIENT_NAME, PATIENT_ID):
        if texts[tag] != [pseudonym]:
            findings.add("RESTORE_PSEUDONYM", tag)
    if any(text != b"UNAPPROVED" for text in texts[APPROVAL_STATUS]):
        findings.add("RESTORE_APPROVAL")
    # The original's character set will hold for the file, and ASCII is what all of them share.
    allowed = {name.encode("ascii") for name in roi_names if name.isascii()}
    for name in texts[ROI_NAME]:
        if name not in allowed:
            findings.add("RESTORE_ROI_NAME")
    if len(set(texts[ROI_NAME])) != len(texts[ROI_NAME]):
        findings.add("RESTORE_ROI_NAME_TWICE")


def _assemble(elements: Mapping[int, Pieces], original: RawFile, series_uid: str, instance_uid: str) -> bytes:
    kept = {tag: pieces for tag, pieces in elements.items() if tag not in PATIENT_AND_STUDY}
    for tag, encoded in _patient_and_study(original).items():
        kept[tag] = Pieces([encoded], len(encoded))
    for tag, uid in ((SOP_INSTANCE_UID, instance_uid), (SERIES_INSTANCE_UID, series_uid)):
        value = uid_value(uid)
        kept[tag] = Pieces([implicit_header(tag, len(value)) + value], 8 + len(value))
    parts = [part for tag in sorted(kept) for part in kept[tag].parts]
    return b"".join([PREAMBLE, _meta(instance_uid), *parts])


def _meta(instance_uid: str) -> bytes:
    """File meta information as in a cleaned slice, but Implicit VR Little Endian."""
    meta = file_meta(RTStructureSetStorage.encode(), instance_uid.encode())
    old, new = (struct.pack("<H", len(value)) + value for value in map(uid_value, (EXPLICIT_LITTLE.decode(), IMPLICIT)))
    body = meta[12:].replace(b"UI" + old, b"UI" + new, 1)
    return meta[:8] + struct.pack("<L", len(body)) + body


def _patient_and_study(original: RawFile) -> dict[int, bytes]:
    """Each attribute of the original's patient and study in Implicit VR Little Endian, values as they are."""
    encoded = {}
    for element in copied_from(original.dataset).values():
        if isinstance(element, RawDataElement) and isinstance(element.value, bytes):
            encoded[int(element.tag)] = implicit_element(int(element.tag), element.value)
            continue
        one = Dataset()
        one[element.tag] = element
        buffer = DicomBytesIO()
        buffer.is_implicit_VR, buffer.is_little_endian = True, True
        write_dataset(buffer, one)
        encoded[int(element.tag)] = buffer.getvalue()
    return encoded


def _check_result(result: bytes, transfer: OpenTransfer, mapping: Mapping[str, str], findings: Findings) -> None:
    if transfer.key.pseudonym.encode() in result:
        findings.add("RESTORE_LEFTOVER")
    for uid in set(re.findall(rb"2\.25\.[0-9]+", result)):
        if uid.decode() in mapping:
            findings.add("RESTORE_LEFTOVER")


def _refuse(findings: Findings) -> NoReturn:
    message = f"The returned structure set is not stored: {in_words(findings)}."
    raise PrivacyRefused("RESTORE", message, findings.counts)
