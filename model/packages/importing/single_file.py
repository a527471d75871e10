"""What TorchScript and ONNX files do not say of themselves comes with ``--description``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.errors import InputRefused
from model.packages.document import FORMAT
from model.packages.importing.draft import Draft, Wishes, copied, described, license_of, name_from
from model.packages.importing.orientation import HOW_TO_FIND_OUT, Axes, wished


def draft_of_file(path: Path, wishes: Wishes, engine: str, kind: str) -> Draft:
    """A package of one file; raises InputRefused when the description lacks what the network needs."""
    missing = [key for key in ("input", "labels") if key not in wishes.description]
    if missing:
        raise InputRefused(
            "DESCRIPTION",
            f"A {kind} file does not say what goes in and what comes out; give --description with {', '.join(missing)} "
            "(docs/models.md shows one).",
        )
    letters = wished(wishes)
    if letters is None:
        raise InputRefused(
            "ORIENTATION",
            f"A {kind} file does not tell the orientation of the images it was trained on; say it in the description's "
            f"input.orientation. {HOW_TO_FIND_OUT}",
        )
    name = f"network{path.suffix.lower()}"
    document: dict[str, Any] = {
        "format": FORMAT,
        "id": wishes.name or name_from(path.stem),
        "version": wishes.version or "1",
        "title": "",
        "engine": engine,
        "license": license_of(wishes),
        "networks": [{"name": name_from(path.stem), "weights": [name]}],
    }
    return Draft(described(document, wishes, Axes(letters, "given").written()), {name: copied(path)})
