"""Series with the headers of several makers: the words, numbers and gaps that each writes.

The images are the phantom's; the values of its attributes are those of real headers and of conformance statements, the
patient and every UID made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from tests.builders.phantom import Phantom, phantom_series

# Present with nothing in them, as Philips MR sends them of every slice.
EMPTY_CAPTURE = (
    "ConversionType", "SecondaryCaptureDeviceID", "SecondaryCaptureDeviceManufacturer",
    "SecondaryCaptureDeviceManufacturerModelName", "SecondaryCaptureDeviceSoftwareVersions", "VideoImageFormatAcquired",
    "DigitalImageFormatAcquired",
)  # fmt: skip
EMPTY: Mapping[str, object] = dict.fromkeys(EMPTY_CAPTURE)


@dataclass(frozen=True)
class Maker:
    """How a maker's headers are: ``attributes`` of every slice, and creators of private groups.

    ``intercept`` is the RescaleIntercept, ``signed`` whether stored values are; ``backwards`` numbers slices from the
    feet or the head downwards.
    """

    name: str
    manufacturer: str
    model: str
    modality: str
    attributes: Mapping[str, object]
    private: tuple[tuple[int, str], ...] = ()
    intercept: int = -1024
    signed: bool = False
    backwards: bool = False
    missing: tuple[str, ...] = field(default=())


def _ct(words: str, kernel: object = None, **more: object) -> dict[str, object]:
    made: dict[str, object] = {"ImageType": words.split("\\"), "KVP": "120", **more}
    return made if kernel is None else {**made, "ConvolutionKernel": kernel}


def _mr(words: str, sequence: object, **more: object) -> dict[str, object]:
    timed = {"EchoTime": "4.6", "RepetitionTime": "9.8", "MagneticFieldStrength": "3", "MRAcquisitionType": "3D"}
    return {"ImageType": words.split("\\"), "ScanningSequence": sequence, "SequenceVariant": "SP", **timed, **more}


MAKERS = (
    Maker(
        "GE CT", "GE MEDICAL SYSTEMS", "Revolution CT", "CT",
        _ct("ORIGINAL\\PRIMARY\\AXIAL", "STANDARD", PixelPaddingValue=-2000, GantryDetectorTilt="0.000000"),
        private=((0x0009, "GEMS_IDEN_01"), (0x0019, "GEMS_ACQU_01"), (0x0043, "GEMS_PARM_01")), signed=True,
    ),
    Maker(
        "Siemens CT", "SIEMENS", "SOMATOM Force", "CT",
        _ct("ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI", ["Br40d", "3"], BitsStored=12, HighBit=11),
        private=((0x0019, "SIEMENS CT VA0  COAD"), (0x0021, "SIEMENS MED")), backwards=True,
    ),
    Maker(
        "Philips CT", "Philips", "Ingenuity CT", "CT",
        _ct("ORIGINAL\\PRIMARY\\AXIAL\\HELIX", "B", RescaleType=None, AcquisitionNumber="1 ", BodyPartExamined=None),
        private=((0x01F1, "ELSCINT1"), (0x00E1, "ELSCINT1")),
    ),
    Maker(
        "Canon CT", "CANON_MEC", "Aquilion ONE", "CT", _ct("ORIGINAL\\PRIMARY\\AXIAL", "FC08", FilterType="L"),
        private=((0x7005, "TOSHIBA_MEC_CT3"),), intercept=0, signed=True,
    ),
    Maker(
        "Hitachi CT", "Hitachi Medical Corporation", "SCENARIA", "CT",
        _ct("ORIGINAL\\PRIMARY\\AXIAL\\NORMAL", "32", FilterType=None), intercept=-2048,
    ),
    Maker(
        "United Imaging CT", "UIH", "uCT 780", "CT",
        _ct("ORIGINAL\\PRIMARY\\AXIAL", "B_SOFT_B"), private=((0x0065, "Image Private Header"),), signed=True,
    ),
    Maker("Neusoft CT", "Neusoft Medical Systems", "NeuViz 128", "CT", _ct("ORIGINAL\\PRIMARY\\AXIAL", "F20")),
    Maker(
        "Varian cone beam", "Varian Medical Systems", "On-Board Imager", "CT",
        _ct("ORIGINAL\\PRIMARY\\AXIAL", PatientPosition="HFS", SpecificCharacterSet=None, SliceThickness="5.0"),
        intercept=-1000, missing=("BodyPartExamined", "PositionReferenceIndicator"),
    ),
    Maker(
        "Elekta cone beam", "ELEKTA", "XVI", "CT", _ct("DERIVED\\SECONDARY\\AXIAL", KVP=None, RescaleType="HU"),
        missing=("AcquisitionNumber",),
    ),
    Maker(
        "planning system", "CMS, Inc.", "Focal", "CT", {"KVP": None}, missing=("ImageType", "AcquisitionTime"),
    ),
    Maker(
        "Philips MR", "Philips", "Ingenia Elition X", "MR",
        _mr("ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE", "GR", RescaleSlope="1.25", RescaleType="normalized", **EMPTY),
        private=((0x2001, "Philips Imaging DD 001"), (0x2005, "Philips MR Imaging DD 001")),
    ),
    Maker(
        "Siemens MR", "SIEMENS", "Prisma", "MR", _mr("ORIGINAL\\PRIMARY\\M\\ND\\NORM", ["GR", "IR"]),
        private=((0x0019, "SIEMENS MR HEADER"), (0x0029, "SIEMENS CSA HEADER")), missing=("BodyPartExamined",),
    ),
    Maker(
        "GE MR", "GE MEDICAL SYSTEMS", "SIGNA Premier", "MR",
        _mr("ORIGINAL\\PRIMARY\\OTHER", "GR", ScanOptions=["FAST_GEMS", "EDR_GEMS"]),
        private=((0x0019, "GEMS_ACQU_01"), (0x0043, "GEMS_PARM_01")), signed=True,
    ),
    Maker(
        "Canon MR", "CANON_MEC", "Galan 3T", "MR", _mr("ORIGINAL\\PRIMARY\\GDC", "GR", SequenceVariant="OTHER"),
        private=((0x700D, "TOSHIBA_MEC_MR3"),),
    ),
    Maker(
        "United Imaging MR", "UIH", "uMR 770", "MR", _mr("ORIGINAL\\PRIMARY\\M\\UCA\\IF", "GR"),
        private=((0x0065, "Image Private Header"),), backwards=True,
    ),
)  # fmt: skip


def as_sent_by(maker: Maker) -> list[Dataset]:
    """A fresh phantom as the maker's scanner would send it."""
    series = phantom_series(Phantom(slices=16, step_mm=5.0), description="Made up")
    for number, one in enumerate(series):
        _dress(one, maker, len(series) - number if maker.backwards else number + 1)
    return series


