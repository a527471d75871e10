"""Functional groups of enhanced CT and MR images, read as the attributes that a classic slice has (PS3.3 C.7.6.16.2).

Most of their attributes are those of classic slices, one sequence deeper; some have another name. A group stands once
for all frames, or in each frame's own item. Legacy Converted objects keep what has no group in one for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol, TypeVar

from model.errors import InputRefused
from model.series.body_parts import BODY_PARTS
from model.series.pulse_sequence import LISTED
from model.series.refusals import NO_HELP

Key = TypeVar("Key")
Element = TypeVar("Element")

SHARED, PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
NUMBER_OF_FRAMES = "NumberOfFrames"
FRAME_GROUPS = "FRAME_GROUPS"


class FramesUnreadable(InputRefused):
    """The frames of an enhanced object are not described one by one; ``what`` is wrong, in words."""

    def __init__(self, what: str) -> None:
        super().__init__(
            FRAME_GROUPS,
            f"The frames of an enhanced object cannot be read: {what}. {NO_HELP}; let the scanner or the archive send "
            "it as it should be, or as classic CT or MR Image Storage.",
        )
        self.what = what


# Groups of one item whose attributes say something of the frame itself (PS3.3 C.7.6.16.2, C.8.13.5, C.8.15.3), with
# those inside of them. Groups that refer to other images are none of them.
MACROS: tuple[tuple[str, ...], ...] = (
    ("PixelMeasuresSequence",),
    ("PlanePositionSequence",),
    ("PlaneOrientationSequence",),
    ("FrameContentSequence",),
    ("FrameAnatomySequence",),
    ("PixelValueTransformationSequence",),
    ("FrameVOILUTSequence",),
    ("TemporalPositionSequence",),
    ("CardiacSynchronizationSequence",),
    ("RespiratorySynchronizationSequence",),
    ("IrradiationEventIdentificationSequence",),
    ("ContrastBolusUsageSequence",),
    ("CTImageFrameTypeSequence",),
    ("CTAcquisitionTypeSequence",),
    ("CTAcquisitionDetailsSequence",),
    ("CTTableDynamicsSequence",),
    ("CTPositionSequence",),
    ("CTGeometrySequence",),
    ("CTReconstructionSequence",),
    ("CTExposureSequence",),
    ("CTXRayDetailsSequence",),
    ("MRImageFrameTypeSequence",),
    ("MRTimingAndRelatedParametersSequence",),
    ("MRFOVGeometrySequence",),
    ("MREchoSequence",),
    ("MRModifierSequence",),
    ("MRImagingModifierSequence",),
    ("MRAveragesSequence",),
    ("MRMetaboliteMapSequence",),
    ("MRVelocityEncodingSequence",),
    ("MRDiffusionSequence",),
    ("MRDiffusionSequence", "DiffusionGradientDirectionSequence"),
)
# What a conversion had no group for (PS3.3 C.7.6.16.2.25 and .26); the groups go before it.
CONVERTED = ("UnassignedSharedConvertedAttributesSequence", "UnassignedPerFrameConvertedAttributesSequence")
# What the object says for all its frames, whatever its groups hold: who and what it is, and how its pixels are stored.
_OWN = """
    SpecificCharacterSet SOPClassUID SOPInstanceUID Modality PatientName PatientID PatientBirthDate PatientSex
    StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID SamplesPerPixel PhotometricInterpretation NumberOfFrames Rows
    Columns BitsAllocated BitsStored HighBit PixelRepresentation PixelData
"""
OF_THE_OBJECT = frozenset(_OWN.split())
# The number of an object says nothing of the order of its frames.
NOT_OF_A_FRAME = ("InstanceNumber",)


@dataclass(frozen=True, slots=True)
class Renamed:
    """An attribute that classic slices have under another name; ``number`` where it is one of another VR.

    ``words`` has the classic word of each value, where those differ; others have none.
    """

    classic: str
    enhanced: str
    number: bool = False
    words: Mapping[str, str] | None = None


# The first that has a value counts. InStackPositionNumber counts slices along their normal.
RENAMED = (
    Renamed("ImageType", "FrameType"),
    Renamed("InstanceNumber", "InStackPositionNumber"),
    Renamed("AcquisitionNumber", "FrameAcquisitionNumber"),
    Renamed("AcquisitionDateTime", "FrameAcquisitionDateTime"),
    Renamed("TemporalPositionIdentifier", "TemporalPositionIndex"),
    Renamed("TriggerTime", "NominalCardiacTriggerDelayTime", number=True),
    Renamed("TriggerTime", "ActualCardiacTriggerDelayTime", number=True),
    Renamed("EchoTime", "EffectiveEchoTime", number=True),
    Renamed("InversionTime", "InversionTimes", number=True),
    Renamed("SequenceName", "PulseSequenceName"),
    Renamed("ImagedNucleus", "ResonantNucleus"),
    Renamed("ExposureTime", "ExposureTimeInms", number=True),
    Renamed("XRayTubeCurrent", "XRayTubeCurrentInmA", number=True),
    Renamed("Exposure", "ExposureInmAs", number=True),
    Renamed("ImageComments", "FrameComments"),
)
# Where the object itself does not say it.
REGION = ("FrameAnatomySequence", "AnatomicRegionSequence")
BODY_PART = Renamed("BodyPartExamined", "CodeValue", words=BODY_PARTS)


class Reader(Protocol[Key, Element]):
    """How elements are read from one form of a header: of Orthanc's JSON, of pydicom, of raw bytes."""

    def key(self, keyword: str) -> Key:
        """Return the key of an attribute."""

    def items(self, element: Element) -> Sequence[Mapping[Key, Element]]:
        """Return the items of a sequence; nothing for what is none."""

    def is_sequence(self, element: Element) -> bool:
        """Whether an element is a sequence."""

    def renamed(self, element: Element, to: Renamed) -> Element | None:
        """Return the element as its classic attribute has it; None where it has no single value that fits."""

    def count(self, element: Element | None) -> int | None:
        """Return the number that an integer string holds; None for anything else."""

    def text(self, element: Element) -> str:
        """Return the text of an element with one value, without padding; empty for anything else."""

    def code_string(self, keyword: str, terms: Sequence[str]) -> Element:
        """Return an element of VR CS with these values."""


