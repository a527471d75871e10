"""Enhanced CT images that try to carry a patient out of the hospital: ways that only functional groups open.

Beside them every way of tests.builders.adversarial, on the enhanced object itself and in the attributes that a
conversion from classic slices keeps (DICOM PS3.3 C.7.6.16.2.25 and .26, Unassigned Converted Attributes).
"""

from __future__ import annotations

import copy
import struct
from collections.abc import Callable
from functools import partial

from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.builders.adversarial import CHANGES, CLEAN, Case, fragments_of
from tests.builders.enhanced_pixels import EXTENDED, Encapsulation, encapsulate_frames
from tests.builders.enhanced_series import GE, PHILIPS, Maker, enhanced
from tests.builders.functional_groups import code, item
from tests.builders.marked import BORN, NAME, NUMBER, RECORD, ROOT, SCANNED, WORD, ct, encoded, mark_everything

SLICES = 3
Change = Callable[[Dataset], None]


def cases() -> list[Case]:
    """Each way with its end: CLEAN, or the rule that refuses the series."""
    return [_case(name, end, change) for name, end, change in _CHANGES] + [
        Case(name, tuple(build()), end) for name, end, build in _WHOLE
    ]


def wrapped_cases() -> list[Case]:
    """Each way of classic slices in an enhanced object; their end is what the search for markers says."""
    made = []
    for name, _, change in CHANGES:
        for place, put in (("on the object", _on_the_object), ("in converted attributes", _in_converted_attributes)):
            made.append(Case(f"{name}, {place}", (encoded(put(change)),), ""))
    return made


def _object(maker: Maker = GE, **options: object) -> Dataset:
    (one,) = enhanced([ct(index) for index in range(SLICES)], maker, **options)  # type: ignore[arg-type]
    return one


def _case(name: str, end: str, change: Change) -> Case:
    one = _object()
    change(one)
    return Case(name, (encoded(one),), end)


def _on_the_object(change: Change) -> Dataset:
    one = _object()
    # What classic slices say, too, at the top, where groups say it better.
    one.update({tag: element for tag, element in _without_pixels(ct(0)).items() if tag not in one})
    pixels, syntax = one.PixelData, one.file_meta.TransferSyntaxUID
    change(one)
    if one.file_meta.TransferSyntaxUID.is_encapsulated or len(one.PixelData) < len(pixels):
        # What changes the pixels of one slice has its own cases below.
        one.PixelData, one.file_meta.TransferSyntaxUID = pixels, syntax
        one["PixelData"].VR, one["PixelData"].is_undefined_length = "OW", False
    return one


def _in_converted_attributes(change: Change) -> Dataset:
    one = _object()
    for index, group in enumerate(one.PerFrameFunctionalGroupsSequence):
        classic = ct(index)
        change(classic)
        group.UnassignedPerFrameConvertedAttributesSequence = [_without_pixels(classic)]
    shared = ct(0)
    change(shared)
    one.SharedFunctionalGroupsSequence[0].UnassignedSharedConvertedAttributesSequence = [_without_pixels(shared)]
    return one


def _without_pixels(classic: Dataset) -> Dataset:
    made = Dataset()
    made.update({tag: element for tag, element in classic.items() if tag.group < 0x7FE0})
    return made


def _shared(one: Dataset) -> Dataset:
    return one.SharedFunctionalGroupsSequence[0]  # type: ignore[no-any-return]


def _frame(one: Dataset, index: int = 1) -> Dataset:
    return one.PerFrameFunctionalGroupsSequence[index]  # type: ignore[no-any-return]


def _person() -> Dataset:
    return item(PatientName=NAME, PatientID=RECORD, PatientBirthDate=BORN, StudyDate=SCANNED, TextValue=f"on {WORD}")


def _group(keyword: str, **values: object) -> Change:
    """Put values into a group, in the frames' items or the shared one, wherever it stands."""

    def change(one: Dataset) -> None:
        for holder in (_shared(one), *one.PerFrameFunctionalGroupsSequence):
            for group in holder.get(keyword, ()):
                for name, value in values.items():
                    setattr(group, name, value)

    return change


def _set(**values: object) -> Change:
    def change(one: Dataset) -> None:
        for keyword, value in values.items():
            setattr(one, keyword, value)

    return change


def _comments(one: Dataset) -> None:
    for index in range(SLICES):
        content = _frame(one, index).FrameContentSequence[0]
        content.FrameComments, content.FrameLabel = f"seen by {WORD} {RECORD}", f"{WORD} {index}"


def _names_of_stacks(one: Dataset) -> None:
    for index in range(SLICES):
        _frame(one, index).FrameContentSequence[0].StackID = WORD.upper()
    for dimension in one.DimensionIndexSequence:
        dimension.DimensionDescriptionLabel = f"{WORD} {RECORD}"
        dimension.DimensionOrganizationUID = f"{ROOT}.{RECORD}.4"


