"""Where packages lie: one folder with a folder per package, named by its id."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from model.errors import AutocontourError, InputRefused
from model.packages.package import DOCUMENT, Package, open_package

ENVIRONMENT = "AUTOCONTOUR_MODELS"


@dataclass(frozen=True)
class Broken:
    """A folder of the library whose model.json is refused, and why."""

    name: str
    reason: str


def default_directory() -> Path:
    """Where the command line looks: ``$AUTOCONTOUR_MODELS``, else ``autocontour/models`` under the user's data."""
    given = os.environ.get(ENVIRONMENT)
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "autocontour/models"


def packages_in(directory: Path) -> tuple[list[Package], list[Broken]]:
    """Return the packages of a library by id, and what lies there but cannot be one."""
    good: list[Package] = []
    broken: list[Broken] = []
    try:
        folders = sorted(one for one in directory.iterdir() if (one / DOCUMENT).is_file())
    except OSError:
        return [], []
    for folder in folders:
        try:
            package = open_package(folder)
            if package.document.id != folder.name:
                raise InputRefused("PACKAGE_ID", "The folder is not named as the id in model.json.")
            good.append(package)
        except AutocontourError as error:
            broken.append(Broken(folder.name, error.message))
    return good, broken


def find_package(directory: Path, name: str) -> Package | None:
    """Return the package of an id, or None; raises InputRefused when it is there but broken."""
    if "/" in name or name.startswith(".") or not (directory / name / DOCUMENT).is_file():
        return None
    package = open_package(directory / name)
    if package.document.id != name:
        raise InputRefused("PACKAGE_ID", "The folder of the package is not named as the id in its model.json.")
    return package
