"""The assets that are shipped are what the sources make."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.page_types import FILE, current

GATEWAY = Path(__file__).resolve().parents[2] / "plugin" / "gateway"
PAGE, ASSETS = GATEWAY / "page", GATEWAY / "assets"
TOOLS = PAGE / "node_modules" / ".installed"
LONGEST = 500


def test_the_types_are_those_of_the_api() -> None:
    assert FILE.read_text(encoding="utf-8") == current(), "write them anew: python -m tests.page_types"


@pytest.mark.skipif(not TOOLS.is_file(), reason="needs the tools of the page: plugin/gateway/page/npm.sh tools")
def test_the_sources_build_to_the_very_bytes_that_are_shipped(tmp_path: Path) -> None:
    command = [str(PAGE / "npm.sh"), "run", "-s", "build", "--", "--outDir", str(tmp_path / "assets")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"CI": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    built = {path.name: path.read_bytes() for path in (tmp_path / "assets").iterdir()}
    shipped = {path.name: path.read_bytes() for path in ASSETS.iterdir()}
    assert sorted(built) == sorted(shipped), "make page"
    assert built == shipped, "make page"


def test_no_source_is_too_long() -> None:
    files = [path for kind in ("*.ts", "*.tsx", "*.css") for path in (PAGE / "src").rglob(kind)]
    assert len(files) > 10
    lengths = {path.relative_to(PAGE).as_posix(): len(path.read_text().splitlines()) for path in files}
    generated = {FILE.relative_to(PAGE).as_posix()}
    assert {name: n for name, n in lengths.items() if n > LONGEST and name not in generated} == {}