def _people_in_groups(one: Dataset) -> None:
    for holder in (_shared(one), *one.PerFrameFunctionalGroupsSequence):
        holder.PatientName, holder.PatientID = NAME, RECORD
        for element in list(holder):
            if element.VR == "SQ" and not element.tag.is_private:
                for group in element.value:
                    group.PatientName, group.PatientComments = NAME, f"about {WORD} {RECORD}"


def _private_at_every_depth(one: Dataset) -> None:
    holders = [_shared(one), *one.PerFrameFunctionalGroupsSequence]
    for holder in holders:
        inner = _person()
        inner.private_block(0x0011, f"{WORD} INNER", create=True).add_new(0x01, "LO", f"{WORD} {RECORD}")
        block = holder.private_block(0x2005, f"{WORD} CREATOR", create=True)
        block.add_new(0x01, "SQ", [inner])
        block.add_new(0x02, "UN", f"{WORD} {RECORD} ".encode())
        block.add_new(0x03, "OB", f"<name>{NAME}</name>".encode() + b"\0")
        for group in holder.get("FrameContentSequence", ()):
            group.private_block(0x0029, "BEHIND", create=True).add_new(0x01, "ST", f"{WORD} {RECORD}")


def _anatomy(one: Dataset) -> None:
    for holder in (_shared(one), *one.PerFrameFunctionalGroupsSequence):
        for anatomy in holder.get("FrameAnatomySequence", ()):
            anatomy.AnatomicRegionSequence = code(RECORD, "99" + WORD.upper(), f"{WORD} of {NAME}")


def _derived_from(one: Dataset) -> None:
    for index in range(SLICES):
        source = item(
            ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=f"{ROOT}.{RECORD}.{index}",
            PurposeOfReferenceCodeSequence=code("121322", "DCM", f"Source of {WORD}"),
        )  # fmt: skip
        derivation = item(
            DerivationDescription=f"made for {WORD} {RECORD}",
            DerivationCodeSequence=code("113076", "DCM", WORD),
            SourceImageSequence=[source],
        )
        frame = _frame(one, index)
        frame.DerivationImageSequence, frame.ReferencedImageSequence = [derivation], [copy.deepcopy(source)]
        frame.ConversionSourceAttributesSequence = [copy.deepcopy(source)]


def _originals(one: Dataset) -> None:
    one.OriginalAttributesSequence = [
        item(
            ModifiedAttributesSequence=[_person()], AttributeModificationDateTime=f"{SCANNED}235958",
            ModifyingSystem=WORD, SourceOfPreviousValues=f"{WORD} hospital",
            ReasonForTheAttributeModification="CORRECT",
        )
    ]  # fmt: skip
    one.EncryptedAttributesSequence = [
        item(EncryptedContentTransferSyntaxUID="1.2.840.10008.1.2", EncryptedContent=f"{WORD} {RECORD} ".encode())
    ]
    one.ContributingEquipmentSequence = [
        item(Manufacturer=WORD, InstitutionName=f"{WORD} hospital", StationName=WORD, OperatorsName=NAME)
    ]


def _context(one: Dataset) -> None:
    one.AcquisitionContextSequence = [
        item(
            ValueType="PNAME", ConceptNameCodeSequence=code("121008", "DCM", f"Person {WORD}"), PersonName=NAME,
            TextValue=f"{WORD} {RECORD}",
        )
    ]  # fmt: skip
    _frame(one).RealWorldValueMappingSequence = [
        item(LUTExplanation=f"for {WORD}", LUTLabel=WORD.upper(), RealWorldValueSlope=1.0, RealWorldValueIntercept=0.0)
    ]


def _everything_in_groups(one: Dataset) -> None:
    for holder in (_shared(one), *one.PerFrameFunctionalGroupsSequence):
        mark_everything(holder)
        held = Dataset()
        mark_everything(held)
        holder.RequestAttributesSequence = [held]


def _everything_converted(one: Dataset) -> None:
    for holder, keyword in (
        (_shared(one), "UnassignedSharedConvertedAttributesSequence"),
        *((frame, "UnassignedPerFrameConvertedAttributesSequence") for frame in one.PerFrameFunctionalGroupsSequence),
    ):
        held = Dataset()
        mark_everything(held)
        held.PatientName, held.PatientID, held.StudyInstanceUID = NAME, RECORD, f"{ROOT}.{RECORD}.66"
        held.SOPInstanceUID = f"{ROOT}.{RECORD}.67"
        setattr(holder, keyword, [held])


