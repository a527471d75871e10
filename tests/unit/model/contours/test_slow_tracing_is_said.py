"""Without the compiled part contours are traced in numpy: that is said where an administrator looks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model.contours.kernel import slow_tracing
from tests.builders.orthanc_process import CHECKOUT

PACKAGES = ("model", "plugin", "routing")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the sources without the compiled part."""
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    return tmp_path


def warnings(checkout: Path) -> str:
    configuration = checkout / "orthanc.json"
    configuration.write_text('{"AutoContour": {}}')
    command = [sys.executable, "-c", "import sys; from plugin.cli import main; sys.exit(main(sys.argv[1:]))"]
    done = subprocess.run(
        [*command, "check", str(configuration)],
        env=os.environ | {"PYTHONPATH": str(checkout)},
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def test_check_says_nothing_of_it_where_the_compiled_part_is_there(checkout: Path) -> None:
    assert slow_tracing() is None, "the set-up of the tests builds it"
    for built in (CHECKOUT / "model" / "contours").glob("_trace*.so"):
        shutil.copy(built, checkout / "model" / "contours")
    assert "compiled part" not in warnings(checkout)


def test_check_names_the_way_out_where_it_was_not_built(checkout: Path) -> None:
    assert "C compiler" in warnings(checkout)


def test_check_tells_a_broken_one_from_a_missing_one(checkout: Path) -> None:
    for built in (CHECKOUT / "model" / "contours").glob("_trace*.so"):
        (checkout / "model" / "contours" / built.name).write_bytes(built.read_bytes()[:200])
    assert "remove it" in warnings(checkout)
