"""Series of real scanners that lie on this machine: of installed packages, the samples, shared data, a folder of yours.

Nothing is fetched here: a source that is not there has no series, and says what it needs.
"""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from model.samples.packages import cache_directory

CHECKOUT = Path(__file__).resolve().parents[2]
# A folder with series of one's own scanners.
OWN = "AUTOCONTOUR_REAL_SERIES"
# Without the pixels.
Header = Dataset


@dataclass(frozen=True)
class RealSeries:
    """The files of one series, each SOP Instance UID once, and their headers without pixels, as pydicom reads them."""

    source: str
    files: tuple[Path, ...]
    headers: tuple[Header, ...]

    @property
    def vendor(self) -> str:
        """Who made the scanner, as the first header says."""
        return str(self.headers[0].get("Manufacturer") or "").strip() or "(not said)"

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""
        sop_class = self.headers[0].get("SOPClassUID")
        name = getattr(sop_class, "name", None) or "no SOP class"
        return f"{len(self.files)} × {name.replace(' Image Storage', '').replace(' Storage', '')}"

    @property
    def name(self) -> str:
        """Where it lies, without the machine's folders."""
        return "/".join(self.files[0].parts[-2:])


@dataclass(frozen=True)
class Source:
    """Where series may lie; ``needs`` says what brings them."""

    name: str
    needs: str
    folders: Callable[[Path], list[Path]]


def _package(name: str, below: str) -> Callable[[Path], list[Path]]:
    def folders(scratch: Path) -> list[Path]:
        spec = find_spec(name)
        if spec is None or spec.submodule_search_locations is None:
            return []
        found = [Path(root) / below for root in spec.submodule_search_locations]
        return [_unzipped(folder, scratch / name) for folder in found if folder.is_dir()]

    return folders


def _unzipped(folder: Path, into: Path) -> Path:
    """Return the folder, or a copy of its files where some are gzipped."""
    zipped = sorted(folder.glob("*.dcm.gz"))
    if not zipped:
        return folder
    into.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.dcm")):
        (into / file.name).write_bytes(file.read_bytes())
    for file in zipped:
        (into / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    return into


def _samples(scratch: Path) -> list[Path]:
    """The short ones."""
    folders = [cache_directory() / "series" / name for name in ("slab", "thorax", "mr-abdomen", "mr-head-thick")]
    return [folder for folder in folders if folder.is_dir()]


def _shared(scratch: Path) -> list[Path]:
    archives = sorted((CHECKOUT.parent / "shared" / "data").glob("*.tar.xz"))
    for archive in archives:
        with tarfile.open(archive) as tar:
            _extract(tar, scratch / "shared")
    return [scratch / "shared"] if archives else []


def _extract(tar: tarfile.TarFile, to: Path) -> None:
    """Plain files alone, each below ``to``; Debian 12's Python has no filter for it."""
    for member in tar.getmembers():
        place = (to / member.name).resolve()
        content = tar.extractfile(member) if member.isfile() else None
        if content is not None and place.is_relative_to(to.resolve()):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read())


def _own(scratch: Path) -> list[Path]:
    named = os.environ.get(OWN)
    return [Path(named)] if named else []


SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source("pydicom", "pydicom", _package("pydicom", "data/test_files")),
        Source("pydicom-data", "the package pydicom-data: ./setup.sh test", _package("data_store", "data")),
        Source("nibabel", "nibabel", _package("nibabel", "nicom/tests/data")),
        Source("pynetdicom", "pynetdicom", _package("pynetdicom", "tests/dicom_files")),
        Source("samples", "samples in the cache: python -m model.samples", _samples),
        Source("shared", "../shared/data", _shared),
        Source("own", f"a folder of series, named by {OWN}", _own),
    )
}


def series_of(source: Source, scratch: Path) -> list[RealSeries]:
    """Return the series of a source, in the order of their names; ``scratch`` is a folder for what lies packed."""
    # As Orthanc tells series apart: some files of tests share their UIDs under other patients.
    found: dict[tuple[str, ...], list[tuple[Path, Header]]] = {}
    for folder in source.folders(scratch):
        for path, header in _headers(folder):
            key = tuple(str(header.get(one) or "") for one in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID"))
            found.setdefault(key, []).append((path, header))
    return [_series(source, one) for one in sorted(found.values(), key=lambda one: one[0][0])]


def _series(source: Source, found: list[tuple[Path, Header]]) -> RealSeries:
    once: dict[Any, tuple[Path, Header]] = {}
    for path, header in found:
        once.setdefault(header.get("SOPInstanceUID"), (path, header))
    return RealSeries(source.name, tuple(path for path, _ in once.values()), tuple(one for _, one in once.values()))


def _headers(folder: Path) -> Iterator[tuple[Path, Header]]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == "DICOMDIR":
            continue
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
            complete = all(header.get(one) for one in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"))
        except (InvalidDicomError, OSError, ValueError, KeyError, AttributeError, NotImplementedError, TypeError):
            continue  # no DICOM file, or one that is broken on purpose
        if complete and header.get("Modality") and "DirectoryRecordSequence" not in header:
            yield path, header
