"""Functional groups of Enhanced CT and MR images, made from classic slices (DICOM PS3.3 C.7.6.16, C.8.13, C.8.15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

# FrameType of the standard has four values; a classic ImageType has other words at the third place.
FRAME_TYPE = ("VOLUME", "NONE")
Groups = dict[str, Dataset]


@dataclass(frozen=True)
class Frame:
    """One frame: a classic slice with its pixels, and what an enhanced object says of it beyond that."""

    image: Dataset
    stack: str = "1"
    temporal: int | None = None
    echo_ms: float | None = None
    b_value: float | None = None
    direction: tuple[float, float, float] | None = None
    trigger_ms: float | None = None
    slope: float | None = None
    intercept: float | None = None
    kind: tuple[str, ...] | None = None


def item(**values: object) -> Dataset:
    """Return an item of a sequence; a value None is an empty attribute."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def code(value: str, scheme: str, meaning: str) -> list[Dataset]:
    """A code sequence of one item."""
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def groups_of(frame: Frame, number: int, in_stack: int) -> Groups:
    """Every group of one frame, by the keyword of its sequence; ``number`` and ``in_stack`` count from 1."""
    groups = dict(_common(frame, number, in_stack))
    groups.update(_of_mr(frame) if frame.image.Modality == "MR" else _of_ct(frame))
    return groups


def image_type(frame: Frame) -> list[str]:
    """ImageType and FrameType of an enhanced image: the first two values of the slice, two of the standard."""
    if frame.kind is not None:
        return list(frame.kind)
    return [*[str(value) for value in frame.image.ImageType][:2], *FRAME_TYPE]


def _common(frame: Frame, number: int, in_stack: int) -> Iterator[tuple[str, Dataset]]:
    image = frame.image
    yield (
        "PixelMeasuresSequence",
        item(PixelSpacing=image.PixelSpacing, SliceThickness=image.get("SliceThickness") or "1"),
    )
    yield "PlanePositionSequence", item(ImagePositionPatient=image.ImagePositionPatient)
    yield "PlaneOrientationSequence", item(ImageOrientationPatient=image.ImageOrientationPatient)
    content = item(
        StackID=frame.stack,
        InStackPositionNumber=in_stack,
        FrameAcquisitionNumber=1,
        FrameReferenceDateTime="20200102120000",
        FrameAcquisitionDateTime="20200102120000",
        FrameAcquisitionDuration=1.0,
    )
    if frame.temporal is not None:
        content.TemporalPositionIndex = frame.temporal
    yield "FrameContentSequence", content
    yield (
        "FrameAnatomySequence",
        item(FrameLaterality="U", AnatomicRegionSequence=code("51185008", "SCT", "Chest")),
    )
    slope = frame.slope if frame.slope is not None else image.get("RescaleSlope", "1")
    intercept = frame.intercept if frame.intercept is not None else image.get("RescaleIntercept", "0")
    kind = "HU" if image.Modality == "CT" else "US"
    yield (
        "PixelValueTransformationSequence",
        item(RescaleIntercept=intercept, RescaleSlope=slope, RescaleType=image.get("RescaleType", kind)),
    )
    yield "FrameVOILUTSequence", item(WindowCenter="40", WindowWidth="400")
    if frame.trigger_ms is not None:
        yield (
            "CardiacSynchronizationSequence",
            item(
                NominalPercentageOfCardiacPhase=frame.trigger_ms / 10,
                NominalCardiacTriggerDelayTime=frame.trigger_ms,
                ActualCardiacTriggerDelayTime=frame.trigger_ms,
            ),
        )


