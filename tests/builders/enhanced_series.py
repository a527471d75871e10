"""Enhanced CT and MR images from the slices of a classic series, as scanners of several makers write them.

Sources: DICOM PS3.3 A.36 (Enhanced MR), A.38 (Enhanced CT), A.70 and A.71 (Legacy Converted), C.7.6.16 (functional
groups, concatenations), C.7.6.17 (dimensions).
"""

from __future__ import annotations

import copy
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import UID, EnhancedCTImageStorage, EnhancedMRImageStorage, ExplicitVRLittleEndian

from tests.builders.enhanced_pixels import Encapsulation, put_pixels
from tests.builders.functional_groups import Frame, Groups, groups_of, image_type, item

# The concatenation's parts are instances 1, 2, … of the series below this; nobody else uses these numbers.
INSTANCE = "100"


@dataclass(frozen=True)
class Maker:
    """How scanners of one maker lay out their enhanced images.

    ``shared`` are the groups that stand once where all frames agree; all others stand in each frame. ``private`` puts
    the maker's own groups into the shared item and the frames' items.
    """

    name: str
    model: str
    shared: frozenset[str]
    private: Callable[[Dataset, list[Dataset]], None] = lambda shared, frames: None


def _siemens(shared: Dataset, frames: list[Dataset]) -> None:
    for group in (shared, *frames):
        own = Dataset()
        own.private_block(0x0021, "SIEMENS MR SDI 02", create=True).add_new(0x05, "LO", "MAGNETOM")
        block = group.private_block(0x0021, "SIEMENS MR SDS 01", create=True)
        if group is not shared:
            # The second block of the group, as groups of the maker stand either in the shared item or in the frames'.
            block = group.private_block(0x0021, "SIEMENS MR SDI 02", create=True)
        block.add_new(0xFE, "SQ", [own])


def _philips(shared: Dataset, frames: list[Dataset]) -> None:
    for group in frames:
        own = Dataset()
        own.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x0E, "FL", 0.02)
        own.InstanceNumber, own.SliceThickness = 1, "999"
        own.RescaleSlope, own.RescaleIntercept = "17.5", "-3"
        group.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x0F, "SQ", [own])


def _ge(shared: Dataset, frames: list[Dataset]) -> None:
    shared.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", [1000, 8, 0, 0])


def _canon(shared: Dataset, frames: list[Dataset]) -> None:
    for group in frames:
        own = Dataset()
        own.private_block(0x700D, "TOSHIBA_MEC_MR3", create=True).add_new(0x08, "DS", "1.5")
        group.private_block(0x700D, "TOSHIBA_MEC_MR3", create=True).add_new(0x10, "SQ", [own])


_ACQUISITION = """
    CTAcquisitionTypeSequence CTAcquisitionDetailsSequence CTTableDynamicsSequence CTGeometrySequence
    CTReconstructionSequence CTXRayDetailsSequence IrradiationEventIdentificationSequence MRFOVGeometrySequence
    MRTimingAndRelatedParametersSequence MRModifierSequence MRImagingModifierSequence MRReceiveCoilSequence
    MRTransmitCoilSequence MRAveragesSequence
"""
_IMAGE = """
    PixelMeasuresSequence PlaneOrientationSequence FrameAnatomySequence PixelValueTransformationSequence
    FrameVOILUTSequence CTImageFrameTypeSequence MRImageFrameTypeSequence MREchoSequence
"""
SIEMENS = Maker("SIEMENS", "MAGNETOM Vida", frozenset(_ACQUISITION.split()), _siemens)
PHILIPS = Maker("Philips Medical Systems", "Ingenia", frozenset({"MRFOVGeometrySequence"}), _philips)
GE = Maker("GE MEDICAL SYSTEMS", "Revolution", frozenset((_ACQUISITION + _IMAGE).split()), _ge)
CANON = Maker("TOSHIBA", "Titan3T", frozenset(), _canon)
MAKERS = (SIEMENS, PHILIPS, GE, CANON)


def frames_of(slices: Sequence[Dataset], **said: object) -> list[Frame]:
    """Return each slice as a frame; ``said`` is what an enhanced image says of all of them (stack, echo_ms, …)."""
    return [Frame(one, **said) for one in slices]  # type: ignore[arg-type]


