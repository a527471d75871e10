"""The section "AutoContour.Destinations": where results are delivered, how arrival is proved, how long it is tried."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from plugin.settings.places import SitePath
from plugin.settings.shaping import Shaping
from routing.problems import Problem, nearest, one_of, problems_of, shown

ROOT = "AutoContour.Destinations"
# As records of the evidence may hold it: no sign that a name of a person needs, no number that could be one's.
NAME = re.compile(r"(?!.*[0-9]{6})[A-Za-z0-9][A-Za-z0-9._-]{0,47}")

# A name under "DicomModalities" or "OrthancPeers", as Orthanc allows them.
OrthancName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Destination(Shaping):
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


class DicomwebDestination(_Destination):
    """A server that Orthanc's DICOMweb plugin knows; arrival is proved by a query (QIDO-RS)."""

    Type: Literal["dicomweb"]
    Server: OrthancName
    # How long the server may take for one object.
    TimeoutSeconds: int = Field(default=60, ge=1, le=3600)


class FolderDestination(_Destination):
    """A folder that the planning system watches."""

    Type: Literal["folder"]
    Path: SitePath


Destination = DicomDestination | PeerDestination | DicomwebDestination | FolderDestination
_KINDS: dict[
    str, type[DicomDestination] | type[PeerDestination] | type[DicomwebDestination] | type[FolderDestination]
] = {
    "dicom": DicomDestination,
    "peer": PeerDestination,
    "dicomweb": DicomwebDestination,
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
        read = kind.model_validate(one, context=context)
    except ValidationError as error:
        return None, problems_of(error, path, lambda _location: tuple(kind.model_fields))
    if isinstance(read, DicomwebDestination) and read.shaped:
        key = "Profile" if read.Profile != "plain" else next(iter(read.shaping_options))
        allowed = "nothing, as Orthanc's DICOMweb plugin sends what is stored and nothing else"
        return None, [Problem(f"{path}.{key}", shown(getattr(read, key)), allowed)]
    return read, []


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


def plugin_remarks(destinations: Mapping[str, Destination], orthanc: Mapping[str, Any]) -> list[str]:
    """Say which destinations nothing will reach, because Orthanc's configuration loads no DICOMweb plugin."""
    web = [name for name, one in destinations.items() if isinstance(one, DicomwebDestination)]
    if not web or _has_dicomweb(orthanc):
        return []
    listed = ", ".join(web)
    return [
        f"no result reaches {listed}: Plugins of Orthanc's configuration names no DICOMweb plugin (orthanc-dicomweb)"
    ]


def _has_dicomweb(orthanc: Mapping[str, Any]) -> bool:
    section, plugins = orthanc.get("DicomWeb"), orthanc.get("Plugins")
    if isinstance(section, dict) and section.get("Enable") is False:
        return False
    paths = [Path(one) for one in plugins if isinstance(one, str)] if isinstance(plugins, list) else []
    files = [file for path in paths for file in (path.iterdir() if path.is_dir() else (path,))]
    return any("dicomweb" in file.name.lower() for file in files)


def described(name: str, one: Destination) -> str:
    """Say in one sentence what a destination gets, and how its arrival is proved."""
    what = f"{_rtstruct(one)} and images" if one.images else _rtstruct(one)
    if isinstance(one, DicomDestination):
        proofs = {
            "commitment": "proved by storage commitment",
            "find": "proved by a query",
            "none": "not proved",
        }
        return f"{name}: {what} to the modality {one.Modality}, {proofs[one.Proof]}"
    if isinstance(one, PeerDestination):
        return f"{name}: {what} to the peer {one.Peer}, not proved"
    if isinstance(one, DicomwebDestination):
        return f"{name}: {what} to the DICOMweb server {one.Server}, proved by a query"
    return f"{name}: {what} into a folder, proved by reading them back"


def _rtstruct(one: Shaping) -> str:
    if not one.shaped:
        return "RTSTRUCT"
    changed = "".join(f", {name}" for name in one.shaping_options)
    return f"RTSTRUCT as another object (profile {one.Profile}{changed})"


def _named(one: Destination, orthanc: Mapping[str, Any]) -> tuple[str, str, Collection[str] | None]:
    """Return the key of a destination, what it names, and the names that Orthanc has (None: nobody can tell)."""
    if isinstance(one, DicomDestination):
        return "Modality", one.Modality, _names(orthanc, "DicomModalities")
    if isinstance(one, PeerDestination):
        return "Peer", one.Peer, _names(orthanc, "OrthancPeers")
    if isinstance(one, DicomwebDestination):
        return "Server", one.Server, _servers(orthanc)
    return "Path", one.Path, None


def _servers(orthanc: Mapping[str, Any]) -> Collection[str] | None:
    section = orthanc.get("DicomWeb")
    section = section if isinstance(section, dict) else {}
    if section.get("ServersInDatabase") is True:
        return None
    listed = section.get("Servers", {})
    return tuple(listed) if isinstance(listed, dict) else None


def _names(orthanc: Mapping[str, Any], key: str) -> Collection[str] | None:
    if orthanc.get(f"{key}InDatabase") is True:
        return None
    listed = orthanc.get(key, {})
    return tuple(listed) if isinstance(listed, dict) else None
