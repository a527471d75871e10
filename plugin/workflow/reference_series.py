"""The reference series of a constancy test: the shipped sample, a folder of the site's own, or a series in Orthanc."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydicom

from model.errors import InputRefused
from model.samples import demo_series
from model.series.folder import open_folder
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader
from plugin.privacy.native import Native
from plugin.settings.constancy import ConstancyTest

# What a slice may take up when its size is not asked for.
BYTES_OF_A_SLICE = 1 << 20


@dataclass(frozen=True)
class ReferenceSeries:
    """The images as pseudonymisation takes them; ``digest`` is that of their bytes, ``first_file`` reads one."""

    instances: Sequence[str]
    native: Native
    digest: str
    most_bytes: int
    first_file: Callable[[], bytes]
    frames: Mapping[str, Sequence[int]] = field(default_factory=dict)


def reference_series(test: ConstancyTest, orthanc: Orthanc, reader: SeriesReader) -> ReferenceSeries:
    """Find the images of a test; raises AutocontourError with the reason."""
    if test.kind == "orthanc":
        return _in_orthanc(test.Series, orthanc, reader)
    return _in_folder(demo_series() if test.kind == "sample" else Path(test.Series), orthanc)


def _in_orthanc(series: str, orthanc: Orthanc, reader: SeriesReader) -> ReferenceSeries:
    snapshot = reader.snapshot(series)
    chosen = snapshot.chosen
    digest = hashlib.sha256(snapshot.content.key.encode()).hexdigest()
    first = chosen.instances[0]
    return ReferenceSeries(
        chosen.instances, orthanc, digest, chosen.most_bytes, lambda: orthanc.instance_header(first), chosen.frames
    )


def _in_folder(path: Path, orthanc: Orthanc) -> ReferenceSeries:
    folder = open_folder(path)
    if len(folder.files) != len(folder.geometry.planes):
        raise InputRefused(
            "CONSTANCY_FOLDER",
            "The folder of the reference series holds enhanced images; store them in Orthanc and name the series by "
            "its id there.",
        )
    digest = hashlib.sha256()
    for file in folder.files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    files = {f"{number:05d}": file for number, file in enumerate(folder.files)}
    most = sum(file.stat().st_size for file in folder.files) + BYTES_OF_A_SLICE * len(folder.files)
    first = folder.files[0]
    return ReferenceSeries(tuple(files), FolderImages(files, orthanc), digest.hexdigest(), most, first.read_bytes)


@dataclass(frozen=True)
class FolderImages:
    """Files that are not in Orthanc, in the place of Orthanc's own anonymization: the rebuild after it is the same."""

    files: Mapping[str, Path]
    orthanc: Orthanc

    def release(self) -> tuple[int, ...]:
        """Return the version of Orthanc, whose profile is asked for."""
        return self.orthanc.release()

    def instance_file(self, instance_id: str) -> bytes:
        """Return the file as it is."""
        return self.files[instance_id].read_bytes()

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        """Remove what is listed, and private tags, and put in what is to be replaced."""
        dataset = pydicom.dcmread(self.files[instance_id])
        dataset.remove_private_tags()
        removed: Any = request["Remove"]
        replaced: Any = request["Replace"]
        for tag in removed:
            if (number := _number(tag)) in dataset:
                del dataset[number]
        for tag, value in replaced.items():
            number = _number(tag)
            if number in dataset:
                dataset[number].value = value
            else:
                dataset.add_new(number, pydicom.datadict.dictionary_VR(number), value)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        buffer = io.BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    @contextmanager
    def open_instance(self, instance_id: str) -> Iterator[io.BytesIO]:
        """Give the file as a stream."""
        yield io.BytesIO(self.instance_file(instance_id))

    @contextmanager
    def open_anonymized(self, instance_id: str, request: Mapping[str, object]) -> Iterator[io.BytesIO]:
        """Give what ``anonymize_instance`` makes as a stream."""
        yield io.BytesIO(self.anonymize_instance(instance_id, request))


def _number(tag: str) -> int:
    return int(tag.replace("-", ""), 16)
