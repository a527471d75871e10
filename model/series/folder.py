"""A folder of DICOM files to one series: its geometry, and its files in the order of the planes."""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.tag import Tag
from pydicom.uid import UID, ImplicitVRLittleEndian

from model.dicom.encoding import PREAMBLE_BYTES, SEQUENCE_DELIMITATION, UNDEFINED_LENGTH
from model.dicom.tags import BITS_ALLOCATED, COLUMNS, NUMBER_OF_FRAMES, ROWS
from model.errors import InputRefused
from model.series.enhanced import Part, frame_headers, is_enhanced, require_all_parts
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import TAGS, SliceHeader
from model.series.refusals import NO_HELP, several_values

SYSTEM_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".localized", ".directory"})
# DICOM PS3.10 7.1: 128 bytes, then DICM.
PIXEL_GROUP = 0x7FE0
PIXEL_SIZE = (Tag(ROWS), Tag(COLUMNS), Tag(BITS_ALLOCATED), Tag(NUMBER_OF_FRAMES))


@dataclass(frozen=True)
class Folder:
    """The one series in a folder: ``files`` of its planes in the order of ``geometry.planes``, and what else lay there.

    A file that holds several planes (an enhanced image) stands where its first one does. ``headers`` are those of the
    planes, in their order.
    ``systems`` counts files that operating systems leave (``._`` of macOS, .DS_Store, Thumbs.db), ``imageless`` DICOM
    files without an image (structure sets, DICOMDIR), ``others`` files that are not DICOM.
    """

    geometry: SeriesGeometry
    files: tuple[Path, ...]
    headers: tuple[SliceHeader, ...]
    systems: int = 0
    imageless: int = 0
    others: int = 0

    @property
    def passed_over(self) -> str:
        """What was passed over, in words; empty when nothing was."""
        counts = {
            "file(s) of the operating system": self.systems,
            "DICOM file(s) without an image": self.imageless,
            "file(s) that are not DICOM": self.others,
        }
        return ", ".join(f"{count} {words}" for words, count in counts.items() if count)


def require_folder(path: Path) -> None:
    """Raise InputRefused with NO_FOLDER when there is no folder of this name, or nothing in it."""
    if path.is_file():
        raise InputRefused("NO_FOLDER", "This is a file; give the folder that holds the series.")
    if not path.is_dir():
        raise InputRefused("NO_FOLDER", "The DICOM folder does not exist; give the folder that holds the series.")
    try:
        empty = next(path.iterdir(), None) is None
    except OSError as error:
        raise InputRefused("NO_FOLDER", f"The folder cannot be read ({error.strerror}).") from None
    if empty:
        raise InputRefused("NO_FOLDER", "The folder is empty; give the folder that holds the series.")


def open_folder(path: Path) -> Folder:
    """Read the headers of the one series in a folder (and the folders in it), in whatever order: for every command.

    Raises InputRefused when there is no DICOM image, a file is cut short or cannot be read, or has no Part 10 header,
    or the images do not form a single volume of one patient.
    """
    images, counts = _images_or_refused(path)
    geometry = geometry_of(header for _, header in images)
    _require_one_patient(images)
    return folder_of(geometry, images, counts)


def images_of_patient(path: Path) -> list[tuple[Path, SliceHeader]]:
    """Return the images in a folder, with file and header, whether they form one volume or not.

    Raises InputRefused as ``open_folder`` does, but for what is wrong with a volume.
    """
    images, _ = _images_or_refused(path)
    _require_one_patient(images)
    return images


def folder_of(
    geometry: SeriesGeometry, images: Iterable[tuple[Path, SliceHeader]], counts: Counter[Kind] | None = None
) -> Folder:
    """Return what a folder holds of the volume with this geometry; ``images`` are of it and of others."""
    by_uid = {header.sop_instance_uid: (file, header) for file, header in images}
    ordered = [by_uid[plane.sop_instance_uid] for plane in geometry.planes]
    files, headers = (tuple(dict.fromkeys(file for file, _ in ordered)), tuple(header for _, header in ordered))
    beside = counts or Counter()
    return Folder(geometry, files, headers, beside[Kind.SYSTEM], beside[Kind.DICOM], beside[Kind.OTHER])


