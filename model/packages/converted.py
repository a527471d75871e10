"""Networks of a package in OpenVINO's format: files in ``converted/`` and ``converted.json`` that says what they are.

They are no part of model.json, whose digest names the model in every job: they are made of its files where torch and
OpenVINO are installed, and any of them may be missing. A file bears its own SHA-256 as its name, so that of two
processes that convert at once neither overwrites what the other one reads.
"""

from __future__ import annotations

import errno
import hashlib
import json
import secrets
import shutil
import stat
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from model.errors import InputRefused
from model.packages.document import Part
from model.packages.package import CONVERTED, CONVERTED_RECORD, FILE_BYTES, Package, sha256_of
from model.storage.files import replace_durably, sync, write_whole

# Raised when conversion changes so much that earlier files are not to be used; packages are then converted anew.
CONVERSION = 1
RECORD_BYTES = 1024 * 1024
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\.(xml|bin|npy)$")]


class ConvertedNetwork(Part):
    """One fold of one network.

    ``origin`` is the digest of all that it was made from, ``weights`` that of its file of weights. ``graph`` and
    ``data`` are OpenVINO's two files, by their names in ``converted/``; where ``head`` is given, they end before the
    network's last layer, which is that file: (classes, channels + 1) float32, the biases last.
    ``difference`` is the largest from torch on a trial tile, as a share of the spread of torch's answer, and
    ``moved`` the share of its voxels with another label. ``refused`` says why it is not used, and is empty where it is.
    """

    origin: Sha256
    weights: Sha256
    graph: Name | None = None
    data: Name | None = None
    head: Name | None = None
    difference: float = Field(0.0, ge=0)
    moved: float = Field(0.0, ge=0, le=1)
    refused: str = Field(default="", max_length=1000)


class Converted(Part):
    """The whole of ``converted.json``; ``converter`` is the library that made the files, and its version."""

    format: Literal[1] = 1
    conversion: int = CONVERSION
    converter: str = Field(max_length=100)
    networks: list[ConvertedNetwork] = Field(max_length=1024)

    def network(self, origin: str) -> ConvertedNetwork | None:
        """Return the fold that was made from this; None where there is none."""
        return next((one for one in self.networks if one.origin == origin), None)


def read_converted(package: Package) -> Converted | None:
    """Return what was converted of a package; None where nothing was, or nothing that can be used."""
    path = package.folder / CONVERTED_RECORD
    try:
        if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > RECORD_BYTES:
            return None
        found = Converted.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError, RecursionError):
        return None
    return found if found.conversion == CONVERSION else None


def state_of_converted(package: Package) -> str:
    """Return what changes when networks are converted, for engines that stay loaded."""
    try:
        return hashlib.sha256((package.folder / CONVERTED_RECORD).read_bytes()).hexdigest()
    except OSError:
        return ""


def adopt(package: Package, other: Package) -> bool:
    """Copy what another copy of a package has converted; False where it has nothing.

    It is believed by its digests alone: whoever imports where the network's own library is converts instead.

    Raises InputRefused when a file is not what its record says, OSError.
    """
    record = read_converted(other)
    if record is None:
        return False
    names = {name for one in record.networks for name in (one.graph, one.data, one.head) if name is not None}
    for name in sorted(names):
        copy = package.folder.parent / f".{secrets.token_hex(8)}.{name.partition('.')[2]}"
        try:
            shutil.copyfile(require_unchanged(other, name), copy, follow_symlinks=False)
            if keep_file(package, copy) != name:
                raise OSError(errno.EIO, "a converted network was not copied whole")
        finally:
            copy.unlink(missing_ok=True)
    write_converted(package, record)
    return True


def require_unchanged(package: Package, name: str) -> Path:
    """Return a file of ``converted/`` whose content is what it was; raises InputRefused for any other."""
    return require_named(package.folder / CONVERTED, name)


def require_named(folder: Path, name: str) -> Path:
    """Return a file of a package's ``converted/`` whose content is what its name says; raises InputRefused."""
    path = folder / name
    try:
        plain = not path.parent.is_symlink() and stat.S_ISREG(path.lstat().st_mode) and path.stat().st_size < FILE_BYTES
        if plain and sha256_of(path) == name.partition(".")[0]:
            return path
    except OSError:
        plain = False
    raise InputRefused(
        "PACKAGE_HASH",
        f"{CONVERTED}/{name[:12]}… of the package is missing or not the file that was made; "
        "autocontour models convert makes it anew.",
    )


def keep_file(package: Package, path: Path) -> str:
    """Move a file into ``converted/`` under its digest, readable for the gateway's user; return its name there.

    Raises OSError where the folder cannot be written or the disk is full.
    """
    folder = package.folder / CONVERTED
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    name = f"{sha256_of(path)}{path.suffix}"
    path.chmod(0o644)
    with path.open("rb+") as file:
        sync(file)
    replace_durably(path, folder / name)
    return name


def write_converted(package: Package, record: Converted) -> None:
    """Replace ``converted.json``, and remove files that it does not name; raises OSError."""
    # Not in the package's own folder, where it would be a file that model.json does not name.
    path = package.folder.parent / f".converted-{secrets.token_hex(8)}"
    write_whole(path, f"{record.model_dump_json(indent=1, exclude_none=True)}\n".encode())
    path.chmod(0o644)
    replace_durably(path, package.folder / CONVERTED_RECORD)
    named = {name for one in record.networks for name in (one.graph, one.data, one.head)}
    folder = package.folder / CONVERTED
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.name not in named:
            file.unlink(missing_ok=True)
