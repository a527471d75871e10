"""A folder of DICOM files to one series: its geometry, and its files in the order of the planes."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, ImplicitVRLittleEndian

from model.errors import InputRefused
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import TAGS, SliceHeader

# DICOM PS3.10 7.1: 128 bytes, then DICM.
PREAMBLE = 128
PIXEL_GROUP = 0x7FE0
UNDEFINED_LENGTH = 0xFFFFFFFF
SEQUENCE_DELIMITATION = (0xFFFE, 0xE0DD)


def read_folder(path: Path) -> tuple[SeriesGeometry, tuple[Path, ...]]:
    """Read the headers of the one series in a folder (and the folders in it), in whatever order.

    Returns its geometry and the files of its planes, in the order of ``geometry.planes``. Files that are no DICOM,
    and DICOM files without images (structure sets, DICOMDIR), are passed over.

    Raises InputRefused when there is no DICOM image, a file is cut short or cannot be read, or the images are no
    single volume.
    """
    if not path.is_dir():
        raise InputRefused("NO_FOLDER", "The DICOM folder does not exist; give the folder that holds the series.")
    headers: list[SliceHeader] = []
    files: dict[str, Path] = {}
    for file in dicom_files(path):
        header = read_header(file)
        if header is not None:
            headers.append(header)
            files[header.sop_instance_uid] = file
    if not headers:
        raise InputRefused("NO_DICOM", "The folder holds no DICOM image; give the folder of one CT or MR series.")
    geometry = geometry_of(headers)
    return geometry, tuple(files[plane.sop_instance_uid] for plane in geometry.planes)


def dicom_files(path: Path) -> Iterator[Path]:
    """Files below a folder that begin as DICOM files do; one named .dcm must."""
    for folder, _, names in sorted(os.walk(path)):
        for name in sorted(names):
            file = Path(folder, name)
            with file.open("rb") as stream:
                beginning = stream.read(PREAMBLE + 4)
            if beginning[PREAMBLE:] == b"DICM":
                yield file
            elif file.suffix.lower() == ".dcm":
                raise _corrupt("does not begin as a DICOM file")


def read_header(file: Path) -> SliceHeader | None:
    """Header of an image file, None for a DICOM file that is no image.

    Raises InputRefused when the file cannot be read, or ends before its pixels do.
    """
    try:
        with file.open("rb") as stream:
            dataset = dcmread(stream, stop_before_pixels=True, specific_tags=list(TAGS.values()))
            meta = dataset.file_meta
            kind = UID(str(dataset.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or ""))
            if not kind:
                raise _corrupt("does not say what it holds")
            if "Image Storage" not in kind.name and "Rows" not in dataset:
                return None
            syntax = UID(str(meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian))
            if not syntax.is_deflated and not _pixels_whole(stream, syntax):
                raise _corrupt("ends before its pixels do")
            return SliceHeader.from_dataset(dataset)
    except (InvalidDicomError, OSError, ValueError, KeyError, EOFError, AttributeError, struct.error) as error:
        raise _corrupt(f"cannot be read ({type(error).__name__})") from None


def _pixels_whole(stream: BinaryIO, syntax: UID) -> bool:
    """Whether the element at which reading stopped is pixel data, and all of it is in the file."""
    order = "<" if syntax.is_little_endian else ">"
    size = os.fstat(stream.fileno()).st_size
    opening = stream.read(8)
    if len(opening) < 8:
        return False
    group, _ = struct.unpack(order + "HH", opening[:4])
    if syntax.is_implicit_VR:
        (length,) = struct.unpack(order + "I", opening[4:])
    else:
        (length,) = struct.unpack(order + "I", stream.read(4))
    if length != UNDEFINED_LENGTH:
        return bool(group == PIXEL_GROUP and stream.tell() + length <= size)
    # Encapsulated: fragments up to a delimiter (PS3.5 A.4).
    while True:
        item = stream.read(8)
        if len(item) < 8 or stream.tell() > size:
            return False
        group, element, length = struct.unpack("<HHI", item)
        if (group, element) == SEQUENCE_DELIMITATION:
            return True
        stream.seek(length, os.SEEK_CUR)


def read_source(file: Path) -> Dataset:
    """The whole header of one image, without pixels."""
    return dcmread(file, stop_before_pixels=True)


def _corrupt(how: str) -> InputRefused:
    return InputRefused("SLICE_CORRUPT", f"A file of the series {how}; send or export the series again.")
