"""A structure set as a vendor sent it, made ready for restoration; what cannot be told apart from text is refused."""

from __future__ import annotations

import io

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ImplicitVRLittleEndian

from model.names.entry import NAME_CHARACTERS
from model.names.shortening import shorten
from plugin.forward.roi_names import refused, require_harmless
from plugin.restore.allowed import RT_STRUCTURE_SET


def prepared(file: bytes, first_file: bytes) -> bytes:
    """The structure set in Implicit VR Little Endian, its ROI names short and free of the patient.

    ``first_file`` is a slice of the original series: no word of it may stand in an ROI name. Raises PrivacyRefused
    with RESTORE_… findings.
    """
    try:
        dataset = pydicom.dcmread(io.BytesIO(file))
        names = _names(dataset)
    except Exception:  # noqa: BLE001 - a vendor's file may be broken in any way
        raise refused("RESTORE_UNREADABLE") from None
    if str(dataset.get("SOPClassUID", "")) != RT_STRUCTURE_SET:
        raise refused("RESTORE_CLASS")
    require_harmless(names, first_file)
    try:
        return encoded(dataset)
    except Exception:  # noqa: BLE001 - values that the standard does not know cannot be written either
        raise refused("RESTORE_UNREADABLE") from None


def _names(dataset: Dataset) -> list[str]:
    """Shorten the ROI names in place; returns them as they came."""
    names = []
    for roi in dataset.StructureSetROISequence:
        name = str(roi.ROIName).strip()
        names.append(name)
        roi.ROIName = name if len(name) <= NAME_CHARACTERS else shorten(name)
    return names


def encoded(dataset: Dataset) -> bytes:
    """The structure set as restoration reads it: a file in Implicit VR Little Endian."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.file_meta = meta
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()
