"""Slices that are not evenly spaced are drawn, and whoever reads the result is told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from pydicom import Dataset

from model.pipeline.draw import IMAGES, draw_series
from plugin.cli import main
from tests.builders.phantom import Phantom, file_of, files_of, phantom_series
from tests.builders.untouched import cleaned

TOLD = "not evenly spaced"


def uneven() -> list[Dataset]:
    """Steps of 5, 5, 5, then 15 mm up to the end."""
    made = phantom_series(Phantom(slices=8, size=64, pixel_mm=6.0))
    for number, one in enumerate(made):
        x, y, z = (float(value) for value in one.ImagePositionPatient)
        one.ImagePositionPatient = [x, y, z + 10.0 * max(0, number - 3)]
    return made


def test_by_the_job(tmp_path: Path) -> None:
    (tmp_path / IMAGES).mkdir()
    for file in cleaned(files_of(uneven())):
        (tmp_path / IMAGES / file.name).write_bytes(file.data)
    drawn = draw_series(tmp_path, "hu-ct", "2.25.1", "2.25.2", datetime(2026, 1, 2))
    assert drawn.rois
    assert [remark for remark in drawn.remarks if TOLD in remark]


def test_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct").mkdir()
    for number, one in enumerate(uneven()):
        (tmp_path / "ct" / f"{number}.dcm").write_bytes(file_of(one))
    assert main(["segment", str(tmp_path / "ct"), "-o", str(tmp_path / "rs.dcm")]) == 0
    assert TOLD in capsys.readouterr().err


def test_slices_that_are_moved_aside_are_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct").mkdir()
    for number, one in enumerate(phantom_series(Phantom(slices=8, size=64, pixel_mm=6.0))):
        x, y, z = (float(value) for value in one.ImagePositionPatient)
        one.ImagePositionPatient = [x + 30.0 * (number == 4), y, z]
        (tmp_path / "ct" / f"{number}.dcm").write_bytes(file_of(one))
    for command in (
        ["segment", str(tmp_path / "ct"), "-o", str(tmp_path / "rs.dcm")],
        ["masks", str(tmp_path / "ct"), str(tmp_path / "rs.dcm"), "-o", str(tmp_path / "masks")],
    ):
        assert main(command) == 0
        assert "beside the line of the others" in capsys.readouterr().err
