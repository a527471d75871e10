"""The section "AutoContour.Destinations": where results are delivered, how arrival is proved, how long it is tried."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from plugin.settings.document import Document
from plugin.settings.places import SitePath
from routing.problems import Problem, nearest, one_of, problems_of, shown

ROOT = "AutoContour.Destinations"
# As records of the evidence may hold it: no sign that a name of a person needs, no number that could be one's.
NAME = re.compile(r"(?!.*[0-9]{6})[A-Za-z0-9][A-Za-z0-9._-]{0,47}")

# A name under "DicomModalities" or "OrthancPeers", as Orthanc allows them.
OrthancName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Destination(Document):
    """What all destinations have in common."""

    # The images of the series go along only when asked.
    What: list[Literal["RTSTRUCT", "IMAGES"]] = Field(default=["RTSTRUCT"], min_length=1)
    # For how long a delivery is tried, and its proof waited for, before somebody has to look.
    Hours: float | int = Field(default=72, gt=0, le=8760)
    # Whether a newer RTSTRUCT follows by itself where an older one of the same work was sent before.
    Replace: bool = True
    # How long without arrival until health and metrics call for somebody.
    AlertMinutes: float | int = Field(default=60, gt=0, le=525_600)

    @property
    def images(self) -> bool:
        """Whether the images of the series go along."""
        return "IMAGES" in self.What


class DicomDestination(_Destination):
    """A DICOM node that Orthanc knows as a modality."""

    Type: Literal["dicom"]
    Modality: OrthancName
    # How arrival is proved: storage commitment, a query for each object, or not at all.
    Proof: Literal["commitment", "find", "none"] = "find"
    # How long the node may take for one answer.
    TimeoutSeconds: int = Field(default=60, ge=1, le=3600)
    # How long the report of a storage commitment is waited for, before the node is queried instead.
    ReportMinutes: float | int = Field(default=30, gt=0, le=10_080)


class PeerDestination(_Destination):
    """Another Orthanc, known as a peer; its REST API gives no proof, so that what it takes is sent and unproved."""

    Type: Literal["peer"]
    Peer: OrthancName
    TimeoutSeconds: int = Field(default=60, ge=1, le=3600)


class FolderDestination(_Destination):
    """A folder that the planning system watches."""

    Type: Literal["folder"]
    Path: SitePath


Destination = DicomDestination | PeerDestination | FolderDestination
_KINDS: dict[str, type[DicomDestination] | type[PeerDestination] | type[FolderDestination]] = {
    "dicom": DicomDestination,
    "peer": PeerDestination,
    "folder": FolderDestination,
}


def read_destinations(section: Any, base: Path | None = None) -> tuple[dict[str, Destination], list[Problem]]:
    """Validate the section; relative paths start at ``base``."""
    if section is None:
        return {}, []
    if not isinstance(section, dict):
        return {}, []  # the document says so
    read: dict[str, Destination] = {}
    problems: list[Problem] = []
    context = None if base is None else {"base": base}
    for name, one in section.items():
        if NAME.fullmatch(name) is None:
            allowed = 'letters, digits, ".", "-" and "_" (at most 48), beginning with a letter or digit'
            problems.append(Problem(ROOT, shown(name), allowed))
            continue
        found, wrong = _read_one(one, f"{ROOT}.{name}", context)
        problems += wrong
        if found is not None:
            read[name] = found
    return read, problems


def _read_one(one: Any, path: str, context: dict[str, Path] | None) -> tuple[Destination | None, list[Problem]]:
    if not isinstance(one, dict):
        return None, [Problem(path, shown(one), "an object")]
    word = one.get("Type")
    kind = _KINDS.get(word) if isinstance(word, str) else None
    if kind is None:
        found = shown(word) if "Type" in one else "nothing"
        guess = nearest(word, _KINDS) if isinstance(word, str) else None
        return None, [Problem(f"{path}.Type", found, one_of(_KINDS), guess)]
    try:
        return kind.model_validate(one, context=context), []
    except ValidationError as error:
        return None, problems_of(error, path, lambda _location: tuple(kind.model_fields))


def unknown_to_orthanc(destinations: Mapping[str, Destination], orthanc: Mapping[str, Any]) -> list[Problem]:
    """Problems of destinations whose modality or peer Orthanc's own configuration lacks.

    Args:
        destinations: As they were read.
        orthanc: All keys of Orthanc's configuration. Names that it keeps in its database are not judged.
    """
    problems = []
    for name, one in destinations.items():
        key, word, known = _named(one, orthanc)
        if known is not None and word not in known:
            allowed = one_of(sorted(known)) or "none is configured"
            problems.append(Problem(f"{ROOT}.{name}.{key}", shown(word), allowed, nearest(word, known)))
    return problems


def described(name: str, one: Destination) -> str:
    """Say in one sentence what a destination gets, and how its arrival is proved."""
    what = "RTSTRUCT and images" if one.images else "RTSTRUCT"
    if isinstance(one, DicomDestination):
        proofs = {
            "commitment": "proved by storage commitment",
            "find": "proved by a query",
            "none": "not proved",
        }
        return f"{name}: {what} to the modality {one.Modality}, {proofs[one.Proof]}"
    if isinstance(one, PeerDestination):
        return f"{name}: {what} to the peer {one.Peer}, not proved"
    return f"{name}: {what} into a folder, proved by reading them back"


def _named(one: Destination, orthanc: Mapping[str, Any]) -> tuple[str, str, Collection[str] | None]:
    """Return the key of a destination, what it names, and the names that Orthanc has (None: nobody can tell)."""
    if isinstance(one, DicomDestination):
        return "Modality", one.Modality, _names(orthanc, "DicomModalities")
    if isinstance(one, PeerDestination):
        return "Peer", one.Peer, _names(orthanc, "OrthancPeers")
    return "Path", one.Path, None


def _names(orthanc: Mapping[str, Any], key: str) -> Collection[str] | None:
    if orthanc.get(f"{key}InDatabase") is True:
        return None
    listed = orthanc.get(key, {})
    return tuple(listed) if isinstance(listed, dict) else None
