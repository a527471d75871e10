"""The allow-list: what the grand-challenge procedure lets stay in CT and MR, narrowed and (rarely) completed here.

The procedure is data of its package (Apache-2.0); ``allow_list_digest`` is frozen by a test, so that an update of
the package is a decision and not an accident. Each line that goes beyond or below it has its reason beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from grand_challenge_dicom_de_id_procedure import procedure
from pydicom.uid import CTImageStorage, MRImageStorage

CT_IMAGE, MR_IMAGE = str(CTImageStorage), str(MRImageStorage)
SOP_CLASSES = (CT_IMAGE, MR_IMAGE)

# Actions of the procedure after which something of an attribute is still there: kept, replaced by a dummy,
# emptied, UID replaced. The fifth, X, removes it.
_STAYING = frozenset("KDZU")

# What the procedure lets stay and we do not, by reason.
_CODES = "a code says in free text or by a private designator what no engine reads"
_DEVICE = "points to the scanner, and by it to the hospital"
_ANIMAL = "only for animals; breeders' registration numbers identify their owners"
_NESTED = "a sequence; none leaves but the method codes that we write ourselves"
_COLOUR = "only for colour images, which are refused"
_ENCRYPTED = "may hold the original attributes in full, encrypted"
_DISPLAY = "only for display; contours do not depend on it"
_ACQUISITION = "says how the slice was acquired; no engine reads it and each number can carry one of the patient's"
_HEART = "measured on the patient; no engine reads it"
_EMPTY = "empty after the procedure and not required by the CT or MR object (PS3.3 A.3 and A.4)"
_UIDS = "a reference to something that does not leave"
_CHARSET = "what leaves is ASCII, the default repertoire, so none is declared"
_SIDE = "derivable from the image, and not required"
_VENDOR_TABLE = "for compressed pixel data, which is decoded"

NARROWED: Mapping[str, str] = MappingProxyType(
    {
        keyword: reason
        for reason, keywords in {
            _CHARSET: "SpecificCharacterSet",
            _CODES: "CodeValue CodingSchemeDesignator CodingSchemeVersion CodeMeaning MappingResource "
            "ContextGroupVersion ContextGroupLocalVersion ContextGroupExtensionCreatorUID "
            "LongCodeValue URNCodeValue TypeOfPatientID QueryRetrieveView",
            _DEVICE: "InstitutionName ManufacturerModelName DeviceSerialNumber DeviceUID "
            "ManufacturerDeviceClassUID SoftwareVersions XRaySourceID XRayDetectorID "
            "ReceiveCoilName TransmitCoilName EquipmentFrameOfReferenceUID",
            _ANIMAL: "PatientSpeciesDescription PatientSpeciesCodeSequence AnatomicalOrientationType "
            "PatientBreedDescription PatientBreedCodeSequence BreedRegistrationSequence "
            "BreedRegistrationNumber BreedRegistryCodeSequence",
            _NESTED: "CTAcquisitionDetailsSequence CTGeometrySequence CTExposureSequence "
            "CTXRayDetailsSequence MultienergyCTAcquisitionSequence "
            "MultienergyCTCharacteristicsSequence MultienergyCTXRaySourceSequence "
            "MultienergyCTXRayDetectorSequence MultienergyCTPathSequence "
            "ReferencedDefinedProtocolSequence ReferencedPerformedProtocolSequence "
            "WaterEquivalentDiameterCalculationMethodCodeSequence "
            "ConversionSourceAttributesSequence",
            _COLOUR: "PlanarConfiguration ColorSpace RedPaletteColorLookupTableDescriptor "
            "GreenPaletteColorLookupTableDescriptor BluePaletteColorLookupTableDescriptor "
            "RedPaletteColorLookupTableData GreenPaletteColorLookupTableData "
            "BluePaletteColorLookupTableData",
            _ENCRYPTED: "EncryptedAttributesSequence EncryptedContentTransferSyntaxUID EncryptedContent",
            _DISPLAY: "WindowCenter WindowWidth PixelAspectRatio SmallestImagePixelValue "
            "LargestImagePixelValue SliceProgressionDirection PatientOrientation",
            _ACQUISITION: "ImagedNucleus EchoNumbers NumberOfAverages NumberOfPhaseEncodingSteps "
            "DataCollectionDiameter PercentSampling PercentPhaseFieldOfView PixelBandwidth "
            "AngioFlag TriggerTime NominalInterval SynchronizationTrigger SynchronizationChannel "
            "ReconstructionDiameter DistanceSourceToDetector DistanceSourceToPatient TableHeight "
            "RotationDirection ExposureTime XRayTubeCurrent Exposure FilterType FocalSpots "
            "AcquisitionMatrix InPlanePhaseEncodingDirection VariableFlipAngleFlag SAR dBdt B1rms "
            "AcquisitionTimeSynchronized FilterMaterial RevolutionTime SingleCollimationWidth "
            "TotalCollimationWidth ExposureModulationType ExposureTimeInms XRayTubeCurrentInmA "
            "ExposureInmAs DistanceSourceToDataCollectionCenter CTDIvol EnergyWeightingFactor "
            "XRaySourceIndex MultienergySourceTechnique SourceStartDateTime SourceEndDateTime "
            "SwitchingPhaseNumber XRayDetectorIndex MultienergyDetectorType NominalMaxEnergy "
            "NominalMinEnergy ReferencedXRayDetectorIndex ReferencedXRaySourceIndex "
            "ReferencedPathIndex MultienergyCTPathIndex MonoenergeticEnergyEquivalent "
            "TemporalPositionIdentifier NumberOfTemporalPositions TemporalResolution "
            "IsocenterPosition",
            _HEART: "BeatRejectionFlag LowRRValue HighRRValue IntervalsAcquired IntervalsRejected "
            "SkipBeats HeartRate CardiacNumberOfImages TriggerWindow",
            _EMPTY: "ContentDate ConsultingPhysicianName PatientAlternativeCalendar ContrastBolusAgent",
            _UIDS: "InstanceCreatorUID AcquisitionUID IrradiationEventUID ReferencedSOPClassUID "
            "ReferencedSOPInstanceUID ReferencedFrameNumber ReferencedSegmentNumber "
            "SynchronizationFrameOfReferenceUID TreatmentSessionUID",
            _SIDE: "Laterality ImageLaterality",
            _VENDOR_TABLE: "ExtendedOffsetTable ExtendedOffsetTableLengths",
        }.items()
        for keyword in keywords.split()
    }
)

# What stays although the procedure removes it (or knows it for one of the two classes only), with the reason.
ADDED: Mapping[str, str] = MappingProxyType(
    {
        "PatientIdentityRemoved": "written by us: YES",
        "LongitudinalTemporalInformationModified": "written by us: REMOVED",
        "RescaleIntercept": "MR scanners that scale each slice apart write it; without it intensities mean nothing",
        "RescaleSlope": "as RescaleIntercept",
        "RescaleType": "as RescaleIntercept",
        "AcquisitionNumber": "required and empty in CT and MR objects",
        "BurnedInAnnotation": "only NO stays, which tells the receiver what the sender knew",
        "PatientAge": "only with the option PatientCharacteristics",
        "PatientSize": "only with the option PatientCharacteristics",
        "PatientWeight": "only with the option PatientCharacteristics",
    }
)


def staying(sop_class: str) -> frozenset[int]:
    """Tags of which the procedure lets something stay in one SOP class."""
    return frozenset(tag for tag, action in _actions(sop_class).items() if action in _STAYING)


def allow_list_digest() -> str:
    """SHA-256 of the package's lists for CT and MR, over canonical JSON."""
    lists = {sop_class: sorted(_actions(sop_class).items()) for sop_class in SOP_CLASSES}
    return hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()


def _actions(sop_class: str) -> dict[int, str]:
    rows: Mapping[str, Any] = procedure["sopClass"][sop_class]["tag"]
    return {int(text[1:5] + text[6:10], 16): row["default"] for text, row in rows.items() if "X" not in text}
