"""A patient's copy as a ZIP (Articles 15(3) and 20): a file for each thing, and a page that says what each is.

It is written piece by piece: no more than one file is in memory, and nothing of it on a disk.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pydicom
from pydicom.multival import MultiValue

from model.errors import AutocontourError
from model.evidence.code import printed
from plugin.evidence.service import EvidenceService
from plugin.evidence.subjects import canonical_id
from plugin.jobs.job import Job
from plugin.pacs.client import Orthanc, SeriesGone

ALL, README = "export.json", "README.txt"
ABOUT = f"""What was done with your image series to draw outlines of organs, and what is held of it here.

{ALL}
    All of it in one file, for programs: what was done, what is held, and every signed certificate.
jobs/CODE/certificate.json, certificate.pdf
    The certificate of one series: what left, to whom, that it was deleted, and how that was verified. For people
    (PDF) and for programs (JSON). It holds no name; CODE is its evidence code, by which the hospital finds it.
jobs/CODE/held.json
    The entry of the series in the table of jobs, with the archive's own numbers.
jobs/CODE/comparisons.json
    What people changed in the outlines, in numbers.
jobs/CODE/rtstruct.dcm, segmentation.dcm
    The outlines themselves, a DICOM file with your name, as they lie in the archive now.

The images are not here: the department that holds the medical record gives them.
"""
COMPLETE = "Nothing that is held is missing.\n"
MISSING = "Not in this copy:\n"
GONE = "it is not in the archive any more, or lies there under another number of a patient"
AWAY = "the archive did not give it now; ask again"


class PortableCopy:
    """Writes the ZIP of a patient."""

    def __init__(self, evidence: EvidenceService, orthanc: Orthanc) -> None:
        self._evidence = evidence
        self._orthanc = orthanc

    def pieces(
        self,
        patient_id: str,
        export: Mapping[str, Any],
        parts: Sequence[tuple[str, Mapping[str, Any]]],
        jobs: Mapping[str | None, Job],
    ) -> Iterator[bytes]:
        """Give the ZIP piece by piece.

        Args:
            patient_id: Whose it is: an object in Orthanc that is another's is left out.
            export: The JSON answer, which goes in as it is.
            parts: Its parts by the evidence code of their job.
            jobs: The jobs by their evidence codes.
        """
        sink = _Sink()
        missing: list[str] = []
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, ALL, _json(export))
            yield sink.take()
            for code, part in parts:
                for name, content in self._files(patient_id, code, part, jobs.get(code), missing):
                    _add(archive, f"jobs/{printed(code)}/{name}", content)
                    yield sink.take()
            ending = MISSING + "".join(f"    {one}\n" for one in missing) if missing else COMPLETE
            _add(archive, README, f"{ABOUT}\n{ending}".encode())
        yield sink.take()

    def _files(
        self, patient_id: str, code: str, part: Mapping[str, Any], job: Job | None, missing: list[str]
    ) -> Iterator[tuple[str, bytes]]:
        if part["Certificate"] is not None:
            yield "certificate.json", _json(part["Certificate"])
            yield "certificate.pdf", self._evidence.certificate_pdf(code)
        if part["Held"] is not None:
            yield "held.json", _json(part["Held"])
        if part["Comparisons"]:
            yield "comparisons.json", _json(part["Comparisons"])
        stored = () if job is None else (("rtstruct.dcm", job.rtstruct), ("segmentation.dcm", job.details.segmentation))
        for name, instance in stored:
            if instance is None:
                continue
            try:
                yield name, self._object(instance, patient_id)
            except AutocontourError as error:
                why = GONE if isinstance(error, SeriesGone) else AWAY
                missing.append(f"jobs/{printed(code)}/{name}: {why}")

    def _object(self, instance: str, patient_id: str) -> bytes:
        """Return an object of this patient from Orthanc; raises SeriesGone where it is gone, or another patient's."""
        content = self._orthanc.instance_file(instance)
        if patient_of(content) != canonical_id(patient_id):
            raise SeriesGone("SERIES_GONE", GONE)
        return content


def patient_of(content: bytes) -> str:
    r"""Return the PatientID of a DICOM file as the index knows it; for pydicom one with a ``\`` is several values."""
    found = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=["PatientID"])
    value = found.get("PatientID")
    return canonical_id("\\".join(value) if isinstance(value, MultiValue) else str(value or ""))


class _Sink(io.RawIOBase):
    """Takes what is written and gives it away; nobody can seek in it, so that the ZIP is written in one go."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)  # without a date
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
