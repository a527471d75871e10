"""A made-up patient whose every attribute is a marker: whatever leaks can be found by one search."""

from __future__ import annotations

import io
import re

import numpy as np
from numpy.typing import NDArray
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from plugin.privacy.denylist import deny_list

# Every text marker contains the first, every number the second; neither occurs in anything that we write.
WORD, NUMBER = "zqxw", "86753091"
NAME, RECORD = f"{WORD.capitalize()}son^Quintilla", f"{NUMBER}2"
BORN, SCANNED, TIME = "19470811", "20240229", "235958.123456"
ROOT = "1.2.826.0.1.3680043.10.511"
STUDY, SERIES, FRAME = f"{ROOT}.{RECORD}.1", f"{ROOT}.{RECORD}.2", f"{ROOT}.{RECORD}.3"
MARKS = re.compile(rb"(?i)zqxw|quintilla|867530912?|19470811|20240229|235958\.123|3680043\.10\.511")

_NOT_MARKED = {
    "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientName", "PatientID",
    "StudyDate", "StudyTime", "PatientBirthDate", "DateOfSecondaryCapture", "TimeOfSecondaryCapture",
    "SecondaryCaptureDeviceID", "SecondaryCaptureDeviceManufacturer", "HardcopyDeviceSoftwareVersion",
    "SecondaryCaptureDeviceSoftwareVersions", "HardcopyCreationDeviceID",
}  # fmt: skip


def marks_in(data: bytes) -> list[bytes]:
    """Every marker that occurs in some bytes, in any case, also as 16-bit text."""
    wide = data.replace(b"\0", b"") if b"z\0q\0x\0w" in data.lower() else b""
    return MARKS.findall(data) + MARKS.findall(wide)


def pixels(index: int, shape: tuple[int, int] = (32, 32)) -> NDArray[np.uint16]:
    """Noise of 12 bits."""
    return np.random.default_rng(index).integers(0, 4096, shape, dtype=np.uint16)


def ct(index: int, shape: tuple[int, int] = (32, 32)) -> Dataset:
    """One CT slice of the marked patient, plain otherwise: 12 bits unsigned, explicit VR little endian."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.Modality = CTImageStorage, "CT"
    dataset.SOPInstanceUID = f"{SERIES}.{index + 1}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = STUDY, SERIES, FRAME
    dataset.PatientName, dataset.PatientID = NAME, RECORD
    dataset.PatientBirthDate, dataset.PatientSex = BORN, "F"
    dataset.StudyDate, dataset.StudyTime = SCANNED, TIME
    dataset.AccessionNumber, dataset.StudyID = f"A{NUMBER}", f"S{NUMBER}"
    dataset.ReferringPhysicianName = f"{WORD}^Doctor"
    dataset.SeriesDescription = f"Thorax for {WORD}"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.InstanceNumber, dataset.SeriesNumber = index + 1, 4
    dataset.PatientPosition, dataset.BodyPartExamined = "HFS", "CHEST"
    dataset.SliceThickness, dataset.KVP = "3.0", "120"
    dataset.ImagePositionPatient = ["-120.5", "-120.5", f"{3.0 * index - 40:.1f}"]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.PixelSpacing = ["0.9765625", "0.9765625"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
    dataset.PixelData = pixels(index, shape).tobytes()
    return dataset


def mr(index: int) -> Dataset:
    """One MR slice of the marked patient."""
    dataset = ct(index)
    dataset.SOPClassUID, dataset.Modality = MRImageStorage, "MR"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "FFE"]
    dataset.ScanningSequence, dataset.SequenceVariant, dataset.ScanOptions = "GR", ["SP", "OSP"], "FS"
    dataset.MRAcquisitionType, dataset.RepetitionTime, dataset.EchoTime = "3D", "8.5", "3.9"
    for keyword in ("KVP", "RescaleIntercept", "RescaleSlope", "RescaleType"):
        del dataset[keyword]
    return dataset


def encoded(dataset: Dataset) -> bytes:
    """The file as bytes, in the transfer syntax of its file meta information."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def mark_everything(dataset: Dataset) -> None:
    """Give the dataset every attribute of DICOM PS3.15 Table E.1-1 with a marker as its value."""
    for tag in deny_list():
        try:
            vr = dictionary_VR(tag)
        except KeyError:
            continue
        if tag >> 16 < 0x0008 or tag >> 24 in (0x50, 0x60) or Tag(tag) in dataset or _keyword(tag) in _NOT_MARKED:
            continue
        value = _MARKED_VALUES.get(vr)
        if value is not None:
            dataset.add_new(tag, vr, value)


def _keyword(tag: int) -> str:
    from pydicom.datadict import keyword_for_tag

    return keyword_for_tag(tag)


def _item() -> list[Dataset]:
    item = Dataset()
    item.PatientName, item.PatientID, item.StudyDate = NAME, RECORD, SCANNED
    item.TextValue = f"seen by {WORD}"
    return [item]


_MARKED_VALUES: dict[str, object] = {
    "AE": WORD.upper(), "AS": "077Y", "CS": WORD.upper(), "DA": BORN, "DT": f"{BORN}{TIME}", "LO": f"{WORD} {RECORD}",
    "LT": f"long text about {WORD}", "OB": f"{WORD}{RECORD}".encode(), "PN": NAME, "SH": WORD, "SQ": _item(),
    "ST": f"text about {WORD}", "TM": TIME, "UC": WORD, "UI": f"{ROOT}.{RECORD}.9", "UR": f"http://{WORD}/{RECORD}",
    "UT": f"unlimited text about {WORD}", "DS": "867530.91", "IS": NUMBER[:7], "UN": WORD.encode(),
    "OW": f"{WORD}{WORD}".encode(),
}  # fmt: skip