def enhanced(
    frames: Sequence[Frame] | Sequence[Dataset],
    maker: Maker = GE,
    *,
    parts: int = 1,
    shuffle: int | None = None,
    syntax: str = ExplicitVRLittleEndian,
    encapsulation: Encapsulation | None = None,
    series: str | None = None,
    dimensions: bool = True,
    **attributes: object,
) -> list[Dataset]:
    """Enhanced CT or MR image of these frames, one object or the parts of a concatenation.

    Args:
        frames: Slices, or frames of them, of one modality and matrix.
        maker: Whose scanner it is.
        parts: Into how many objects the frames are put, as a concatenation.
        shuffle: Frames in an order made from this number, which says nothing of their places.
        syntax: Transfer syntax; ``encapsulation`` says how, where it is a compressed one.
        series: Series Instance UID; that of the first slice and ``.5`` otherwise.
        dimensions: Whether dimension indices are written.
        attributes: Put on each object.
    """
    made = [one if isinstance(one, Frame) else Frame(one) for one in frames]
    if shuffle is not None:
        made = [made[index] for index in np.random.default_rng(shuffle).permutation(len(made))]
    series = series or f"{made[0].image.SeriesInstanceUID}.5"
    groups = [groups_of(frame, number, place) for number, (frame, place) in enumerate(_placed(made), start=1)]
    named = _dimensions(made) if dimensions else []
    for group, indices in zip(groups, _indices(made, groups, named), strict=True):
        if indices:
            group["FrameContentSequence"].DimensionIndexValues = indices
    bounds = np.linspace(0, len(made), parts + 1).astype(int).tolist()
    objects = []
    for part, (start, stop) in enumerate(pairwise(bounds), start=1):
        one = _head(made[0], maker, series, named)
        one.SOPInstanceUID = f"{series}.{INSTANCE}{part}"
        one.file_meta.MediaStorageSOPInstanceUID = UID(one.SOPInstanceUID)
        if parts > 1:
            one.ConcatenationUID, one.SOPInstanceUIDOfConcatenationSource = f"{series}.99", f"{series}.98"
            one.InConcatenationNumber, one.InConcatenationTotalNumber = part, parts
            one.ConcatenationFrameOffsetNumber = start
        one.NumberOfFrames = stop - start
        _put_groups(one, maker, groups, groups[start:stop])
        put_pixels(one, [bytes(frame.image.PixelData) for frame in made[start:stop]], syntax, encapsulation)
        for keyword, value in attributes.items():
            setattr(one, keyword, value)
        objects.append(one)
    return objects


def legacy_converted(slices: Sequence[Dataset], *, series: str | None = None, **options: Any) -> Dataset:
    """Legacy Converted Enhanced CT or MR image of these slices, as highdicom converts them."""
    from highdicom.legacy import LegacyConvertedEnhancedCTImage, LegacyConvertedEnhancedMRImage

    classes = {"CT": LegacyConvertedEnhancedCTImage, "MR": LegacyConvertedEnhancedMRImage}
    series = series or f"{slices[0].SeriesInstanceUID}.6"
    with warnings.catch_warnings():
        # It warns of what a made-up header leaves out.
        warnings.simplefilter("ignore")
        made = classes[str(slices[0].Modality)](
            [copy.deepcopy(one) for one in slices],
            series_instance_uid=series,
            series_number=6,
            sop_instance_uid=f"{series}.{INSTANCE}1",
            instance_number=1,
            **options,
        )
    # A plain dataset, of which tests change what they like.
    plain = Dataset()
    plain.update(made)
    plain.file_meta = made.file_meta
    return plain


def _placed(frames: Sequence[Frame]) -> list[tuple[Frame, int]]:
    """Return each frame with its number in its stack, along the stack's normal."""
    heights = defaultdict(set)
    for frame in frames:
        heights[frame.stack].add(_height(frame))
    places = {stack: {height: n for n, height in enumerate(sorted(found), 1)} for stack, found in heights.items()}
    return [(frame, places[frame.stack][_height(frame)]) for frame in frames]


def _height(frame: Frame) -> float:
    cosines = [float(value) for value in frame.image.ImageOrientationPatient]
    normal = np.cross(cosines[:3], cosines[3:])
    return round(float(normal @ [float(value) for value in frame.image.ImagePositionPatient]), 4)


# What a dimension index points to: the attribute, its functional group, and the value of a frame.
_POINTERS: dict[str, tuple[str, Callable[[Frame], object]]] = {
    "StackID": ("FrameContentSequence", lambda frame: frame.stack),
    "InStackPositionNumber": ("FrameContentSequence", lambda frame: None),
    "TemporalPositionIndex": ("FrameContentSequence", lambda frame: frame.temporal),
    "EffectiveEchoTime": ("MREchoSequence", lambda frame: frame.echo_ms),
    "DiffusionBValue": ("MRDiffusionSequence", lambda frame: frame.b_value),
    "NominalCardiacTriggerDelayTime": ("CardiacSynchronizationSequence", lambda frame: frame.trigger_ms),
}


def _dimensions(frames: Sequence[Frame]) -> list[str]:
    """Stack and place in it, and whatever frames differ in."""
    varying = [
        keyword
        for keyword, (_, value) in _POINTERS.items()
        if len({value(frame) for frame in frames if value(frame) is not None}) > 1
    ]
    return ["StackID", "InStackPositionNumber", *(keyword for keyword in varying if keyword != "StackID")]


