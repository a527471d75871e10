"""An ONNX file to a package."""

from __future__ import annotations

from pathlib import Path

from model.engines.onnx.graph import require_self_contained
from model.packages.importing.draft import Draft, Wishes
from model.packages.importing.single_file import draft_of_file


def recognises(path: Path) -> bool:
    """Whether the file is called .onnx."""
    return path.is_file() and path.suffix.lower() == ".onnx"


def draft(path: Path, wishes: Wishes) -> Draft:
    """A package of the file; raises InputRefused when it is not self-contained."""
    require_self_contained(path)
    return draft_of_file(path, wishes, "onnx", "ONNX")