def _words_of_scanners(one: Dataset) -> None:
    word = WORD.upper()
    _group("CTReconstructionSequence", ConvolutionKernel=word, ConvolutionKernelGroup=word, ImageFilter=word)(one)
    _group("CTXRayDetailsSequence", FilterMaterial=word, FilterType=word)(one)
    _group("CTImageFrameTypeSequence", FrameType=["ORIGINAL", "PRIMARY", "AXIAL", word])(one)
    _group("FrameAnatomySequence", FrameLaterality=word[:2])(one)
    _group("FrameVOILUTSequence", WindowCenterWidthExplanation=f"{WORD} {RECORD}")(one)


def _numbers_of_binary_form(one: Dataset) -> None:
    _group("FrameContentSequence", InStackPositionNumber=int(NUMBER), TemporalPositionIndex=int(NUMBER))(one)
    _group("CTExposureSequence", ExposureTimeInms=float(NUMBER), XRayTubeCurrentInmA=float(NUMBER))(one)


def _dates_of_frames(one: Dataset) -> None:
    moment = f"{BORN}235958.123456"
    _group("FrameContentSequence", FrameReferenceDateTime=moment, FrameAcquisitionDateTime=moment)(one)
    one.AcquisitionDateTime, one.StartAcquisitionDateTime = moment, moment


def _nested_in_a_frame(depth: int, one: Dataset) -> None:
    inner = _person()
    for _ in range(depth - 1):
        outer = Dataset()
        outer.ContentSequence = [inner]
        inner = outer
    _frame(one).private_block(0x2005, "DEEP", create=True).add_new(0x01, "SQ", [inner])


def _tail(one: Dataset) -> None:
    one.PixelData = bytes(one.PixelData) + f"{WORD} {RECORD} {NAME} ".encode() * 3


def _surplus_frame(one: Dataset) -> None:
    text = f"{WORD} {RECORD} ".encode() * 400
    one.PixelData = bytes(one.PixelData) + text[: 32 * 32 * 2]


def _text_in_a_frame(one: Dataset) -> None:
    data = bytearray(one.PixelData)
    text = f"{NAME} {RECORD} ".encode()
    data[2100 : 2100 + len(text)] = text
    one.PixelData = bytes(data)
    one.BitsStored, one.HighBit = 16, 15


def _bits_above(one: Dataset) -> None:
    data = bytearray(one.PixelData)
    for place, character in enumerate(f"{WORD}{RECORD}".encode()):
        data[4096 + 4 * place + 1] |= character & 0xF0
        data[4096 + 4 * place + 3] |= (character & 0x0F) << 4
    one.PixelData = bytes(data)


def _compressed(change: Callable[[list[bytes]], list[bytes]], syntax: str = JPEG2000Lossless) -> Change:
    """Encode the frames, and put what ``change`` makes of their code streams into fragments of their own."""

    def put(one: Dataset) -> None:
        one.compress(syntax, generate_instance_uid=False)
        streams = list(generate_frames(one.PixelData, number_of_frames=SLICES))
        one.PixelData = fragments_of(change(streams))
        one["PixelData"].is_undefined_length = True

    return put


def _comment(streams: list[bytes]) -> list[bytes]:
    text = f"{WORD} {RECORD}".encode()
    comment = b"\xff\x64" + struct.pack(">HH", 4 + len(text), 1) + text  # ISO 15444-1 A.9.2: COM
    at = streams[1].index(b"\xff\x52")
    return [streams[0], streams[1][:at] + comment + streams[1][at:], streams[2]]


def _surplus(streams: list[bytes]) -> list[bytes]:
    return [*streams, f"{WORD} {RECORD} ".encode() * 6]


def _between(streams: list[bytes]) -> list[bytes]:
    return [streams[0], f"{WORD} {RECORD} ".encode() * 6, *streams[1:]]


def _text_as_extended_offsets(one: Dataset) -> None:
    one.compress(RLELossless, generate_instance_uid=False)
    streams = list(generate_frames(one.PixelData, number_of_frames=SLICES))
    encapsulate_frames(one, streams, Encapsulation(EXTENDED))
    one.ExtendedOffsetTable = (f"{WORD}{RECORD}{WORD}{RECORD}".encode())[: 8 * SLICES]


def _text_as_basic_offsets(one: Dataset) -> None:
    one.compress(RLELossless, generate_instance_uid=False)
    data = bytearray(one.PixelData)
    text = (f"{WORD}{RECORD}".encode())[: 4 * (SLICES - 1)]
    data[12 : 12 + len(text)] = text
    one.PixelData = bytes(data)