def _images_or_refused(path: Path) -> tuple[list[tuple[Path, SliceHeader]], Counter[Kind]]:
    require_folder(path)
    images, counts = images_in(path)
    if counts[Kind.BARE]:
        raise InputRefused(
            "NO_PART10",
            f"{counts[Kind.BARE]} file(s) are DICOM without the header of a file (preamble, DICM, file meta "
            "information; PS3.10 7.1), so nothing says how they are encoded; export the series again as DICOM files.",
        )
    if not images:
        raise InputRefused("NO_DICOM", "The folder holds no DICOM image; give the folder of one CT or MR series.")
    return images, counts


def _require_one_patient(images: Iterable[tuple[Path, SliceHeader]]) -> None:
    """Refuse images of several patients: a structure set takes its patient from one, and says of all whose they are."""
    if (patients := len({header.patient_id for _, header in images})) > 1:
        raise several_values("SERIES_MIXED", "PatientID", patients)


def images_in(path: Path) -> tuple[list[tuple[Path, SliceHeader]], Counter[Kind]]:
    """Images below a folder, each frame of an enhanced one, with file and header; how many files hold none, by kind.

    Raises InputRefused also when parts of an enhanced image in several files are missing.
    """
    images: list[tuple[Path, SliceHeader]] = []
    counts = Counter[Kind]()
    parts: list[Part] = []
    for file, kind in kinds_of_files(path):
        headers = read_headers(file, parts) if kind is Kind.DICOM else ()
        images += [(file, header) for header in headers]
        if not headers:
            counts[kind] += 1
    require_all_parts(parts)
    return images, counts


def read_folder(path: Path) -> tuple[SeriesGeometry, tuple[Path, ...]]:
    """Return the geometry and the files of ``open_folder``."""
    folder = open_folder(path)
    return folder.geometry, folder.files


class Kind(Enum):
    """What a file is by its name and its beginning."""

    DICOM = auto()
    BARE = auto()
    SYSTEM = auto()
    OTHER = auto()


def is_of_the_system(name: str) -> bool:
    """Whether operating systems leave files of this name beside others' (AppleDouble, .DS_Store, Thumbs.db)."""
    return name.startswith("._") or name.casefold() in SYSTEM_NAMES