def _dress(one: Dataset, maker: Maker, number: int) -> None:
    values = one.pixel_array.astype(np.int32) + int(one.RescaleIntercept)
    one.Manufacturer, one.ManufacturerModelName, one.InstanceNumber = maker.manufacturer, maker.model, number
    if maker.modality == "MR":
        one.Modality, one.SOPClassUID, one.file_meta.MediaStorageSOPClassUID = "MR", MRImageStorage, MRImageStorage
        for keyword in ("RescaleIntercept", "RescaleSlope", "RescaleType", "KVP"):
            one.pop(keyword, None)
        stored = np.clip(values + 1024, 0, 4095)
        if "RescaleSlope" in maker.attributes:
            one.RescaleIntercept = "0"
    else:
        one.RescaleIntercept, one.RescaleSlope = str(maker.intercept), "1"
        stored = values - maker.intercept
    one.PixelRepresentation = int(maker.signed)
    one.PixelData = stored.clip(-1024 if maker.signed else 0).astype("<i2" if maker.signed else "<u2").tobytes()
    one["PixelData"].VR = "OW"
    for keyword, value in maker.attributes.items():
        setattr(one, keyword, value)
    for keyword in maker.missing:
        one.pop(keyword, None)
    for group, creator in maker.private:
        block = one.private_block(group, creator, create=True)
        block.add_new(0x10, "LO", f"of slice {number}")
        block.add_new(0x11, "DS", "1.5")
