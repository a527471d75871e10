"""A returned structure set gets its patient back, failing closed: what does not resolve is not stored.

Accepted only if its transfer is open, it carries the transfer's pseudonym, and study, series, frame of reference and
every referenced instance are what the key makes of the originals. Patient and Study modules are then the original's,
byte for byte, its character set included. Never send a structure set through Orthanc's anonymization: it empties
ROI names (measured on 1.10.1).
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from model.errors import PrivacyRefused
from model.gate.canonical import IMPLEMENTATION_CLASS, IMPLEMENTATION_VERSION
from model.gate.rules import Findings
from model.rtstruct.patient_study import copied_from
from plugin.privacy.reading import RawFile, TooDeep, Unreadable, items_of, read, vr_of
from plugin.restore.allowed import ALLOWED, RT_STRUCTURE_SET, STANDARD_ROOT
from plugin.vault.vault import OpenTransfer

IMPLICIT_LITTLE, EXPLICIT_LITTLE = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
MAXIMUM_BYTES = 1 << 30
# The deepest sequence of a structure set is six deep; Orthanc's process dies at 60 (measured), and we are the sender.
MAXIMUM_DEPTH = 10

SOP_CLASS, SOP_INSTANCE, SERIES, STUDY, FRAME = 0x00080016, 0x00080018, 0x0020000E, 0x0020000D, 0x00200052
MODALITY, PATIENT_NAME, PATIENT_ID, APPROVAL = 0x00080060, 0x00100010, 0x00100020, 0x300E0002
REFERENCED_INSTANCE, REFERENCED_FRAME = 0x00081155, 0x30060024
ROI_SEQUENCE, ROI_NAME = 0x30060020, 0x30060026


@dataclass(frozen=True)
class SourceSeries:
    """The original series as the PACS still has it: one of its files, and the SOP Instance UIDs of all."""

    first_file: bytes
    instance_uids: Collection[str]


def restore(
    rtstruct: bytes,
    transfer: OpenTransfer,
    source: SourceSeries,
    roi_names: Collection[str],
    series_uid: str,
    instance_uid: str,
) -> bytes:
    """Give a pseudonymous structure set its patient, study and references back, under the given new UIDs.

    The same arguments give the same bytes, so that a retry stores the same object again. Raises PrivacyRefused
    with the findings when anything does not resolve.
    """
    findings = Findings()
    returned = _read(rtstruct, findings)
    original = _read(source.first_file, findings)
    if returned is None or original is None:
        _refuse(findings)
    resolver = _Resolver(transfer, original, source.instance_uids, findings)
    _check_object(returned, transfer, roi_names, findings)
    try:
        restored = resolver.dataset(returned.dataset, 1)
    except TooDeep:
        findings.add("RESTORE_NESTING")
        _refuse(findings)
    except Unreadable:
        findings.add("RESTORE_UNREADABLE")
        _refuse(findings)
    if findings:
        _refuse(findings)
    result = _assemble(restored, original, series_uid, instance_uid)
    _check_result(result, transfer, resolver.mapping, findings)
    if findings:
        _refuse(findings)
    return result


class _Resolver:
    """Copies a dataset with every pseudonymous UID turned into the original; what has none is a finding."""

    def __init__(
        self, transfer: OpenTransfer, original: RawFile, instances: Collection[str], findings: Findings
    ) -> None:
        key = transfer.key
        study, frame = key.originals([original.text(STUDY)]), key.originals([original.text(FRAME)])
        series, images = key.originals([original.text(SERIES)]), key.originals(instances)
        if original.text(SOP_INSTANCE) not in instances:
            findings.add("RESTORE_SOURCE")
        self.mapping: dict[str, str] = {**study, **frame, **series, **images}
        # RT Referenced Study Sequence names the study as an instance (PS3.3 C.8.8.5).
        self._by_role = {
            STUDY: study,
            SERIES: series,
            FRAME: frame,
            REFERENCED_FRAME: frame,
            REFERENCED_INSTANCE: {**study, **images},
        }
        self._findings = findings

    def dataset(self, dataset: Any, depth: int) -> Dataset:
        """The copy; raises TooDeep and Unreadable."""
        if depth > MAXIMUM_DEPTH:
            raise TooDeep
        copy = Dataset()
        for element in list(dataset.values()):
            tag = int(element.tag)
            if tag not in ALLOWED:
                self._findings.add("RESTORE_PRIVATE" if element.tag.is_private else "RESTORE_ATTRIBUTE", tag)
                continue
            vr = vr_of(element)
            if vr == "SQ":
                items = [self.dataset(item, depth + 1) for item in items_of(dataset, element)]
                copy[tag] = DataElement(tag, "SQ", items)
            elif vr == "UI":
                copy[tag] = self._uid(tag, element, depth)
            else:
                copy[tag] = element
        return copy

    def _uid(self, tag: int, element: Any, depth: int) -> Any:
        if depth == 1 and tag in (SOP_INSTANCE, SERIES):
            return element  # replaced by the new object's own
        found = element.value if isinstance(element.value, bytes) else str(element.value or "").encode()
        text = found.strip(b" \0").decode("ascii", "replace")
        if text.startswith(STANDARD_ROOT):
            return element
        resolved = self._by_role.get(tag, {}).get(text)
        if resolved is None:
            self._findings.add("RESTORE_REFERENCE", tag)
            return element
        value = resolved.encode("ascii")
        value += b"\0" * (len(value) % 2)
        if isinstance(element, RawDataElement):
            return element._replace(value=value, length=len(value))
        return DataElement(tag, "UI", resolved)


def _check_object(file: RawFile, transfer: OpenTransfer, roi_names: Collection[str], findings: Findings) -> None:
    if file.text(SOP_CLASS) != RT_STRUCTURE_SET or file.text(MODALITY) != "RTSTRUCT":
        findings.add("RESTORE_CLASS")
    for tag in (PATIENT_NAME, PATIENT_ID):
        if file.text(tag) != transfer.key.pseudonym:
            findings.add("RESTORE_PSEUDONYM", tag)
    if file.text(STUDY) == "":
        findings.add("RESTORE_REFERENCE", STUDY)
    if file.text(APPROVAL) not in ("", "UNAPPROVED"):
        findings.add("RESTORE_APPROVAL")
    if ROI_SEQUENCE not in file.dataset:
        findings.add("RESTORE_ROIS")
        return
    names = [_name(item) for item in items_of(file.dataset, file.dataset.get_item(ROI_SEQUENCE))]
    for name in names:
        if name not in roi_names:
            findings.add("RESTORE_ROI_NAME")
    if not names or len(set(names)) != len(names):
        findings.add("RESTORE_ROIS")


def _name(item: Any) -> str:
    if ROI_NAME not in item:
        return ""
    value = item.get_item(ROI_NAME).value
    return (value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")).strip(" \0")


def _assemble(restored: Dataset, original: RawFile, series_uid: str, instance_uid: str) -> bytes:
    for tag in list(restored.keys()):
        # What describes the pseudonym goes; the original's Patient and Study take its place.
        if int(tag) >> 16 in (0x0010, 0x0012) or int(tag) in _STUDY_LEVEL:
            del restored[tag]
    for element in copied_from(original.dataset).values():
        restored[element.tag] = element
    restored[SOP_INSTANCE] = DataElement(SOP_INSTANCE, "UI", instance_uid)
    restored[SERIES] = DataElement(SERIES, "UI", series_uid)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(RT_STRUCTURE_SET)
    meta.MediaStorageSOPInstanceUID = UID(instance_uid)
    meta.TransferSyntaxUID = UID(IMPLICIT_LITTLE)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS.decode())
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION.decode()
    restored.file_meta = meta
    buffer = io.BytesIO()
    restored.save_as(buffer, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


# Study-level attributes that are not in groups 0010 and 0012, and the character set they are written in.
_STUDY_LEVEL = frozenset({0x00080005, 0x00080020, 0x00080030, 0x00080050, 0x00080090, 0x00200010, STUDY, 0x00280303})


def _check_result(result: bytes, transfer: OpenTransfer, mapping: Mapping[str, str], findings: Findings) -> None:
    if transfer.key.pseudonym.encode() in result:
        findings.add("RESTORE_LEFTOVER")
    for uid in set(re.findall(rb"2\.25\.[0-9]+", result)):
        if uid.decode() in mapping:
            findings.add("RESTORE_LEFTOVER")


def _read(data: bytes, findings: Findings) -> RawFile | None:
    if len(data) > MAXIMUM_BYTES:
        findings.add("RESTORE_SIZE")
        return None
    try:
        return read(data)
    except TooDeep:
        findings.add("RESTORE_NESTING")
    except Unreadable:
        findings.add("RESTORE_UNREADABLE")
    return None


def _refuse(findings: Findings) -> NoReturn:
    counts = findings.counts
    listed = ", ".join(f"{rule} ({count})" for rule, count in list(counts.items())[:8])
    raise PrivacyRefused("RESTORE", f"The returned structure set does not belong to this transfer: {listed}.", counts)
