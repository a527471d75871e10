"""Series that try to carry a patient out of the hospital: one case per way, and how each has to end.

Sources of the ways: what Orthanc's native anonymization lets pass (measured on 1.10.1, 1.12.7 and 1.13.0), what
DICOM PS3.15 Table E.1-1 lists, and what a header can claim.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.encoders.base import get_encoder
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders.marked import (
    NAME,
    NUMBER,
    RECORD,
    ROOT,
    SCANNED,
    WORD,
    ct,
    encoded,
    mark_everything,
    mr,
    pixels,
)

SLICES = 3
CLEAN = "clean"


@dataclass(frozen=True)
class Case:
    """A way out, the files that try it, and the end: CLEAN, or the rule that refuses the series."""

    name: str
    files: tuple[bytes, ...]
    end: str

    def __str__(self) -> str:
        return self.name


def cases() -> list[Case]:
    """Every case, made anew."""
    # Without highdicom, pyjpegls, which encodes JPEG-LS, is not there either.
    can_encode = get_encoder(JPEGLSLossless).is_available
    made = [_case(name, end, change) for name, end, change in CHANGES if name != "JPEG-LS" or can_encode]
    made += [_case(name, end, change, mr) for name, end, change in _MR_CHANGES]
    return made + [Case(name, tuple(build()), end) for name, end, build in _WHOLE]


def _case(name: str, end: str, change: Callable[[Dataset], None], kind: Callable[[int], Dataset] = ct) -> Case:
    files = []
    for index in range(SLICES):
        dataset = kind(index)
        change(dataset)
        files.append(encoded(dataset))
    return Case(name, tuple(files), end)


def _set(**values: object) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change


def _without(*keywords: str) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        for keyword in keywords:
            del dataset[keyword]

    return change


def _person() -> Dataset:
    item = Dataset()
    item.PatientName, item.PatientID, item.StudyDate = NAME, RECORD, SCANNED
    item.RequestedProcedureDescription = f"for {WORD}"
    return item


def _nested(depth: int) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        item = _person()
        for _ in range(depth - 1):
            outer = Dataset()
            outer.ContentSequence = [item]
            item = outer
        dataset.RequestAttributesSequence = [item]

    return change


def _nested_table(dataset: Dataset) -> None:
    item = Dataset()
    mark_everything(item)
    dataset.RequestAttributesSequence = [item]


def _element(tag: int, vr: str, text: str) -> bytes:
    value = text.encode() + b" " * (len(text) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def _item_bytes() -> bytes:
    body = _element(0x00100010, "PN", NAME) + _element(0x00100020, "LO", RECORD)
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(body)) + body


def _raw(dataset: Dataset, tag: int, vr: str, value: bytes) -> None:
    """Put an element with a VR that pydicom would not choose."""
    padded = value + b" " * (len(value) % 2)
    dataset[tag] = RawDataElement(Tag(tag), vr, len(padded), padded, 0, False, True)


def _unknown_sequence(dataset: Dataset) -> None:
    _raw(dataset, 0x00400275, "UN", _item_bytes())
    _raw(dataset, 0x00081140, "UN", _item_bytes())


def _unknown_even_group(dataset: Dataset) -> None:
    _raw(dataset, 0x00080200, "LO", f"{WORD} {RECORD}".encode())
    _raw(dataset, 0x00FE0010, "UN", f"{WORD} {RECORD}".encode())
    _raw(dataset, 0x00189FF0, "SH", WORD.encode())


def _behind_the_image(dataset: Dataset) -> None:
    dataset.DigitalSignaturesSequence = [_person()]
    dataset.DataSetTrailingPadding = f"{WORD} {RECORD} ".encode() * 4
    _raw(dataset, 0x7FE20010, "LO", f"{WORD} {RECORD}".encode())


def _private(dataset: Dataset) -> None:
    block = dataset.private_block(0x0009, f"{WORD} CREATOR", create=True)
    block.add_new(0x01, "LO", f"{WORD} {RECORD}")
    block.add_new(0x02, "SQ", [_person()])
    block.add_new(0x03, "OB", f"<name>{NAME}</name>".encode() + b"\0")
    block.add_new(0x04, "UN", _item_bytes())
    behind = dataset.private_block(0x7FE1, "BEHIND", create=True)
    behind.add_new(0x01, "LO", f"{WORD} {RECORD}")


def _overlays(dataset: Dataset) -> None:
    for group in (0x6000, 0x601E):
        dataset.add_new(group << 16 | 0x0010, "US", 16)
        dataset.add_new(group << 16 | 0x0011, "US", 16)
        dataset.add_new(group << 16 | 0x0022, "LO", f"{WORD} {RECORD}")
        dataset.add_new(group << 16 | 0x0040, "CS", "G")
        dataset.add_new(group << 16 | 0x0050, "SS", [1, 1])
        dataset.add_new(group << 16 | 0x0100, "US", 1)
        dataset.add_new(group << 16 | 0x0102, "US", 0)
        dataset.add_new(group << 16 | 0x3000, "OW", f"{WORD}{WORD}{WORD}{WORD}".encode() * 2)
        dataset.add_new(group << 16 | 0x4000, "LT", f"comment on {WORD}")


def _curves(dataset: Dataset) -> None:
    for group in (0x5000, 0x501E):
        dataset.add_new(group << 16 | 0x0005, "US", 1)
        dataset.add_new(group << 16 | 0x0022, "LO", f"{WORD} {RECORD}")
        dataset.add_new(group << 16 | 0x2500, "LO", f"label {WORD}")
        dataset.add_new(group << 16 | 0x3000, "OW", f"{WORD}{WORD}".encode())


def _bits_above(dataset: Dataset) -> None:
    array = pixels(int(str(dataset.InstanceNumber))).copy().ravel()
    for place, character in enumerate(f"{WORD}{RECORD}".encode()):
        array[2 * place] |= (character >> 4) << 12
        array[2 * place + 1] |= (character & 15) << 12
    dataset.PixelData = array.tobytes()


def _signed_bits_above(dataset: Dataset) -> None:
    _bits_above(dataset)
    dataset.PixelRepresentation = 1


def _text_as_pixels(dataset: Dataset) -> None:
    text = f"{NAME} {RECORD}".encode()
    array = pixels(1).copy()
    array.ravel()[40 : 40 + len(text) // 2] = np.frombuffer(text[: len(text) // 2 * 2], dtype="<u2")
    dataset.BitsStored, dataset.HighBit = 16, 15
    dataset.PixelData = array.tobytes()


def _eight_bit_text(dataset: Dataset) -> None:
    array = (pixels(1) >> 4).astype(np.uint8)
    text = f"{NAME} {RECORD}".encode()
    array.ravel()[33 : 33 + len(text)] = np.frombuffer(text, dtype=np.uint8)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = array.tobytes()


def _tail(dataset: Dataset) -> None:
    dataset.PixelData = bytes(dataset.PixelData) + f"{WORD} {RECORD} {NAME} ".encode() * 3


def _charset(charset: str | list[str], name: str) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet = charset
        dataset.PatientName = name
        dataset.PatientComments = f"{WORD} {name}"

    return change


def _undeclared(dataset: Dataset) -> None:
    _raw(dataset, 0x00104000, "UN", "Zqxwß".encode("cp1252") + "山田".encode("shift_jis"))


def _false_claim(dataset: Dataset) -> None:
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"cleaned by {WORD}"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113100", "DCM", f"{WORD} profile"
    dataset.DeidentificationMethodCodeSequence = [code]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
    dataset.BurnedInAnnotation = "NO"


def _compressed(syntax: str) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        dataset.compress(syntax, generate_instance_uid=False)

    return change


def _surplus_fragment(dataset: Dataset) -> None:
    dataset.compress(RLELossless, generate_instance_uid=False)
    surplus = f"{WORD} {RECORD} ".encode() * 6
    _fragments(dataset, [get_frame(dataset.PixelData, 0, number_of_frames=1), surplus + b" " * (len(surplus) % 2)])


def _comment_in_code_stream(dataset: Dataset) -> None:
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    stream = get_frame(dataset.PixelData, 0, number_of_frames=1)
    text = f"{WORD} {RECORD}".encode()
    comment = b"\xff\x64" + struct.pack(">HH", 4 + len(text), 1) + text  # ISO 15444-1 A.9.2: COM
    at = stream.index(b"\xff\x52")  # before the coding style
    _fragments(dataset, [stream[:at] + comment + stream[at:]])


def fragments_of(fragments: list[bytes]) -> bytes:
    """Encapsulate fragments, with an empty offset table (PS3.5 annex A.4)."""
    items = [b"", *(fragment + b"\0" * (len(fragment) % 2) for fragment in fragments)]
    return b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)


def _fragments(dataset: Dataset, fragments: list[bytes]) -> None:
    dataset.PixelData = fragments_of(fragments)
    dataset["PixelData"].is_undefined_length = True


def _syntax(syntax: str) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        if syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()

    return change


def _icon(dataset: Dataset) -> None:
    icon = Dataset()
    icon.Rows = icon.Columns = 8
    icon.SamplesPerPixel, icon.PhotometricInterpretation = 1, "MONOCHROME2"
    icon.BitsAllocated, icon.BitsStored, icon.HighBit, icon.PixelRepresentation = 8, 8, 7, 0
    icon.PixelData = f"{WORD}{WORD}{WORD}{WORD}".encode() * 4
    dataset.IconImageSequence = [icon]


def _meta(dataset: Dataset) -> None:
    dataset.file_meta.SourceApplicationEntityTitle = WORD.upper()
    dataset.file_meta.PrivateInformationCreatorUID = UID(f"{ROOT}.{RECORD}")
    dataset.file_meta.PrivateInformation = f"{WORD} {RECORD}".encode()
    dataset.preamble = f"{WORD} {RECORD} ".encode().ljust(128, b"x")


CHANGES: list[tuple[str, str, Callable[[Dataset], None]]] = [
    ("nothing but markers in the usual places", CLEAN, lambda dataset: None),
    ("every attribute of the table at the top level", CLEAN, mark_everything),
    ("every attribute of the table in a sequence", CLEAN, _nested_table),
    ("a name five sequences deep", CLEAN, _nested(5)),
    ("sequences encoded as unknown", CLEAN, _unknown_sequence),
    ("attributes of groups that nobody knows", CLEAN, _unknown_even_group),
    ("attributes behind the image", CLEAN, _behind_the_image),
    ("private tags at every depth", CLEAN, _private),
    ("overlays", CLEAN, _overlays),
    ("curves", CLEAN, _curves),
    ("text in the bits above HighBit", CLEAN, _bits_above),
    ("text in the bits above HighBit of signed pixels", CLEAN, _signed_bits_above),
    ("text as pixels of 16 bits", "SELF_CHECK_PIXELS", _text_as_pixels),
    ("text as pixels of 8 bits", "SELF_CHECK_PIXELS", _eight_bit_text),
    ("a tail behind the image in PixelData", CLEAN, _tail),
    ("a name in Latin 1", CLEAN, _charset("ISO_IR 100", "Zqxwßon^Quintillä")),
    ("a name in Unicode", CLEAN, _charset("ISO_IR 192", "Zqxwson^Quintilla=山田^太郎=やまだ^たろう")),
    ("a name in Japanese escape codes", CLEAN,
     _charset(["", "ISO 2022 IR 87"], "Zqxwson^Quintilla=山田^太郎=やまだ^たろう")),
    ("a name in GB18030", CLEAN, _charset("GB18030", "Zqxwson^Quintilla=王^小东")),
    ("text in a character set that is not declared", CLEAN, _undeclared),
    ("UIDs that carry the record number", CLEAN,
     lambda d: setattr(d, "ReferencedSOPInstanceUID", f"{ROOT}.{RECORD}.77")),
    ("a false claim to be de-identified", CLEAN, _false_claim),
    ("an icon", CLEAN, _icon),
    ("text in the preamble and the file meta information", CLEAN, _meta),
    ("a name as body part", CLEAN, _set(BodyPartExamined=WORD.upper())),
    ("a name as fourth value of ImageType", CLEAN, _set(ImageType=["ORIGINAL", "PRIMARY", "AXIAL", WORD.upper()])),
    ("a name as patient position", CLEAN, _set(PatientPosition=WORD.upper())),
    ("a name as rescale type", "SOURCE_VALUES", _set(RescaleType=WORD)),
    ("the record number as instance number", CLEAN, _set(InstanceNumber=NUMBER)),
    ("the record number as slice thickness", CLEAN, _set(SliceThickness=NUMBER)),
    ("the record number behind a zero as slice thickness", "SELF_CHECK_NUMBER", _set(SliceThickness=f"0.{RECORD}")),
    ("the record number as decimals of a position", "SELF_CHECK_NUMBER",
     lambda d: setattr(d, "ImagePositionPatient", [f"-1.{RECORD}", "-120.5", str(d.ImagePositionPatient[2])])),
    ("the record number as position", "REBUILD_VALUE:ImagePositionPatient",
     _set(ImagePositionPatient=[RECORD, "0", "0"])),
    ("a first value of ImageType that nobody knows", "REBUILD_VALUE:ImageType",
     _set(ImageType=[WORD.upper(), "PRIMARY"])),
    ("implicit VR", CLEAN, _syntax(ImplicitVRLittleEndian)),
    ("big endian", CLEAN, _syntax(ExplicitVRBigEndian)),
    ("deflated", CLEAN, _syntax(DeflatedExplicitVRLittleEndian)),
    ("run length encoding", CLEAN, _compressed(RLELossless)),
    ("JPEG-LS", CLEAN, _compressed(JPEGLSLossless)),
    ("JPEG 2000", CLEAN, _compressed(JPEG2000Lossless)),
    ("a surplus fragment", CLEAN, _surplus_fragment),
    ("a comment in the JPEG 2000 code stream", CLEAN, _comment_in_code_stream),
    ("annotations burned in", "SOURCE_BURNED_IN", _set(BurnedInAnnotation="YES")),
    ("the marks of a secondary capture", "SOURCE_SECONDARY_CAPTURE", _set(ConversionType="WSD")),
    ("another class of object", "SOURCE_SOP_CLASS", _set(SOPClassUID="1.2.840.10008.5.1.4.1.1.7")),
    ("an enhanced CT", "SOURCE_FRAMES", _set(SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1")),
    ("another modality", "SOURCE_MODALITY", _set(Modality="OT")),
    ("a localizer", "SOURCE_IMAGE_TYPE", _set(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])),
    ("a saved screen", "SOURCE_IMAGE_TYPE", _set(ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])),
    ("a dose sheet", "SOURCE_IMAGE_TYPE", _set(ImageType=["DERIVED", "SECONDARY", "OTHER", "DOSE_INFO"])),
    ("a page of the patient's protocol", "SOURCE_IMAGE_TYPE",
     _set(ImageType=["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 PROT"])),
    ("a page in small letters", "SOURCE_IMAGE_TYPE", _set(ImageType=["derived", "secondary", "Exam_Protocol page 1"])),
    ("a palette of colours", "SOURCE_COLOUR", _set(PhotometricInterpretation="PALETTE COLOR")),
    ("two frames", "SOURCE_FRAMES", _set(NumberOfFrames="2")),
    ("no PatientID", "SOURCE_PATIENT_ID", _without("PatientID")),
    ("an empty PatientID", "SOURCE_PATIENT_ID", _set(PatientID="")),
    ("no frame of reference", "SOURCE_FRAME_OF_REFERENCE", _without("FrameOfReferenceUID")),
    ("no rescale slope in CT", "REBUILD_VALUE:RescaleSlope", _without("RescaleSlope")),
    ("a high bit that is not the highest", "REBUILD_PIXELS", _set(HighBit=15)),
    ("fewer pixels than rows and columns say", "REBUILD_PIXELS", _set(Rows=33)),
    ("sequences nested 20 deep", "SOURCE_NESTING", _nested(20)),
]  # fmt: skip

_MR_CHANGES: list[tuple[str, str, Callable[[Dataset], None]]] = [
    ("MR with markers in the usual places", CLEAN, lambda dataset: None),
    ("MR with every attribute of the table", CLEAN, mark_everything),
    ("MR with a name among the scan options", CLEAN, _set(ScanOptions=["FS", WORD.upper()])),
    ("MR that is a report", "SOURCE_IMAGE_TYPE", _set(ImageType=["DERIVED", "SECONDARY", "OTHER", "CSA REPORT"])),
]


def _series(change_one: Callable[[Dataset], None]) -> list[bytes]:
    """A series of which only the last slice is changed."""
    slices = [ct(index) for index in range(SLICES)]
    change_one(slices[-1])
    return [encoded(one) for one in slices]


def _rgb() -> list[bytes]:
    files = []
    for index in range(SLICES):
        dataset = ct(index)
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.PixelData = bytes(32 * 32 * 3)
        files.append(encoded(dataset))
    return files


def _truncated() -> list[bytes]:
    whole = _series(lambda dataset: None)
    return [*whole[:-1], whole[-1][: len(whole[-1]) - 100]]


_WHOLE: list[tuple[str, str, Callable[[], list[bytes]]]] = [
    ("colour", "SOURCE_COLOUR", _rgb),
    ("a truncated file", "REBUILD_PIXELS", _truncated),
    ("two patients", "SOURCE_PATIENTS", lambda: _series(_set(PatientID=f"{RECORD}9"))),
    ("two studies", "SOURCE_STUDIES", lambda: _series(_set(StudyInstanceUID=f"{ROOT}.8"))),
    ("two series", "SOURCE_SERIES", lambda: _series(_set(SeriesInstanceUID=f"{ROOT}.8"))),
    ("two frames of reference", "SOURCE_FRAMES_OF_REFERENCE", lambda: _series(_set(FrameOfReferenceUID=f"{ROOT}.8"))),
    ("one instance twice", "SOURCE_INSTANCE_TWICE", lambda: [*_series(lambda dataset: None), encoded(ct(0))]),
    ("one bad slice among good ones", "SOURCE_BURNED_IN", lambda: _series(_set(BurnedInAnnotation="YES"))),
    ("a file that is no DICOM", "SOURCE_UNREADABLE", lambda: [*_series(lambda dataset: None), b"x" * 400]),
]