_CHANGES: list[tuple[str, str, Change]] = [
    ("comments and labels of frames", CLEAN, _comments),
    ("names of stacks and dimensions", CLEAN, _names_of_stacks),
    ("people in every group", CLEAN, _people_in_groups),
    ("private tags in shared and frames' groups at every depth", CLEAN, _private_at_every_depth),
    ("codes of the anatomy of frames", CLEAN, _anatomy),
    ("sources of frames with the record number in their UIDs", CLEAN, _derived_from),
    ("original, encrypted and contributed attributes", CLEAN, _originals),
    ("the context of the acquisition and real-world values", CLEAN, _context),
    ("every attribute of the table in every group", CLEAN, _everything_in_groups),
    ("every attribute of the table as converted attributes", CLEAN, _everything_converted),
    ("words that scanners write into groups", CLEAN, _words_of_scanners),
    ("the record number as numbers of binary form", CLEAN, _numbers_of_binary_form),
    ("the birth date as dates of frames", CLEAN, _dates_of_frames),
    ("a name five sequences deep in a private tag of a frame", CLEAN, partial(_nested_in_a_frame, 5)),
    ("sequences nested 20 deep in a frame", "SOURCE_NESTING", partial(_nested_in_a_frame, 20)),
    ("the record number as thickness of frames", CLEAN, _group("PixelMeasuresSequence", SliceThickness=NUMBER)),
    ("the record number behind a zero as thickness of frames", "SELF_CHECK_NUMBER",
     _group("PixelMeasuresSequence", SliceThickness=f"0.{RECORD}")),
    ("a name as rescale type of frames", "SOURCE_VALUES", _group("PixelValueTransformationSequence", RescaleType=WORD)),
    ("a tail behind the frames", CLEAN, _tail),
    ("a frame that the header does not count", CLEAN, _surplus_frame),
    ("text as the pixels of one frame", "SELF_CHECK_PIXELS", _text_in_a_frame),
    ("text in the bits above HighBit of one frame", CLEAN, _bits_above),
    ("a comment in the code stream of one frame", CLEAN, _compressed(_comment)),
    ("a fragment behind the last frame", "", _compressed(_surplus)),
    ("a fragment between two frames", "", _compressed(_between)),
    ("a fragment behind the last frame of run lengths", "", _compressed(_surplus, RLELossless)),
    ("a fragment between two frames of run lengths", "", _compressed(_between, RLELossless)),
    ("text as an extended offset table", "", _text_as_extended_offsets),
    ("text as a basic offset table", "", _text_as_basic_offsets),
    ("annotations burned in", "SOURCE_BURNED_IN", _set(BurnedInAnnotation="YES")),
    ("the marks of a secondary capture", "SOURCE_SECONDARY_CAPTURE", _set(ConversionType="WSD")),
    ("a palette of colours", "SOURCE_COLOUR", _set(PhotometricInterpretation="PALETTE COLOR")),
    ("no PatientID", "SOURCE_PATIENT_ID", _set(PatientID="")),
    ("frames that are a localizer", "SOURCE_IMAGE_TYPE",
     _group("CTImageFrameTypeSequence", FrameType=["ORIGINAL", "PRIMARY", "LOCALIZER", "NONE"])),
    ("frames that are a page of the patient's protocol", "SOURCE_IMAGE_TYPE",
     _group("CTImageFrameTypeSequence", FrameType=["DERIVED", "SECONDARY", "AXIAL", "PATIENT PROTOCOL"])),
]  # fmt: skip


def _two(change: Change) -> list[bytes]:
    parts = enhanced([ct(index) for index in range(SLICES)], PHILIPS, parts=2)
    change(parts[-1])
    return [encoded(part) for part in parts]


_WHOLE: list[tuple[str, str, Callable[[], list[bytes]]]] = [
    ("parts of two patients", "SOURCE_PATIENTS", lambda: _two(_set(PatientID=f"{RECORD}9"))),
    ("parts of two studies", "SOURCE_STUDIES", lambda: _two(_set(StudyInstanceUID=f"{ROOT}.8"))),
    ("one bad part among good ones", "SOURCE_BURNED_IN", lambda: _two(_set(BurnedInAnnotation="YES"))),
    ("markers in one part only", CLEAN, lambda: _two(_comments_of_the_first)),
]


def _comments_of_the_first(one: Dataset) -> None:
    one.PerFrameFunctionalGroupsSequence[0].FrameContentSequence[0].FrameComments = f"seen by {WORD} {RECORD}"


def everywhere() -> list[Dataset]:
    """A concatenation with markers wherever an enhanced image has room for them."""
    parts = enhanced([ct(index) for index in range(2 * SLICES)], PHILIPS, parts=2)
    for part in parts:
        for change in (
            _comments, _names_of_stacks, _people_in_groups, _private_at_every_depth, _anatomy, _derived_from,
            _originals, _context, _everything_in_groups, _everything_converted, _words_of_scanners,
            _dates_of_frames, _tail,
        ):  # fmt: skip
            change(part)
    return parts
