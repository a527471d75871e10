"""The few header values of one slice that its geometry needs, as text, wherever they were read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

# DICOM PS3.3 C.7.6.2 Image Plane and C.7.6.3 Image Pixel, and the identifiers that tie a slice to its series.
KEYWORDS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "ImageType",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "Rows",
    "Columns",
    "SliceThickness",
    "InstanceNumber",
    "PatientID",
    "PatientPosition",
)
# What scanners write of the acquisition that a slice is of; model.series.interleaved tells acquisitions apart by it.
ACQUISITION = (
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoNumbers",
    "EchoTime",
    "DiffusionBValue",
    "ConvolutionKernel",
    "TriggerTime",
    "AcquisitionTime",
    "AcquisitionDateTime",
    "ContentTime",
    "KVP",
    "SliceThickness",
    "IrradiationEventUID",
)

TAGS = {keyword: Tag(keyword) for keyword in (*KEYWORDS, *ACQUISITION)}
# VR US and FD; all the others are text.
BINARY = ("Rows", "Columns", "DiffusionBValue")


@dataclass(frozen=True, slots=True)
class SliceHeader:
    """One slice's identifiers and image plane; multi-valued attributes as tuples of text, missing ones empty."""

    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    modality: str
    image_type: tuple[str, ...]
    position: tuple[str, ...]
    orientation: tuple[str, ...]
    pixel_spacing: tuple[str, ...]
    rows: str
    columns: str
    slice_thickness: str = ""
    instance_number: str = ""
    acquisition: tuple[str, ...] = ()
    patient_position: str = ""
    # To tell whether all slices are of one person; never shown.
    patient_id: str = field(default="", repr=False)

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> SliceHeader:
        """Build from keyword → text with backslashes between values, as Orthanc's tags give them."""

        def one(keyword: str) -> str:
            return texts.get(keyword, "").strip(" \0")

        def many(keyword: str) -> tuple[str, ...]:
            # An empty value after the last says nothing.
            text = one(keyword).rstrip("\\ ")
            return tuple(part.strip() for part in text.split("\\")) if text else ()

        return cls(
            sop_class_uid=one("SOPClassUID"),
            sop_instance_uid=one("SOPInstanceUID"),
            study_uid=one("StudyInstanceUID"),
            series_uid=one("SeriesInstanceUID"),
            frame_of_reference_uid=one("FrameOfReferenceUID"),
            modality=one("Modality").upper(),
            image_type=many("ImageType"),
            position=many("ImagePositionPatient"),
            orientation=many("ImageOrientationPatient"),
            pixel_spacing=many("PixelSpacing"),
            rows=one("Rows"),
            columns=one("Columns"),
            slice_thickness=one("SliceThickness"),
            instance_number=one("InstanceNumber"),
            acquisition=tuple(map(one, ACQUISITION)),
            patient_position=one("PatientPosition").upper(),
            patient_id=one("PatientID"),
        )

    @classmethod
    def from_dataset(cls, dataset: Any) -> SliceHeader:
        """Build from a pydicom dataset; decimal strings keep the text that the file holds."""
        return cls.from_texts({keyword: _element_text(dataset, keyword) for keyword in TAGS})


def _element_text(dataset: Any, keyword: str) -> str:
    # As read from a file, text is taken as it stands: pydicom's conversion takes ten times as long.
    element = dataset.get_item(TAGS[keyword])
    if isinstance(element, RawDataElement) and isinstance(element.value, bytes) and keyword not in BINARY:
        return element.value.decode("latin-1")
    return _text(dataset.get(keyword))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return _one_text(value)
    return "\\".join(_one_text(part) for part in value)


def _one_text(value: Any) -> str:
    # pydicom's DSfloat and DSdecimal carry the text as written; str() of a float would change it.
    original = getattr(value, "original_string", None)
    return original if isinstance(original, str) else str(value)
