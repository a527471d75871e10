"""``autocontour models air``: what is skipped and what differs, on series of the site's own, and an exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from tests.builders import in_air
from tests.builders.in_air import RIGHT, WRONG
from tests.builders.nearly_tied import NearestCentre
from tests.builders.no_samples import none
from tests.builders.series import SeriesPlan, write_series


def command(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``autocontour models`` in a process of its own, on a machine without samples."""
    environment = os.environ | {"AUTOCONTOUR_CACHE": str(tmp_path / "no-samples"), "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-m", "plugin.cli", "models", "--models", str(tmp_path / "library"), *words]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=environment)


def series_of(folder: Path) -> Path:
    """The body as a DICOM series."""
    body = in_air.body()
    offsets = tuple(5.0 * index for index in range(len(body)))
    return write_series(SeriesPlan(shape=body.shape[1:], offsets=offsets, spacing=(4.0, 4.0)), folder, body)


@pytest.mark.parametrize(("centres", "status", "said"), [(RIGHT, 0, "same"), (WRONG, 1, "differs")])
def test_a_series_of_the_site_decides(tmp_path: Path, centres: tuple[float, ...], status: int, said: str) -> None:
    options = ImportOptions(name="x", license="MIT", description=in_air.description())
    import_model(in_air.torchscript(tmp_path, NearestCentre(centres)), tmp_path / "library", options, samples=none)
    series = series_of(tmp_path / "Doe^Jane")
    done = command(tmp_path, "air", "x", "--series", str(series))
    assert done.returncode == status, done.stderr
    assert f"x: {said}: " in done.stdout
    assert "own series 1: " in done.stdout
    assert "tiles skipped, 0 of " in done.stdout
    assert "s with all tiles and" in done.stdout
    assert ("all tiles are computed until" in done.stdout) == (said == "same")
    shown = json.loads(command(tmp_path, "show", "x").stdout)
    (result,) = shown["air"]
    assert result["verdict"] == said
    # Nothing that names a patient is kept.
    assert "Doe" not in (tmp_path / "library/x/air.json").read_text()
