"""A library with a small model for MR: it draws the left and the right half of whatever it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

NAME = "halves"


def library_for_mr(root: Path) -> Path:
    """Import the model into ``root/models`` and return that folder; skips where torch is not installed."""
    pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from model.packages.package import open_package
    from model.packages.sides import Sides, write_sides
    from tests.builders import sided

    description = sided.description_of_halves("LPS")
    description["input"]["modality"] = "MR"
    options = ImportOptions(name=NAME, license="MIT", description=description)
    library = root / "models"
    import_model(sided.halves(root), library, options, samples=sided.samples)
    write_sides(open_package(library / NAME), Sides(verdict="not verifiable", reason="made up"))
    return library
