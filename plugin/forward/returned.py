"""A structure set as a vendor sent it, made ready for restoration; what cannot be told apart from text is refused."""

from __future__ import annotations

import io
import re

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ImplicitVRLittleEndian

from model.errors import PrivacyRefused
from model.names.entry import NAME_CHARACTERS
from model.names.shortening import shorten
from plugin.privacy.markers import Markers
from plugin.privacy.reading import read_with_pydicom
from plugin.restore.allowed import RT_STRUCTURE_SET

# Letters, digits and what TG-263 joins them with.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_~^+. -]{0,63}")
_DATE = re.compile(r"\d{1,2}\D\d{1,2}\D(\d\d){1,2}|(19|20)\d\d\D?\d{1,2}\D?\d{1,2}")
_WORD = re.compile(r"[A-Za-z]{3,}")


def prepared(file: bytes, first_file: bytes) -> bytes:
    """The structure set in Implicit VR Little Endian, its ROI names short and free of the patient.

    ``first_file`` is a slice of the original series: no word of it may stand in an ROI name. Raises PrivacyRefused
    with RESTORE_… findings.
    """
    try:
        dataset = pydicom.dcmread(io.BytesIO(file))
        names = _names(dataset)
    except Exception:  # noqa: BLE001 - a vendor's file may be broken in any way
        raise _refused("RESTORE_UNREADABLE") from None
    if str(dataset.get("SOPClassUID", "")) != RT_STRUCTURE_SET:
        raise _refused("RESTORE_CLASS")
    _require_harmless(names, first_file)
    try:
        return _encoded(dataset)
    except Exception:  # noqa: BLE001 - values that the standard does not know cannot be written either
        raise _refused("RESTORE_UNREADABLE") from None


def _names(dataset: Dataset) -> list[str]:
    """Shorten the ROI names in place; returns them as they came."""
    names = []
    for roi in dataset.StructureSetROISequence:
        name = str(roi.ROIName).strip()
        names.append(name)
        roi.ROIName = name if len(name) <= NAME_CHARACTERS else shorten(name)
    return names


def _require_harmless(names: list[str], first_file: bytes) -> None:
    markers = Markers()
    markers.collect(read_with_pydicom(first_file))
    # Only what names the patient: "CHEST" and the like stand in headers and in organ names alike.
    person = read_with_pydicom(first_file)
    text = " ".join(person.text(tag) for tag in (0x00100010, 0x00100020, 0x00081030, 0x00080090, 0x00080050))
    words = {word.lower() for word in _WORD.findall(text)} | {part.lower() for part in re.findall(r"\w{5,}", text)}
    for name in names:
        folded = name.lower()
        if not _NAME.fullmatch(name) or _DATE.search(name) or any(word in folded for word in words):
            raise _refused("RESTORE_ROI_NAME")
        if any(number.decode("ascii", "replace") in name for number in markers.numbers):
            raise _refused("RESTORE_ROI_NAME")


def _encoded(dataset: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.file_meta = meta
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


def _refused(rule: str) -> PrivacyRefused:
    return PrivacyRefused(
        "RESTORE", f"The returned structure set was refused ({rule}); nothing of it was stored.", {rule: 1}
    )
