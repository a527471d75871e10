"""A structure set as a vendor sent it, made ready for restoration; what cannot be told apart from text is refused."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

from model.errors import PrivacyRefused
from model.names.entry import NAME_CHARACTERS
from model.names.shortening import shorten
from model.names.words import words_of
from model.rtstruct.file import read_structure_set
from model.rtstruct.items import text, whole
from plugin.privacy.reading import read_with_pydicom
from plugin.restore.identity import Identity
from plugin.restore.left_out import without


def prepared(file: bytes, first_file: bytes) -> tuple[bytes, tuple[int | None, ...]]:
    """Return the structure set in Implicit VR Little Endian, and the numbers of the ROIs that were taken out of it.

    ``first_file`` is a slice of the original series: an ROI whose name holds the patient's name or number is left
    out, the others get short names. Raises PrivacyRefused with RESTORE_… findings, also when no ROI is left.
    """
    try:
        dataset = read_structure_set(file)
        names = [(whole(text(roi, "ROINumber")), str(roi.ROIName).strip()) for roi in dataset.StructureSetROISequence]
    except Exception:  # noqa: BLE001 - a vendor's file may be broken in any way
        raise refused("RESTORE_UNREADABLE") from None
    if str(dataset.get("SOPClassUID", "")) != RTStructureSetStorage:
        raise refused("RESTORE_CLASS")
    left_out = personal(names, Identity.of(read_with_pydicom(first_file)))
    if all(number in left_out for number, _ in names):
        raise refused("RESTORE_ROI_NAME")
    try:
        _shorten(without(dataset, left_out))
        return encoded(dataset), left_out
    except Exception:  # noqa: BLE001 - values that the standard does not know cannot be written either
        raise refused("RESTORE_UNREADABLE") from None


def stripped(file: bytes, numbers: Collection[int | None]) -> bytes:
    """Return a structure set in the encoding of ``prepared`` without the ROIs of these numbers."""
    return encoded(without(pydicom.dcmread(io.BytesIO(file)), numbers))


def personal(names: Iterable[tuple[int | None, str]], identity: Identity) -> tuple[int | None, ...]:
    """Return, of ROIs as number and name, the numbers of those whose names name the patient."""
    return tuple(number for number, name in names if identity.named_in(name))


def refused(rule: str) -> PrivacyRefused:
    """Return the refusal of a structure set that came back."""
    return PrivacyRefused(
        "RESTORE", f"The returned structure set was refused ({rule}); nothing of it was stored.", {rule: 1}
    )


def _shorten(dataset: Dataset) -> None:
    """Give each ROI a name of at most 16 ASCII characters; two that would become one, or none, are numbered."""
    seen: set[str] = set()
    for number, roi in _numbered(dataset):
        given = str(roi.ROIName).strip()
        name = shorten(given) if words_of(shorten(given)) else f"ROI_{number}"
        if name != given and name.casefold() in seen:
            suffix = f"_{number}"
            name = name[: NAME_CHARACTERS - len(suffix)] + suffix
        seen.add(name.casefold())
        roi.ROIName = name


def _numbered(dataset: Dataset) -> Iterator[tuple[int, Dataset]]:
    """Yield each ROI with its number, or its place in the list where it has none that is its own."""
    listed = [(whole(text(roi, "ROINumber")), roi) for roi in dataset.StructureSetROISequence]
    bearers = Counter(number for number, _ in listed)
    for place, (number, roi) in enumerate(listed, start=1):
        yield (number if number is not None and bearers[number] == 1 else place), roi


def encoded(dataset: Dataset) -> bytes:
    """Return the structure set as restoration reads it: a file in Implicit VR Little Endian."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.file_meta = meta
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()
