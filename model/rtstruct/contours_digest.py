"""What a structure set draws, as one digest: the same for every copy of a file, another one once anybody edits it."""

from __future__ import annotations

import hashlib

from pydicom.dataset import Dataset

from model.rtstruct.items import contour_data, items, text


def contours_digest(dataset: Dataset) -> str:
    """Return SHA-256 of numbers, names and contours of the ROIs, in hexadecimal; raises InputRefused.

    File meta information, transfer syntax, character set and UIDs are not in it (DICOM PS3.3 C.8.8.5, C.8.8.6).
    """
    found = hashlib.sha256()
    for roi in items(dataset, "StructureSetROISequence"):
        found.update(f"roi {text(roi, 'ROINumber')} {_name(roi)}\n".encode())
    for drawn in items(dataset, "ROIContourSequence"):
        found.update(f"drawn {text(drawn, 'ReferencedROINumber')}\n".encode())
        for contour in items(drawn, "ContourSequence"):
            found.update(f"{text(contour, 'ContourGeometricType')} ".encode())
            found.update(contour_data(contour) + b"\n")
    return found.hexdigest()


def _name(roi: Dataset) -> str:
    try:
        return str(roi.get("ROIName") or "").strip(" \0")
    except Exception:  # noqa: BLE001 - a foreign name may be broken in any way
        return text(roi, "ROIName")
