"""What a returned structure set may hold; anything else refuses it.

The attributes of DICOM PS3.3 A.19.3 (RT Structure Set) that a contouring service has reason to write, at any depth.
"""

from __future__ import annotations

from pydicom.datadict import dictionary_VR, tag_for_keyword

from model.dicom.tags import SPECIFIC_CHARACTER_SET

_SOP_COMMON = """
    SpecificCharacterSet InstanceCreationDate InstanceCreationTime InstanceCreatorUID SOPClassUID SOPInstanceUID
    InstanceNumber TimezoneOffsetFromUTC ContributingEquipmentSequence PurposeOfReferenceCodeSequence
    ContributionDateTime ContributionDescription ContentDate ContentTime
"""
_SERIES_AND_EQUIPMENT = """
    Modality SeriesInstanceUID SeriesNumber SeriesDate SeriesTime SeriesDescription OperatorsName Manufacturer
    ManufacturerModelName SoftwareVersions StationName InstitutionName DeviceSerialNumber
    FrameOfReferenceUID PositionReferenceIndicator BodyPartExamined
"""
_STRUCTURE_SET = """
    StructureSetLabel StructureSetName StructureSetDescription StructureSetDate StructureSetTime
    ReferencedFrameOfReferenceSequence FrameOfReferenceUID RTReferencedStudySequence RTReferencedSeriesSequence
    ContourImageSequence ReferencedSOPClassUID ReferencedSOPInstanceUID StructureSetROISequence ROINumber
    ReferencedFrameOfReferenceUID ROIName ROIDescription ROIVolume ROIGenerationAlgorithm ROIGenerationDescription
    ROIDerivationAlgorithmIdentificationSequence AlgorithmFamilyCodeSequence AlgorithmName AlgorithmVersion
    AlgorithmParameters AlgorithmSource AlgorithmNameCodeSequence DerivationCodeSequence
"""
_CONTOURS = """
    ROIContourSequence ROIDisplayColor ReferencedROINumber ContourSequence ContourNumber ContourGeometricType
    NumberOfContourPoints ContourData ContourSlabThickness ContourOffsetVector AttachedContours
    RecommendedDisplayGrayscaleValue RecommendedDisplayCIELabValue
"""
_OBSERVATIONS = """
    RTROIObservationsSequence ObservationNumber RTROIInterpretedType ROIInterpreter RTROIIdentificationCodeSequence
    SegmentedPropertyCategoryCodeSequence SegmentedPropertyTypeCodeSequence SegmentedPropertyTypeModifierCodeSequence
    AnatomicRegionSequence AnatomicRegionModifierSequence ROIPhysicalPropertiesSequence ROIPhysicalProperty
    ROIPhysicalPropertyValue ROIObservationLabel ROIObservationDescription ROIElementalCompositionSequence
    RTRelatedROISequence RTROIRelationship ApprovalStatus
"""
_CODES = """
    CodeValue CodingSchemeDesignator CodingSchemeVersion CodeMeaning LongCodeValue URNCodeValue MappingResource
    ContextGroupVersion ContextIdentifier ContextUID MappingResourceUID MappingResourceName
    CodingSchemeIdentificationSequence CodingSchemeUID CodingSchemeName CodingSchemeRegistry
"""
# Patient and study come back pseudonymous; they are checked for it and then replaced by the original's.
_PATIENT_AND_STUDY = """
    PatientName PatientID PatientBirthDate PatientSex PatientAge PatientSize PatientWeight PatientIdentityRemoved
    DeidentificationMethod DeidentificationMethodCodeSequence LongitudinalTemporalInformationModified
    StudyInstanceUID StudyDate StudyTime StudyID AccessionNumber ReferringPhysicianName
"""

ALLOWED = frozenset(
    int(tag)
    for tag in map(
        tag_for_keyword,
        (_SOP_COMMON + _SERIES_AND_EQUIPMENT + _STRUCTURE_SET + _CONTOURS + _OBSERVATIONS + _CODES
         + _PATIENT_AND_STUDY).split(),
    )
    if tag is not None
)  # fmt: skip

SEQUENCES = frozenset(tag for tag in ALLOWED if dictionary_VR(tag) == "SQ")
UIDS = frozenset(tag for tag in ALLOWED if dictionary_VR(tag) == "UI")

# What describes the pseudonym and gives way to the original's own.
PATIENT_AND_STUDY = frozenset(
    int(tag) for tag in map(tag_for_keyword, _PATIENT_AND_STUDY.split()) if tag is not None
) | {SPECIFIC_CHARACTER_SET}