def _of_ct(frame: Frame) -> Iterator[tuple[str, Dataset]]:
    image = frame.image
    described: dict[str, Any] = {
        "VolumetricProperties": "VOLUME", "VolumeBasedCalculationTechnique": "NONE", "PixelPresentation": "MONOCHROME",
    }  # fmt: skip
    yield "CTImageFrameTypeSequence", item(FrameType=image_type(frame), **described)
    yield (
        "CTAcquisitionTypeSequence",
        item(AcquisitionType="SPIRAL", ConstantVolumeFlag="NO", FluoroscopyFlag="NO"),
    )
    yield (
        "CTAcquisitionDetailsSequence",
        item(
            RotationDirection="CW", RevolutionTime=0.5, SingleCollimationWidth=0.6, TotalCollimationWidth=38.4,
            TableHeight="150", GantryDetectorTilt=image.get("GantryDetectorTilt") or "0", DataCollectionDiameter="500",
        ),
    )  # fmt: skip
    yield "CTTableDynamicsSequence", item(TableSpeed=60.0, TableFeedPerRotation=30.0, SpiralPitchFactor=0.8)
    yield (
        "CTPositionSequence",
        item(
            TablePosition=0.0, DataCollectionCenterPatient=[0.0, 0.0, 0.0],
            ReconstructionTargetCenterPatient=[0.0, 0.0, 0.0],
        ),
    )  # fmt: skip
    yield "CTGeometrySequence", item(DistanceSourceToDetector="1085.6", DistanceSourceToDataCollectionCenter=595.0)
    yield (
        "CTReconstructionSequence",
        item(
            ReconstructionAlgorithm="FILTER_BACK_PROJ", ConvolutionKernel=image.get("ConvolutionKernel") or "B30f",
            ConvolutionKernelGroup="SOFT_TISSUE", ReconstructionDiameter="400",
            ReconstructionPixelSpacing=image.PixelSpacing,
            ReconstructionAngle=360.0,
            ImageFilter="NONE",
        ),
    )  # fmt: skip
    yield (
        "CTExposureSequence",
        item(
            ExposureTimeInms=500.0, XRayTubeCurrentInmA=200.0, ExposureInmAs=100.0, ExposureModulationType="NONE",
            EstimatedDoseSaving=None, CTDIvol=10.0, CTDIPhantomTypeCodeSequence=code("113691", "DCM", "Body phantom"),
            WaterEquivalentDiameter=300.0,
            WaterEquivalentDiameterCalculationMethodCodeSequence=code("113987", "DCM", "AAPM 220"),
        ),
    )  # fmt: skip
    yield (
        "CTXRayDetailsSequence",
        item(
            KVP=image.get("KVP") or "120", FocalSpots=[1.2], FilterType="NONE", FilterMaterial="ALUMINUM",
            CalciumScoringMassFactorPatient=None,
        ),
    )  # fmt: skip
    yield "IrradiationEventIdentificationSequence", item(IrradiationEventUID=f"{image.SeriesInstanceUID}.7")


def _of_mr(frame: Frame) -> Iterator[tuple[str, Dataset]]:
    image = frame.image
    described: dict[str, Any] = {
        "VolumetricProperties": "VOLUME", "VolumeBasedCalculationTechnique": "NONE", "PixelPresentation": "MONOCHROME",
        "ComplexImageComponent": "MAGNITUDE", "AcquisitionContrast": "T1",
    }  # fmt: skip
    yield "MRImageFrameTypeSequence", item(FrameType=image_type(frame), **described)
    yield (
        "MRTimingAndRelatedParametersSequence",
        item(
            RepetitionTime=image.get("RepetitionTime") or "8.5", FlipAngle="12", EchoTrainLength=1,
            RFEchoTrainLength=0, GradientEchoTrainLength=1,
            SpecificAbsorptionRateSequence=[
                item(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.5)
            ],
            GradientOutputType="DB_DT", GradientOutput=10.0,
            OperatingModeSequence=[item(OperatingModeType="STATIC FIELD", OperatingMode="IEC_NORMAL")],
        ),
    )  # fmt: skip
    yield (
        "MRFOVGeometrySequence",
        item(
            InPlanePhaseEncodingDirection="ROW", MRAcquisitionFrequencyEncodingSteps=int(image.Columns),
            MRAcquisitionPhaseEncodingStepsInPlane=int(image.Rows), PercentSampling="100",
            PercentPhaseFieldOfView="100",
        ),
    )  # fmt: skip
    echo = frame.echo_ms if frame.echo_ms is not None else float(image.get("EchoTime") or 3.9)
    yield "MREchoSequence", item(EffectiveEchoTime=echo)
    yield (
        "MRModifierSequence",
        item(
            InversionRecovery="NO", FlowCompensation="NONE", Spoiling="RF", T2Preparation="NO",
            SpectrallySelectedExcitation="NONE", SpatialPresaturation="NONE", PartialFourier="NO",
            ParallelAcquisition="NO",
        ),
    )  # fmt: skip
    yield (
        "MRImagingModifierSequence",
        item(MagnetizationTransfer="NONE", BloodSignalNulling="NO", Tagging="NONE", TransmitterFrequency=63.8,
             PixelBandwidth="300"),
    )  # fmt: skip
    yield (
        "MRReceiveCoilSequence",
        item(
            ReceiveCoilName="BODY",
            ReceiveCoilManufacturerName=None,
            ReceiveCoilType="BODY",
            QuadratureReceiveCoil="YES",
        ),
    )
    yield (
        "MRTransmitCoilSequence",
        item(TransmitCoilName="BODY", TransmitCoilManufacturerName=None, TransmitCoilType="BODY"),
    )
    yield "MRAveragesSequence", item(NumberOfAverages="1")
    if frame.b_value is not None:
        kind = "DIRECTIONAL" if frame.direction else ("NONE" if frame.b_value == 0 else "ISOTROPIC")
        diffusion = item(DiffusionBValue=frame.b_value, DiffusionDirectionality=kind)
        if frame.direction:
            diffusion.DiffusionGradientDirectionSequence = [
                item(DiffusionGradientOrientation=list(map(float, frame.direction)))
            ]
        yield "MRDiffusionSequence", diffusion
