"""A TorchScript or ONNX file to a package; what the file does not say of itself comes with ``--description``."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from model.engines.onnx.graph import require_self_contained
from model.engines.torchscript.program import harmless_archive
from model.errors import InputRefused
from model.importing.draft import Draft, ImportOptions, copied, described, license_of, name_from
from model.importing.orientation import HOW_TO_FIND_OUT, Axes, given_orientation
from model.packages.document import FORMAT
from model.packages.kinds import EngineKind


def is_onnx(path: Path) -> bool:
    """Whether the file is called .onnx."""
    return path.is_file() and path.suffix.lower() == ".onnx"


def draft_of_onnx(path: Path, options: ImportOptions) -> Draft:
    """Return a package of an ONNX file; raises InputRefused when it is not self-contained."""
    require_self_contained(path)
    return _draft(path, options, EngineKind.ONNX, "ONNX")


def is_torchscript(path: Path) -> bool:
    """Whether the file is a PyTorch archive that holds a program."""
    if not path.is_file() or path.suffix.lower() not in (".ts", ".pt", ".pth", ".jit") or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in one for one in archive.namelist())


def draft_of_torchscript(path: Path, options: ImportOptions) -> Draft:
    """Return a package of a TorchScript file; raises InputRefused when its program is not harmless."""
    harmless_archive(path)
    return _draft(path, options, EngineKind.TORCHSCRIPT, "TorchScript")


def _draft(path: Path, options: ImportOptions, engine: EngineKind, kind: str) -> Draft:
    """Return a package of one file; raises InputRefused when the description lacks what the network needs."""
    missing = [key for key in ("input", "labels") if key not in options.description]
    if missing:
        raise InputRefused(
            "DESCRIPTION",
            f"A {kind} file does not say what goes in and what comes out; give --description with {', '.join(missing)} "
            "(docs/models.md shows one).",
        )
    letters = given_orientation(options)
    if letters is None:
        raise InputRefused(
            "ORIENTATION",
            f"A {kind} file does not tell the orientation of the images it was trained on; say it in the description's "
            f"input.orientation. {HOW_TO_FIND_OUT}",
        )
    name = f"network{path.suffix.lower()}"
    document: dict[str, Any] = {
        "format": FORMAT,
        "id": options.name or name_from(path.stem),
        "version": options.version or "1",
        "title": "",
        "engine": engine,
        "license": license_of(options),
        "networks": [{"name": name_from(path.stem), "weights": [name]}],
    }
    return Draft(described(document, options, Axes(letters, "given").written()), {name: copied(path)})