def folders_in(path: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield a folder and those below it, links to folders followed, each once, with the names of its files.

    Raises InputRefused when one cannot be listed: what lies in it would be left out without a word.
    """

    def refuse(error: OSError) -> None:
        raise _corrupt(f"may lie in a folder that cannot be read ({type(error).__name__})")

    known = set[tuple[int, int]]()
    for folder, below, names in os.walk(path, followlinks=True, onerror=refuse):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in known:
            below.clear()  # a link back to a folder that was read already
            continue
        known.add((status.st_dev, status.st_ino))
        below.sort()
        yield Path(folder), sorted(names)


def kinds_of_files(path: Path) -> Iterator[tuple[Path, Kind]]:
    """Files below a folder with what they are; raises InputRefused for one named .dcm that is not DICOM."""
    for folder, names in folders_in(path):
        for name in names:
            file = Path(folder, name)
            if is_of_the_system(name) or "__MACOSX" in file.parts:
                yield file, Kind.SYSTEM
                continue
            if file.exists() and not file.is_file():
                yield file, Kind.OTHER  # a pipe or a socket, on which reading would wait for ever
                continue
            try:
                with file.open("rb") as stream:
                    beginning = stream.read(PREAMBLE_BYTES + 4)
            except OSError as error:
                raise _corrupt(f"cannot be opened ({type(error).__name__})") from None
            if beginning[PREAMBLE_BYTES:] == b"DICM":
                yield file, Kind.DICOM
            elif _bare(beginning):
                yield file, Kind.BARE
            elif file.suffix.lower() in (".dcm", ".dicom", ".ima"):
                raise _corrupt("does not begin as a DICOM file")
            else:
                yield file, Kind.OTHER


def _bare(beginning: bytes) -> bool:
    """Whether a file begins as a DICOM object without file header does, or one without preamble.

    Those begin with a data element of group 0002 or 0008, or with DICM.
    """
    if beginning.startswith(b"DICM"):
        return True
    explicit = beginning[4:6].isalpha() and beginning[4:6].isupper()
    if explicit and len(beginning) >= 16 and beginning[0] == beginning[2] == 0 and beginning[1] in (2, 8):
        return True  # big endian
    if len(beginning) < 16 or beginning[1:2] + beginning[3:4] != b"\0\0" or beginning[0] not in (2, 8):
        return False
    (length,) = struct.unpack("<I", beginning[4:8])
    return explicit or length <= 1024


def read_headers(file: Path, parts: list[Part]) -> tuple[SliceHeader, ...]:
    """Headers of the images in a file: of each frame of an enhanced one; none for a DICOM file that is not an image.

    A part of a concatenation is added to ``parts``. Raises InputRefused when the file cannot be read, ends before its
    pixels do, does not describe its frames, or has frames that are no slices.
    """
    try:
        with file.open("rb") as stream:
            dataset = dcmread(stream, stop_before_pixels=True, specific_tags=[*TAGS.values(), *PIXEL_SIZE])
            meta = dataset.file_meta
            kind = UID(str(dataset.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or ""))
            if not kind:
                raise _corrupt("does not say what it holds")
            if "Image Storage" not in kind.name and "Rows" not in dataset:
                return ()
            syntax = UID(str(meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian))
            if not syntax.is_deflated and not _pixels_whole(stream, syntax, _least_bytes(dataset)):
                raise _corrupt("ends before its pixels do")
            header = SliceHeader.from_dataset(dataset)
            if not header.sop_instance_uid:
                raise _corrupt("has no SOP Instance UID")
            if not is_enhanced(dataset):
                if not any(header.position) and (dataset.get("NumberOfFrames") or 1) > 1:
                    raise _not_slices(kind)
                return (header,)
            stream.seek(0)
            whole = dcmread(stream, stop_before_pixels=True)
            if (part := Part.of(whole)) is not None:
                parts.append(part)
            return frame_headers(whole)
    except (InvalidDicomError, OSError, ValueError, KeyError, EOFError, AttributeError, struct.error) as error:
        raise _corrupt(f"cannot be read ({type(error).__name__})") from None


def _least_bytes(dataset: Dataset) -> int:
    """Bytes of an image's pixels as Rows, Columns, Bits Allocated and its frames say; 0 where they do not."""
    elements = [dataset.get(tag) for tag in PIXEL_SIZE]
    rows, columns, bits, frames = (element.value if element is not None else None for element in elements)
    if not all(isinstance(one, int) for one in (rows, columns, bits)):
        return 0
    return int(rows * columns * bits // 8) * (int(frames) if isinstance(frames, int) and frames > 0 else 1)


def _pixels_whole(stream: BinaryIO, syntax: UID, least: int) -> bool:
    """Whether the element at which reading stopped is pixel data, and all of it is in the file.

    ``least`` is how many bytes it must have, unless it is compressed.
    """
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
        return bool(group == PIXEL_GROUP and least <= length and stream.tell() + length <= size)
    # Encapsulated: fragments up to a delimiter (PS3.5 A.4).
    while True:
        item = stream.read(8)
        if len(item) < 8 or stream.tell() > size:
            return False
        group, element, length = struct.unpack("<HHI", item)
        if group << 16 | element == SEQUENCE_DELIMITATION:
            return True
        stream.seek(length, os.SEEK_CUR)


def read_source(file: Path) -> Dataset:
    """Return the whole header of one image, without pixels."""
    return dcmread(file, stop_before_pixels=True)


def _not_slices(kind: UID) -> InputRefused:
    name = kind.name if kind.name != kind else "object of a private or unknown SOP class"
    return InputRefused(
        "NOT_A_SLICE",
        f"A file in the folder holds several frames that are no slices of a CT or MR scan: {name} (SOPClassUID). "
        f"{NO_HELP}; give a folder of one CT or MR series only.",
    )


def _corrupt(how: str) -> InputRefused:
    return InputRefused("SLICE_CORRUPT", f"A file of the series {how}; send or export the series again.")