def frames_of(top: Mapping[Key, Element], reader: Reader[Key, Element]) -> Iterator[dict[Key, Element]]:
    """Yield the attributes of each frame as a classic slice has them, in the order of the frames.

    The attributes of the object are among them, its functional groups are not. Raises FramesUnreadable when the
    frames are not described one by one.
    """
    per_frame = _items(top, PER_FRAME, reader)
    if not per_frame:
        raise FramesUnreadable(f"{PER_FRAME} is missing or empty")
    if reader.count(top.get(reader.key(NUMBER_OF_FRAMES))) != len(per_frame):
        raise FramesUnreadable(f"{NUMBER_OF_FRAMES} is not the number of items of {PER_FRAME}")
    shared = next(iter(_items(top, SHARED, reader)), {})
    groups = {reader.key(keyword) for keyword in (SHARED, PER_FRAME, *NOT_OF_A_FRAME)}
    base = {key: element for key, element in top.items() if key not in groups}
    own = {reader.key(keyword) for keyword in OF_THE_OBJECT}
    names = [(reader.key(one.classic), reader.key(one.enhanced), one) for one in RENAMED]
    of_all, of_all_converted = _of_macros(shared, reader), _converted(shared, reader)
    own |= {reader.key(BODY_PART.classic)} & base.keys()
    for item in per_frame:
        frame = of_all_converted | _converted(item, reader) | of_all | _of_macros(item, reader)
        merged = base | {key: element for key, element in frame.items() if key not in own}
        given: set[Key] = set()
        for classic, enhanced, name in names:
            element = merged.get(enhanced)
            if element is None or classic in given:
                continue
            renamed = reader.renamed(element, name)
            if renamed is not None:
                merged[classic] = renamed
                given.add(classic)
        yield merged | _listed(merged, reader)


def _listed(frame: Mapping[Key, Element], reader: Reader[Key, Element]) -> dict[Key, Element]:
    """Return the lists of terms that the frame has no attribute for, but says one by one."""

    def said(keyword: str) -> str:
        element = frame.get(reader.key(keyword))
        return reader.text(element) if element is not None else ""

    wanted = [one for one in LISTED if reader.key(one.classic) not in frame]
    return {
        reader.key(one.classic): reader.code_string(one.classic, terms) for one in wanted if (terms := one.terms(said))
    }


def _of_macros(item: Mapping[Key, Element], reader: Reader[Key, Element]) -> dict[Key, Element]:
    """Every plain attribute of the groups in an item."""
    found: dict[Key, Element] = {}
    for path in MACROS:
        group = _group(item, path, reader)
        found |= {key: element for key, element in group.items() if not reader.is_sequence(element)}
    code = _group(item, REGION, reader).get(reader.key(BODY_PART.enhanced))
    if code is not None and (part := reader.renamed(code, BODY_PART)) is not None:
        found[reader.key(BODY_PART.classic)] = part
    return found


def _group(item: Mapping[Key, Element], path: Sequence[str], reader: Reader[Key, Element]) -> Mapping[Key, Element]:
    """Return the one item at the end of a path; of several (contrast agents, say) none is that of the frame."""
    group: Mapping[Key, Element] = item
    for keyword in path:
        items = _items(group, keyword, reader)
        group = items[0] if len(items) == 1 else {}
    return group


def _converted(item: Mapping[Key, Element], reader: Reader[Key, Element]) -> dict[Key, Element]:
    found: dict[Key, Element] = {}
    for keyword in CONVERTED:
        for group in _items(item, keyword, reader):
            found |= group
    return found


def _items(item: Mapping[Key, Element], keyword: str, reader: Reader[Key, Element]) -> Sequence[Mapping[Key, Element]]:
    element = item.get(reader.key(keyword))
    return reader.items(element) if element is not None else ()


def decimal_text(text: str) -> str | None:
    """Write one number as a decimal string has it (DICOM PS3.5 section 6.2: at most 16 bytes); None for others."""
    try:
        number = float(text)
    except ValueError:
        return None
    return f"{number:.10g}" if isfinite(number) else None
