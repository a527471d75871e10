"""A series that may leave: only the checks can make one, and only one can be handed on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import NoReturn

from model.gate.manifest import Manifest
from plugin.privacy.face.outcome import Face

# Held by the checks, asked for by the type.
SEAL = object()


@dataclass(frozen=True)
class CleanFile:
    """One file that may leave: neutral name, pseudonymous SOP Instance UID, SHA-256 in hexadecimal, where it lies."""

    name: str
    sop_instance_uid: str
    sha256: str
    size: int
    path: Path

    @property
    def data(self) -> bytes:
        """The bytes, read each time; raises OSError."""
        return self.path.read_bytes()


@dataclass(frozen=True)
class CleanSeries:
    """A pseudonymised series, checked, in its folder.

    ``actions`` counts attributes kept, replaced, emptied and removed.
    ``suspected`` slices look as if text were drawn into them, where the site flags such and does not refuse them.
    ``alternating`` tells that neighbouring slices are less alike than next-but-one, as those of two acquisitions are.
    ``face`` is what became of the face, where it was to be removed.
    """

    transfer: str
    pseudonym: str
    files: tuple[CleanFile, ...]
    manifest: Manifest
    actions: Mapping[str, int]
    native_profile: str
    suspected: int
    alternating: bool
    face: Face | None
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not SEAL:
            raise TypeError("a CleanSeries comes from pseudonymise() only")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a CleanSeries does not cross processes: verify its folder there")

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[CleanFile]:
        return iter(self.files)

    @property
    def list_digest(self) -> str:
        """SHA-256 over the files' digests."""
        return self.manifest.list_digest

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)
