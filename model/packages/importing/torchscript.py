"""A TorchScript file to a package."""

from __future__ import annotations

import zipfile
from pathlib import Path

from model.engines.torchscript.program import harmless_archive
from model.packages.importing.draft import Draft, Wishes
from model.packages.importing.single_file import draft_of_file


def recognises(path: Path) -> bool:
    """Whether the file is a PyTorch archive that holds a program."""
    if not path.is_file() or path.suffix.lower() not in (".ts", ".pt", ".pth", ".jit") or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in one for one in archive.namelist())


def draft(path: Path, wishes: Wishes) -> Draft:
    """A package of the file; raises InputRefused when its program is not harmless."""
    harmless_archive(path)
    return draft_of_file(path, wishes, "torchscript", "TorchScript")
