"""A structure set with everything that a planning system may stumble over, as a vendor's node could have sent it."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian

from model.dicom.tags import CONTOUR_DATA
from tests.builders import series
from tests.builders.drawings import written

PLAN = series.GEOMETRIES["axial"]
LONG = ("Vertebrae_Thoracic_Upper", "Vertebrae_Thoracic_Uppermost")
SIDED = ("Parotid_Superficial_Left", "Parotid_Superficiale_Left")
NON_ASCII = "Gehörgang_Łuk"
EMPTY, ELSEWHERE, HOLLOW, ODD_NUMBERS, UNTYPED = "Drawn_nowhere", "Elsewhere", "Ring", "Heart", "Couch"
# Nineteen bytes, as a writer makes them that knows nothing of DS.
LONG_NUMBER = "-6.3554956912994385"
ROIS = 40


def rich_file(*, implicit: bool = True) -> bytes:
    """The structure set of ``ROIS`` ROIs on ``PLAN``, in Implicit or Explicit VR Little Endian."""
    dataset = dcmread(io.BytesIO(written(PLAN, _masks()).content))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "Łukasz^山田"
    dataset.ApprovalStatus = "APPROVED"
    dataset.ReviewDate, dataset.ReviewTime, dataset.ReviewerName = "20260101", "120000", "Physician^A"
    del dataset.StructureSetDate
    dataset.StructureSetDate = None
    rois = {str(roi.ROIName): roi for roi in dataset.StructureSetROISequence}
    contours = {int(one.ReferencedROINumber): one for one in dataset.ROIContourSequence}
    observations = {int(one.ReferencedROINumber): one for one in dataset.RTROIObservationsSequence}
    names = (*LONG, *SIDED, NON_ASCII, "heart", EMPTY, ELSEWHERE, UNTYPED)
    for number, name in enumerate(names, start=1):
        rois[f"Part{number}"].ROIName = name
    by_name = {str(roi.ROIName): int(roi.ROINumber) for roi in rois.values()}
    del contours[by_name[EMPTY]].ContourSequence
    rois[f"Part{names.index(ELSEWHERE) + 1}"].ReferencedFrameOfReferenceUID = f"{series.ROOT}.99"
    dataset.ReferencedFrameOfReferenceSequence.append(_another_frame(dataset))
    dataset.RTROIObservationsSequence.remove(observations[by_name[NON_ASCII]])
    untyped = observations[by_name[UNTYPED]]
    untyped.RTROIInterpretedType = None
    density = Dataset()
    density.ROIPhysicalProperty, density.ROIPhysicalPropertyValue = "REL_ELEC_DENSITY", "0.1"
    untyped.ROIPhysicalPropertiesSequence = Sequence([density])
    del contours[by_name[UNTYPED]].ROIDisplayColor
    _write_odd_numbers(contours[by_name[ODD_NUMBERS]])
    buffer = io.BytesIO()
    if implicit:
        dataset.save_as(buffer, enforce_file_format=True)
    else:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.save_as(buffer, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


def _masks() -> list[tuple[str, NDArray[np.bool_]]]:
    shape = series.geometry(PLAN).shape
    ring = np.zeros(shape, bool)
    ring[1:4, 10:40, 10:40] = True
    ring[1:4, 20:30, 20:30] = False
    masks = [(HOLLOW, ring)]
    for number in range(ROIS - 1):
        mask = np.zeros(shape, bool)
        mask[2:5, 5 + number % 20 : 9 + number % 20, 5 + number // 2 : 12 + number // 2] = True
        masks.append((ODD_NUMBERS if number == 0 else f"Part{number}", mask))
    return masks


def _another_frame(dataset: Dataset) -> Dataset:
    frame = Dataset()
    frame.FrameOfReferenceUID = f"{series.ROOT}.99"
    frame.RTReferencedStudySequence = Sequence([])
    del frame.RTReferencedStudySequence
    return frame


def _write_odd_numbers(contours: Dataset) -> None:
    """Put a number of too many bytes into the place of the first one, as read from a file: pydicom writes no such."""
    contour = contours.ContourSequence[0]
    texts = [str(value) for value in contour.ContourData]
    encoded = "\\".join([LONG_NUMBER, *texts[1:]]).encode()
    encoded += b" " * (len(encoded) % 2)
    contour[CONTOUR_DATA] = RawDataElement(Tag(CONTOUR_DATA), "DS", len(encoded), encoded, 0, False, True)
