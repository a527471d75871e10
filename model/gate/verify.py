"""The receiver's check of a whole series: only it can make a VerifiedSeries, and only that may be contoured.

All or nothing: one finding in one file refuses everything. The answer names rules and counts, never a value.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import InitVar, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, overload

import numpy as np
import pydicom
from numpy.typing import NDArray

from model.burned_in.policy import BurnedInText
from model.burned_in.search import slices_with_text
from model.dicom.tags import PATIENT_ID, SOP_INSTANCE_UID
from model.errors import InputRefused, PrivacyRefused
from model.gate.check import MAXIMUM_FILE, SERIES_TAGS, CheckedFile, FileCheck
from model.gate.manifest import MANIFEST_NAME, Manifest, list_digest
from model.gate.profile import PROFILE_NAME, Option, profile_digest
from model.gate.reasons import GATE_REASONS, in_words
from model.gate.rules import Findings, Rule
from model.series.folder import is_of_the_system
from model.series.header import SliceHeader

# A series of more files than this is not a CT or MR volume.
MAXIMUM_FILES = 5_000
MAXIMUM_BYTES = 4 << 30

_NEUTRAL_NAME = re.compile(r"[0-9]{4,5}\.dcm")
_THREADS = max(2, min(4, os.cpu_count() or 1))
_SEAL = object()


@dataclass(frozen=True)
class VerifiedFile:
    """One verified slice: what was checked is what is used.

    A file is read again each time, so that a series is never held in memory, and its digest with it.
    """

    name: str
    content: bytes | Path
    checked: CheckedFile

    @property
    def data(self) -> bytes:
        """The bytes; raises PrivacyRefused when the file is another one than was checked, or gone."""
        if isinstance(self.content, bytes):
            return self.content
        try:
            data = self.content.read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != self.checked.sha256:
            raise PrivacyRefused(
                "GATE",
                "A file of the series changed after it was checked, so nothing is drawn on it; retry the job, and look "
                "who else can write into the folder.",
                {Rule.MANIFEST.value: 1},
            )
        return data

    @property
    def sop_instance_uid(self) -> str:
        """The pseudonymous SOP Instance UID."""
        return self.checked.values[SOP_INSTANCE_UID][1].decode("ascii")

    @property
    def sha256(self) -> str:
        """SHA-256 of the file in hexadecimal."""
        return self.checked.sha256

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every attribute but the pixels as keyword → text, with backslashes between values; words as numbers."""
        return self.checked.texts()

    @property
    def header(self) -> SliceHeader:
        """Identifiers and image plane, for the geometry of the series."""
        return SliceHeader.from_texts(self.texts)

    @property
    def pixels(self) -> NDArray[np.integer]:
        """The stored pixels, (row, column), 8 or 16 bit, not rescaled; a read-only view."""
        return self.checked.pixels_in(self.data)

    def dataset(self) -> Any:
        """Return the slice as a pydicom dataset."""
        return pydicom.dcmread(io.BytesIO(self.data))


@dataclass(frozen=True)
class VerifiedSeries:
    """A series that passed the receiver's check; made by ``verify`` and by nothing else.

    ``suspected`` slices look as if text were drawn into them, where such are flagged and not refused.
    """

    files: tuple[VerifiedFile, ...]
    pseudonym: str
    options: frozenset[Option]
    suspected: int
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a VerifiedSeries comes from verify() only")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a VerifiedSeries does not cross processes: verify the files again there")

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[VerifiedFile]:
        return iter(self.files)

    @property
    def study_uid(self) -> str:
        """The pseudonymous Study Instance UID."""
        return self.files[0].texts["StudyInstanceUID"]

    @property
    def series_uid(self) -> str:
        """The pseudonymous Series Instance UID."""
        return self.files[0].texts["SeriesInstanceUID"]

    @property
    def frame_of_reference_uid(self) -> str:
        """The pseudonymous Frame of Reference UID."""
        return self.files[0].texts["FrameOfReferenceUID"]

    @property
    def list_digest(self) -> str:
        """SHA-256 over the files' digests, as in the manifest."""
        return list_digest(file.sha256 for file in self.files)


