"""``autocontour models precision``: a table of what bf16 keeps, on series of the site's own, and an exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.document import Wish
from tests.builders import nearly_tied
from tests.builders.nearly_tied import ABSENT, LARGE, SMALL, SURE, TIED, Centres
from tests.builders.series import SeriesPlan, write_series


def command(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``autocontour models`` in a process of its own, on a machine without samples."""
    environment = os.environ | {"AUTOCONTOUR_CACHE": str(tmp_path / "no-samples"), "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-m", "plugin.cli", "models", "--models", str(tmp_path / "library"), *words]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=environment)


def package_of(tmp_path: Path, centres: Centres, precision: Wish) -> None:
    """The package ``x``."""
    file = nearly_tied.torchscript(tmp_path, centres)
    options = ImportOptions(name="x", license="MIT", precision=precision, description=nearly_tied.description())
    import_model(file, tmp_path / "library", options, samples=lambda modality, fetch: nearly_tied.samples(SURE, "CT"))


def series_of(folder: Path, centres: Centres) -> Path:
    """The body as a DICOM series."""
    body = nearly_tied.body(centres)
    offsets = tuple(5.0 * index for index in range(len(body)))
    plan = SeriesPlan(shape=body.shape[1:], offsets=offsets, spacing=(4.0, 4.0))
    return write_series(plan, folder, body)


@pytest.mark.parametrize(("centres", "status", "said"), [(SURE, 0, "kept"), (TIED, 1, "lost")])
def test_a_series_of_the_site_decides(tmp_path: Path, centres: Centres, status: int, said: str) -> None:
    package_of(tmp_path, centres, "fp32")
    series = series_of(tmp_path / "Doe^Jane", centres)
    done = command(tmp_path, "precision", "x", "--series", str(series))
    assert done.returncode == status, done.stderr
    assert f"  {said} on own series 1: {SMALL} (Dice" in done.stdout
    assert f"not found in these images, and not tested: {ABSENT}" in done.stdout
    assert "s in fp32 and" in done.stdout
    shown = json.loads(command(tmp_path, "show", "x").stdout)
    (result,) = shown["precision"]
    assert result["verdict"] == said
    assert {one["label"] for one in result["structures"]} == {LARGE, SMALL}
    # Nothing that names a patient is kept.
    assert "Doe" not in (tmp_path / "library/x/precision.json").read_text()
