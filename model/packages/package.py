"""A model package on disk: opened, verified, and then a type that the engines may trust."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from model.errors import InputRefused
from model.packages.document import AirWish, ModelDocument, Precision, Wish
from model.problems import in_one_sentence, problems_of

DOCUMENT = "model.json"
# What the self-test of sides found, beside it and no part of it.
SIDES = "sides.json"
# What the test of precision found, in the same way.
PRECISION = "precision.json"
# What the test of air found, in the same way.
AIR = "air.json"
# Its networks in another library's format, made of its files; model.packages.converted.
CONVERTED, CONVERTED_RECORD = "converted", "converted.json"
CONVERTED_NAME = re.compile(r"[0-9a-f]{64}\.(xml|bin|npy)")
# The largest model.json that is read, and what a package may weigh: TotalSegmentator's largest task has 1.5 GB.
DOCUMENT_BYTES = 4 * 1024**2
FILE_BYTES = 4 * 1024**3
PACKAGE_BYTES = 8 * 1024**3
CHUNK = 4 * 1024**2
# What a text may look like, for people: by the last key of its place.
ALLOWED = {
    "id": "a model's name has letters, digits, points, hyphens and underscores, at most 64, a letter or digit first",
    "name": "ASCII without backslashes, at most 16 characters for an ROI",
    "version": "letters, digits, points, hyphens, plus and underscores",
    "spdx": "an SPDX identifier such as Apache-2.0, or LicenseRef-own for weights of your own",
    "orientation": "where x, y and z grow in the patient: one of L/R, one of A/P and one of S/I, such as LPS or RAS",
    "sha256": "64 hexadecimal digits in lower case",
}


@dataclass(frozen=True)
class Wishes:
    """What a site wishes for of all packages, in place of what they say of themselves; None leaves it to them."""

    precision: Wish | None = None
    air: AirWish | None = None


NO_WISHES = Wishes()


@dataclass(frozen=True)
class Package:
    """A package whose model.json is valid; ``digest`` is SHA-256 of model.json, which holds those of all files.

    ``precision`` and ``air`` are the site's own wishes, in place of model.json's; in ``trial`` it is drawn without
    permission, and in nothing else, and with ``air`` of "trial" without tiles of air, for the tests that give it.
    """

    folder: Path
    document: ModelDocument
    digest: str
    precision: Wish | None = None
    trial: Precision | None = None
    air: AirWish | Literal["trial"] | None = None

    @property
    def wish(self) -> Wish:
        """In which precision it is to be drawn, if it may."""
        return self.precision or self.document.inference.precision

    @property
    def air_wish(self) -> AirWish | Literal["trial"]:
        """What is to become of tiles of air, if it may."""
        return self.air or self.document.inference.air_tiles or "compute"

    def path(self, name: str) -> Path:
        """Return a listed file of the package."""
        return self.folder / name


def open_package(folder: Path) -> Package:
    """Read and validate model.json; the files are not looked at.

    Raises InputRefused when it is missing, too large, no JSON or not valid.
    """
    path = folder / DOCUMENT
    try:
        if path.is_symlink() or not stat.S_ISREG(path.stat().st_mode) or path.stat().st_size > DOCUMENT_BYTES:
            raise InputRefused("PACKAGE_DOCUMENT", "The package's model.json is not a plain file of at most 4 MB.")
        content = path.read_bytes()
    except OSError:
        raise InputRefused("PACKAGE_DOCUMENT", "The folder holds no model.json that can be read.") from None
    return Package(folder, read_document(content), hashlib.sha256(content).hexdigest())


def read_document(content: bytes) -> ModelDocument:
    """Validate the text of a model.json; raises InputRefused naming the keys that are wrong."""
    try:
        return ModelDocument.model_validate(json.loads(content))
    except ValidationError as error:
        wrong = in_one_sentence(problems_of(error, ModelDocument, ALLOWED))
        raise InputRefused("PACKAGE_DOCUMENT", f"model.json: {wrong}.") from None
    except (ValueError, RecursionError):
        raise InputRefused("PACKAGE_DOCUMENT", "The package's model.json is not JSON.") from None


def verify_package(package: Package, progress: Callable[[float], None] = lambda fraction: None) -> None:
    """Compare every file with its size and SHA-256.

    Raises InputRefused when a file is missing, is a link, differs, or the folder holds a file that is not listed.
    """
    files = package.document.files
    total = sum(one.bytes for one in files)
    if total > PACKAGE_BYTES or any(one.bytes > FILE_BYTES for one in files):
        raise InputRefused(
            "PACKAGE_TOO_LARGE", f"The package claims {total / 1024**3:.1f} GB; at most 4 per file and 8 in all."
        )
    beside = {package.folder / name for name in (DOCUMENT, SIDES, PRECISION, AIR, CONVERTED_RECORD)}
    listed = {package.path(one.path) for one in files} | beside
    for path in package.folder.rglob("*"):
        if path.is_symlink() or (not path.is_dir() and path not in listed and not _is_converted(package, path)):
            raise InputRefused("PACKAGE_FILES", "The package holds a link or a file that its model.json does not list.")
    done = 0
    for one in files:
        path = package.path(one.path)
        if not path.is_file() or path.stat().st_size != one.bytes:
            raise InputRefused("PACKAGE_FILES", f"{one.path} is missing from the package or has another size.")
        if sha256_of(path) != one.sha256:
            raise InputRefused(
                "PACKAGE_HASH", f"{one.path} is not the file that was imported (SHA-256 differs); import it again."
            )
        done += one.bytes
        progress(done / max(total, 1))


def _is_converted(package: Package, path: Path) -> bool:
    """Whether a file may be one of a converted network: whoever reads it compares it with its digest."""
    return path.parent == package.folder / CONVERTED and CONVERTED_NAME.fullmatch(path.name) is not None


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
