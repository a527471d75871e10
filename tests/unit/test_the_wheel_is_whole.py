"""What setuptools is told to pack is all that the folders hold: nothing is found missing only after an installation."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS = ("plugin", "routing", "model")
NOT_PACKED = {".c", ".h", ".so", ".pyc"}  # the C part is packed as what is compiled of it

SOURCES = CHECKOUT / "plugin/gateway/page"  # of which the assets are built


def test_each_file_that_is_no_python_is_named_as_data_of_its_package() -> None:
    setuptools = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["setuptools"]
    named = {
        path
        for folder, patterns in setuptools["package-data"].items()
        for pattern in patterns
        for path in (CHECKOUT / folder).glob(pattern)
    }
    files = {path for folder in FOLDERS for path in (CHECKOUT / folder).rglob("*") if path.is_file()}
    data = {path for path in files if path.suffix not in NOT_PACKED | {".py"} and SOURCES not in path.parents}
    assert CHECKOUT / "plugin/gateway/assets/index.html" in data
    assert data - named == set()


@pytest.mark.parametrize(
    ("name", "folder"),
    [("model.contours._trace", "model/contours/c"), ("model.engines.network._labels", "model/engines/network/c")],
)
def test_each_source_of_the_c_parts_is_compiled(name: str, folder: str) -> None:
    setuptools = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["setuptools"]
    (kernel,) = (one for one in setuptools["ext-modules"] if one["name"] == name)
    assert {CHECKOUT / path for path in kernel["sources"]} == set((CHECKOUT / folder).glob("*.c"))
    assert {CHECKOUT / path for path in kernel["depends"]} == set((CHECKOUT / folder).glob("*.h"))


def test_the_name_for_site_scripts_is_packed() -> None:
    setuptools = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert setuptools["py-modules"] == ["autocontour"]
    assert (CHECKOUT / "autocontour.py").is_file()
