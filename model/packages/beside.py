"""Records beside model.json: what was found of a package after it was made, bound to it by its digest.

They are no part of model.json, whose digest names the model in every job.
"""

from __future__ import annotations

import json
import secrets
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from model.packages.document import Part
from model.packages.package import Package
from model.storage.files import replace_durably, write_whole

# Results for runtimes, processors and precisions that a record of a test remembers, the last ones.
REMEMBERED = 16


class RecordOfTest(Part):
    """What a test found of a package with this digest; ``test`` is its version: older results say nothing."""

    format: Literal[1]
    test: int
    package: str


Record = TypeVar("Record", bound=BaseModel)
OfTest = TypeVar("OfTest", bound=RecordOfTest)


def read_record_of_test(package: Package, name: str, kind: type[OfTest], test: int, limit: int) -> OfTest | None:
    """Return what this version of a test found of this very package; None where it was never tested so."""
    record = read_record(package, name, kind, limit)
    return record if record is not None and (record.package, record.test) == (package.digest, test) else None


def read_record(package: Package, name: str, kind: type[Record], limit: int) -> Record | None:
    """Return the record in a file of a package's folder; None where none of at most ``limit`` bytes is there."""
    path = package.folder / name
    try:
        if path.is_symlink() or path.stat().st_size > limit:
            return None
        return kind.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError, RecursionError):
        return None


def write_record(package: Package, name: str, record: BaseModel) -> bool:
    """Put a record whole in the place of the one before; False where the folder cannot be written."""
    # Not in the package's own folder, where it would be a file that model.json does not name.
    path = package.folder.parent / f".{name.partition('.')[0]}-{secrets.token_hex(8)}"
    try:
        write_whole(path, f"{record.model_dump_json(indent=1)}\n".encode())
        path.chmod(0o644)
        replace_durably(path, package.folder / name)
    except OSError:
        return False
    return True