def verify(
    source: Path | Mapping[str, bytes],
    manifest: Manifest | None = None,
    burned_in_text: BurnedInText = BurnedInText.REFUSE,
) -> VerifiedSeries:
    """Check a directory, or files as name → bytes, against the profile and the manifest.

    A ``manifest.json`` in the directory is checked when no manifest is given. Text that seems to be drawn into the
    pixels is a finding, unless ``burned_in_text`` says otherwise. Raises PrivacyRefused with the
    findings; InputRefused when the directory cannot be read.
    """
    findings = Findings()
    files: Mapping[str, bytes | Path]
    files, written = _listed(source, findings) if isinstance(source, Path) else (dict(source), None)
    manifest = manifest or written
    if not files:
        findings.add(Rule.SERIES_EMPTY)
    checked: dict[str, CheckedFile] = {}
    checker = FileCheck()

    def check(content: bytes | Path) -> tuple[CheckedFile | None, Findings]:
        return checker.check(content if isinstance(content, bytes) else content.read_bytes())

    with ThreadPoolExecutor(_THREADS) as pool:
        for name, result in zip(files, pool.map(check, files.values()), strict=True):
            one, problems = result
            findings.merge(problems)
            if not _NEUTRAL_NAME.fullmatch(name):
                findings.add(Rule.FILE_NAME)
            if one is not None:
                checked[name] = one
    _check_series(list(checked.values()), findings)
    if manifest is not None:
        _check_manifest(manifest, files, checked, findings)
    if findings:
        refuse(findings, len(files))
    ordered = tuple(VerifiedFile(name, files[name], checked[name]) for name in sorted(files))
    suspected = _with_text(ordered, burned_in_text, findings)
    if findings:
        refuse(findings, len(files))
    first = ordered[0].checked
    return VerifiedSeries(ordered, first.values[PATIENT_ID][1].decode("ascii"), first.options, suspected, _SEAL)


class _Pixels(Sequence[NDArray[np.integer]]):
    """The pixels of each file, read when they are asked for."""

    def __init__(self, files: Sequence[VerifiedFile]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.integer]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[NDArray[np.integer]]: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.integer] | Sequence[NDArray[np.integer]]:
        return _Pixels(self._files[index]) if isinstance(index, slice) else self._files[index].pixels


def _with_text(files: Sequence[VerifiedFile], policy: BurnedInText, findings: Findings) -> int:
    if policy is BurnedInText.OFF:
        return 0
    found = slices_with_text(_Pixels(files))
    for _ in found if policy is BurnedInText.REFUSE else ():
        findings.add(Rule.PIXELS_TEXT)
    return len(found)


def refuse(findings: Findings, files: int) -> NoReturn:
    """Raise PrivacyRefused for what was found in a series of so many files."""
    told = in_words(findings, GATE_REASONS, files)
    raise PrivacyRefused(
        "GATE", f"The series of {files} file(s) is not pseudonymised by this profile: {told}.", findings.counts
    )


def _listed(directory: Path, findings: Findings) -> tuple[dict[str, Path], Manifest | None]:
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        raise InputRefused("DIRECTORY", "The directory of the series cannot be read.") from None
    files: dict[str, Path] = {}
    manifest, total = None, 0
    for entry in entries:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) and is_of_the_system(entry.name):
            continue  # never read, so never drawn from and never sent on
        if not stat.S_ISREG(status.st_mode):
            findings.add(Rule.FILE_NAME)
            continue
        total += status.st_size
        if len(files) >= MAXIMUM_FILES or total > MAXIMUM_BYTES:
            findings.add(Rule.SERIES_SIZE)
            break
        if status.st_size > MAXIMUM_FILE:
            findings.add(Rule.FILE_SIZE)
            continue
        if entry.name == MANIFEST_NAME:
            manifest = Manifest.from_json(Path(entry.path).read_bytes())
        else:
            files[entry.name] = Path(entry.path)
    return files, manifest


def _check_series(files: list[CheckedFile], findings: Findings) -> None:
    for tag in SERIES_TAGS:
        if len({file.values[tag][1] for file in files}) > 1:
            findings.add(Rule.SERIES_MIXED, tag)
    instances = [file.values[SOP_INSTANCE_UID][1] for file in files]
    for _ in range(len(instances) - len(set(instances))):
        findings.add(Rule.INSTANCE_TWICE)


def _check_manifest(
    manifest: Manifest, files: Mapping[str, bytes | Path], checked: Mapping[str, CheckedFile], findings: Findings
) -> None:
    if manifest.profile != PROFILE_NAME or manifest.profile_digest != profile_digest():
        findings.add(Rule.PROFILE)
    listed = {file.name: file for file in manifest.files}
    if len(listed) != len(manifest.files):
        findings.add(Rule.MANIFEST)
    for name in listed.keys() ^ files.keys():
        del name  # only the count is said: a name may identify
        findings.add(Rule.MANIFEST)
    for name, one in checked.items():
        entry = listed.get(name)
        if entry is None:
            continue
        instance = one.values[SOP_INSTANCE_UID][1].decode("ascii")
        if (entry.sha256, entry.size, entry.sop_instance_uid) != (one.sha256, one.size, instance):
            findings.add(Rule.MANIFEST)
