"""The modules of an RT structure set beside its contours (DICOM PS3.3 A.19 and C.8.8.5, C.8.8.8)."""

from __future__ import annotations

from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import RTStructureSetStorage

from model.dicom.uids import DETACHED_STUDY_MANAGEMENT
from model.engines.engine import Algorithm
from model.names.entry import Code, Entry
from model.names.shortening import ascii_text
from model.rtstruct.image_items import items_of_planes
from model.rtstruct.written import WrittenRoi
from model.series.geometry import SeriesGeometry

# DICOM PS3.3 C.8.8.5.4: the retired study management class is what every reader expects here.
PRODUCT = "orthanc-autocontour"
# DICOM PS3.16 CID 7162 (algorithm families) and CID 7005 (contributing equipment).
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")
MORPHOLOGICAL_OPERATIONS = Code("123104", "DCM", "Morphological Operations")
PROCESSING_EQUIPMENT = Code("109102", "DCM", "Processing Equipment")
# Characters that VR LO, SH and ST may hold (PS3.5 6.2).
LO, SH, ST = 64, 16, 1024


def coded(code: Code) -> DicomSequence:
    """Return a code sequence of one item (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme
    item.CodeMeaning = code.meaning[:LO]
    return DicomSequence([item])


def identify(dataset: Dataset, *, series_uid: str, instance_uid: str, label: str, now: datetime) -> None:
    """SOP Common, RT Series, Structure Set label and dates, Approval.

    Texts of ours are ASCII, as the character set is the source's.
    """
    date, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    dataset.SOPClassUID = RTStructureSetStorage
    dataset.SOPInstanceUID = instance_uid
    dataset.InstanceCreationDate = dataset.SeriesDate = dataset.StructureSetDate = date
    dataset.InstanceCreationTime = dataset.SeriesTime = dataset.StructureSetTime = time
    dataset.Modality = "RTSTRUCT"
    dataset.SeriesInstanceUID = series_uid
    dataset.SeriesDescription = ascii_text(label)[:LO]
    dataset.OperatorsName = None
    dataset.InstanceNumber = 1
    dataset.StructureSetLabel = ascii_text(label)[:SH].strip()
    dataset.StructureSetName = ascii_text(label)[:LO]
    dataset.ApprovalStatus = "UNAPPROVED"


def tell_origin(dataset: Dataset, algorithm: Algorithm, version: str, now: datetime) -> None:
    """General Equipment and Contributing Equipment: this product, the model and both their versions."""
    dataset.Manufacturer = PRODUCT
    dataset.ManufacturerModelName = ascii_text(algorithm.model)[:LO]
    dataset.SoftwareVersions = [version[:LO], ascii_text(f"{algorithm.model} {algorithm.version}")[:LO]]
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = coded(PROCESSING_EQUIPMENT)
    item.Manufacturer = PRODUCT
    item.ManufacturerModelName = ascii_text(algorithm.model)[:LO]
    item.SoftwareVersions = [version[:LO], ascii_text(f"{algorithm.model} {algorithm.version}")[:LO]]
    item.ContributionDateTime = now.strftime("%Y%m%d%H%M%S")
    words = f"{algorithm.description}; licence {algorithm.licence}" if algorithm.description else algorithm.licence
    item.ContributionDescription = f"Contoured; model sha256 {algorithm.digest}; {ascii_text(words)}"[:ST]
    dataset.ContributingEquipmentSequence = DicomSequence([item])


def refer(dataset: Dataset, geometry: SeriesGeometry) -> None:
    """Frame of Reference, and frame → study → series → every image of the volume."""
    dataset.FrameOfReferenceUID = geometry.frame_of_reference_uid
    dataset.PositionReferenceIndicator = None
    series = Dataset()
    series.SeriesInstanceUID = geometry.series_uid
    series.ContourImageSequence = DicomSequence(items_of_planes(geometry.planes))
    study = Dataset()
    study.ReferencedSOPClassUID = DETACHED_STUDY_MANAGEMENT
    study.ReferencedSOPInstanceUID = geometry.study_uid
    study.RTReferencedSeriesSequence = DicomSequence([series])
    frame = Dataset()
    frame.FrameOfReferenceUID = geometry.frame_of_reference_uid
    frame.RTReferencedStudySequence = DicomSequence([study])
    dataset.ReferencedFrameOfReferenceSequence = DicomSequence([frame])


def roi_of(roi: WrittenRoi, geometry: SeriesGeometry, algorithm: Algorithm) -> Dataset:
    """One item of Structure Set ROI Sequence."""
    item = Dataset()
    item.ROINumber = roi.number
    item.ReferencedFrameOfReferenceUID = geometry.frame_of_reference_uid
    item.ROIName = roi.name
    item.ROIDescription = ascii_text("; ".join((roi.full_name, *roi.flags)))[:ST]
    item.ROIVolume = f"{roi.volume_cm3:.6g}"
    item.ROIGenerationAlgorithm = "AUTOMATIC"
    item.ROIGenerationDescription = ascii_text(f"{algorithm.model} {algorithm.version}")[:LO]
    derived = Dataset()
    family = ARTIFICIAL_INTELLIGENCE if algorithm.trained else MORPHOLOGICAL_OPERATIONS
    derived.AlgorithmFamilyCodeSequence = coded(family)
    derived.AlgorithmName = ascii_text(algorithm.model)[:LO]
    derived.AlgorithmVersion = ascii_text(algorithm.version)[:LO]
    derived.AlgorithmParameters = f"sha256={algorithm.digest}"
    derived.AlgorithmSource = PRODUCT
    item.ROIDerivationAlgorithmIdentificationSequence = DicomSequence([derived])
    return item


def observation_of(roi: WrittenRoi, entry: Entry) -> Dataset:
    """One item of RT ROI Observations Sequence."""
    item = Dataset()
    item.ObservationNumber = roi.number
    item.ReferencedROINumber = roi.number
    item.SegmentedPropertyCategoryCodeSequence = coded(entry.category)
    identification = coded(entry.code)
    if entry.laterality is not None:
        identification[0].SegmentedPropertyTypeModifierCodeSequence = coded(entry.laterality)
    item.RTROIIdentificationCodeSequence = identification
    item.RTROIInterpretedType = entry.interpreted_type
    item.ROIInterpreter = None
    return item