def _indices(frames: Sequence[Frame], groups: Sequence[Groups], named: Sequence[str]) -> list[list[int]]:
    numbers: dict[str, list[object]] = {
        keyword: sorted({_POINTERS[keyword][1](frame) for frame in frames} - {None}, key=str) for keyword in named
    }
    answer = []
    for frame, group in zip(frames, groups, strict=True):
        indices = []
        for keyword in named:
            value = _POINTERS[keyword][1](frame)
            if keyword == "InStackPositionNumber":
                indices.append(int(group["FrameContentSequence"].InStackPositionNumber))
            else:
                indices.append(numbers[keyword].index(value) + 1 if value is not None else 1)
        answer.append(indices)
    return answer


_COPIED = """
    SpecificCharacterSet PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID StudyDate StudyTime StudyID
    AccessionNumber ReferringPhysicianName StudyDescription SeriesDescription SeriesDate SeriesTime Modality
    PatientPosition FrameOfReferenceUID PositionReferenceIndicator Rows Columns SamplesPerPixel
    PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation BodyPartExamined
"""


def _head(frame: Frame, maker: Maker, series: str, named: Sequence[str]) -> Dataset:
    """Everything of one object but its functional groups and pixels."""
    image = frame.image
    made = Dataset()
    made.file_meta = FileMetaDataset()
    mr = image.Modality == "MR"
    made.SOPClassUID = EnhancedMRImageStorage if mr else EnhancedCTImageStorage
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    for keyword in _COPIED.split():
        if keyword in image:
            made[keyword] = copy.deepcopy(image[keyword])
    made.PositionReferenceIndicator = image.get("PositionReferenceIndicator") or None
    made.SeriesInstanceUID, made.SeriesNumber = series, 5
    made.Manufacturer, made.ManufacturerModelName = maker.name, maker.model
    made.DeviceSerialNumber, made.SoftwareVersions = "1234", "V1"
    made.ImageType, made.InstanceNumber = image_type(frame), 1
    made.ContentDate, made.ContentTime = "20200102", "120000"
    made.AcquisitionDateTime, made.AcquisitionDuration, made.AcquisitionNumber = "20200102120000", 1.0, 1
    made.AcquisitionContextSequence = []
    made.ContentQualification, made.PixelPresentation = "PRODUCT", "MONOCHROME"
    made.VolumetricProperties, made.VolumeBasedCalculationTechnique = "VOLUME", "NONE"
    made.PresentationLUTShape, made.BurnedInAnnotation = "IDENTITY", "NO"
    made.LossyImageCompression = "00"
    if mr:
        _mr_pulse_sequence(made)
    else:
        made.MultienergyCTAcquisition = "NO"
    if named:
        organisation = f"{series}.97"
        made.DimensionOrganizationSequence = [item(DimensionOrganizationUID=organisation)]
        made.DimensionIndexSequence = [
            item(
                DimensionOrganizationUID=organisation,
                DimensionIndexPointer=Tag(keyword),
                FunctionalGroupPointer=Tag(_POINTERS[keyword][0]),
                DimensionDescriptionLabel=keyword,
            )
            for keyword in named
        ]
    return made


def _mr_pulse_sequence(made: Dataset) -> None:
    values = {
        "ResonantNucleus": "1H", "KSpaceFiltering": "NONE", "MagneticFieldStrength": "1.5",
        "ApplicableSafetyStandardAgency": "IEC", "ComplexImageComponent": "MAGNITUDE", "AcquisitionContrast": "T1",
        "PulseSequenceName": "GRE", "MRAcquisitionType": "3D", "EchoPulseSequence": "GRADIENT",
        "MultiPlanarExcitation": "NO", "PhaseContrast": "NO",
        "TimeOfFlightContrast": "NO", "SteadyStatePulseSequence": "NONE", "EchoPlanarPulseSequence": "NO",
        "SaturationRecovery": "NO", "SpectrallySelectedSuppression": "NONE", "OversamplingPhase": "NONE",
        "GeometryOfKSpaceTraversal": "RECTILINEAR", "RectilinearPhaseEncodeReordering": "LINEAR",
        "SegmentedKSpaceTraversal": "SINGLE", "CoverageOfKSpace": "FULL", "NumberOfKSpaceTrajectories": 1,
    }  # fmt: skip
    for keyword, value in values.items():
        setattr(made, keyword, value)


def _put_groups(made: Dataset, maker: Maker, every: Sequence[Groups], groups: Sequence[Groups]) -> None:
    """Put what all frames of the series agree in into the shared item where the maker does, the rest per frame."""
    common = {
        keyword
        for keyword in maker.shared
        if all(keyword in one and one[keyword] == every[0][keyword] for one in every)
    }
    shared = Dataset()
    for keyword in sorted(common):
        setattr(shared, keyword, [copy.deepcopy(every[0][keyword])])
    frames = []
    for one in groups:
        frame = Dataset()
        for keyword, group in one.items():
            if keyword not in common:
                setattr(frame, keyword, [copy.deepcopy(group)])
        frames.append(frame)
    maker.private(shared, frames)
    made.SharedFunctionalGroupsSequence, made.PerFrameFunctionalGroupsSequence = [shared], frames
