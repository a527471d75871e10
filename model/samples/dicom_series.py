"""Write an image as a CT or MR series of a made-up patient: complete IODs, real geometry, rescaled values.

Sources: DICOM PS3.3 A.3 (CT Image), A.4 (MR Image), C.7.6.2 (Image Plane), C.8.2.1 and C.8.3.1.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from model.dicom.uids import uuid_uid
from model.samples.image import SampleImage

# Values stored one higher per HU and shifted, as scanners do; so readers that forget the rescale are found out.
INTERCEPT = -1024


@dataclass(frozen=True)
class Patient:
    """A made-up patient."""

    name: str
    identifier: str
    birth_date: str = "19700101"
    sex: str = "O"


@dataclass(frozen=True)
class SeriesText:
    """What the series says of itself; ``key`` makes its UIDs, the same ones each time."""

    key: str
    modality: str
    description: str
    body_part: str
    contrast: bool = False


def made_uid(*parts: object) -> str:
    """Return a UID of the form 2.25.<UUID as a number> (DICOM PS3.5 B.2), the same one for the same parts."""
    name = "/".join(("orthanc-autocontour", *map(str, parts)))
    return uuid_uid(uuid.uuid5(uuid.NAMESPACE_OID, name).int)


def write_series(image: SampleImage, patient: Patient, text: SeriesText, directory: Path) -> None:
    """Write one file per slice into ``directory``; slices in the order of the array, numbered from 1."""
    for index in range(image.array.shape[0]):
        dataset = slice_dataset(image, index, patient, text)
        dataset.save_as(directory / f"{index + 1:04d}.dcm", enforce_file_format=True)


def slice_dataset(image: SampleImage, index: int, patient: Patient, text: SeriesText) -> Dataset:
    """One slice with its pixel data, explicit VR little endian."""
    dataset = header(patient, text, index)
    column, row, normal = (image.affine[:3, axis] for axis in range(3))
    column_mm, row_mm, slice_mm = (float(np.linalg.norm(vector)) for vector in (column, row, normal))
    position = image.affine @ np.array([0.0, 0.0, index, 1.0])
    dataset.ImagePositionPatient = [_decimal(value) for value in position[:3]]
    dataset.ImageOrientationPatient = [_decimal(value) for value in (*(column / column_mm), *(row / row_mm))]
    dataset.PixelSpacing = [_decimal(row_mm), _decimal(column_mm)]
    dataset.SliceThickness = _decimal(slice_mm)
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = image.array.shape[1:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    pixels = image.array[index]
    if text.modality == "CT":
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = INTERCEPT, 1, "HU"
        pixels = pixels - np.int16(INTERCEPT)
        dataset.WindowCenter, dataset.WindowWidth = 40, 400
    dataset.PixelData = pixels.astype("<i2").tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def header(patient: Patient, text: SeriesText, index: int) -> Dataset:
    """Everything of one slice but its image plane and pixels."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID = CTImageStorage if text.modality == "CT" else MRImageStorage
    dataset.SOPInstanceUID = made_uid(text.key, "instance", index)
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL" if text.modality == "CT" else "OTHER"]
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20200102"
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = "120000"
    dataset.AccessionNumber = "DEMO-0001"
    dataset.Modality = text.modality
    dataset.Manufacturer = "Made up"
    dataset.ReferringPhysicianName = "Referrer^Made^Up"
    dataset.StudyDescription = "Demonstration"
    dataset.SeriesDescription = text.description
    dataset.PatientName, dataset.PatientID = patient.name, patient.identifier
    dataset.PatientBirthDate, dataset.PatientSex = patient.birth_date, patient.sex
    dataset.BodyPartExamined = text.body_part
    dataset.PatientPosition = "HFS"
    if text.contrast:
        dataset.ContrastBolusAgent = "APPLIED"
    if text.modality == "CT":
        dataset.KVP = "120"
    else:
        dataset.ScanningSequence, dataset.SequenceVariant = "GR", "NONE"
        dataset.ScanOptions, dataset.MRAcquisitionType = "", "3D"
        dataset.RepetitionTime = dataset.EchoTime = dataset.EchoTrainLength = None
    dataset.StudyInstanceUID = made_uid(text.key, "study")
    dataset.SeriesInstanceUID = made_uid(text.key, "series")
    dataset.StudyID, dataset.SeriesNumber = "1", 1
    dataset.AcquisitionNumber, dataset.InstanceNumber = 1, index + 1
    dataset.FrameOfReferenceUID = made_uid(text.key, "frame of reference")
    dataset.PositionReferenceIndicator = ""
    return dataset


def _decimal(value: float) -> str:
    """Return a decimal string of at most 16 characters (DICOM PS3.5 6.2, VR DS)."""
    text = repr(round(float(value), 12) + 0.0)
    return text if len(text) <= 16 else f"{value:.9g}"
