"""A series that may leave: only the checks can make one, and only one can be handed on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import NoReturn

from model.gate.manifest import MANIFEST_NAME, Manifest
from model.storage.files import open_new

# Held by the checks, asked for by the type.
SEAL = object()


@dataclass(frozen=True)
class CleanFile:
    """One file that may leave: neutral name, pseudonymous SOP Instance UID, SHA-256 in hexadecimal, bytes."""

    name: str
    sop_instance_uid: str
    sha256: str
    data: bytes


@dataclass(frozen=True)
class CleanSeries:
    """A pseudonymised series, checked; ``actions`` counts attributes kept, replaced, emptied and removed.

    ``suspected`` slices look as if text were drawn into them, where the site flags such and does not refuse them.
    """

    transfer: str
    pseudonym: str
    files: tuple[CleanFile, ...]
    manifest: Manifest
    actions: Mapping[str, int]
    native_profile: str
    suspected: int
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not SEAL:
            raise TypeError("a CleanSeries comes from pseudonymise() only")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a CleanSeries does not cross processes: write it, and verify it there")

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[CleanFile]:
        return iter(self.files)

    @property
    def list_digest(self) -> str:
        """SHA-256 over the files' digests."""
        return self.manifest.list_digest

    def write(self, directory: Path) -> Path:
        """Write files (0600) and manifest into ``directory`` (0700, made), replacing files of these names."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        for file in self.files:
            _write(directory / file.name, file.data)
        # The manifest comes last: a directory without one was not finished.
        _write(directory / MANIFEST_NAME, self.manifest.to_json())
        return directory


def _write(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    with open_new(path) as stream:
        stream.write(data)
