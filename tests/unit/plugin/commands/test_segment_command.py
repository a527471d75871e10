"""``autocontour segment`` draws a folder offline and writes an RTSTRUCT that refers to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from model.samples import series
from plugin.cli import main
from tests.builders.series import SeriesPlan, write_series


@pytest.fixture(scope="module")
def segmented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("segment")
    output = ["-o", str(folder / "out.dcm"), "--preview", str(folder / "out.png")]
    assert main(["segment", str(series("head")), "--model", "hu-ct", *output]) == 0
    return folder


def test_the_structure_set_belongs_to_the_patient_of_the_series(segmented: Path) -> None:
    written = pydicom.dcmread(segmented / "out.dcm")
    source = pydicom.dcmread(next(series("head").iterdir()), stop_before_pixels=True)
    assert written.Modality == "RTSTRUCT"
    assert written.PatientID == source.PatientID
    assert written.StudyInstanceUID == source.StudyInstanceUID
    assert {roi.ROIName for roi in written.StructureSetROISequence} == {"External", "Brain", "Bones_HU"}


def test_a_preview_is_written_beside_it(segmented: Path) -> None:
    assert (segmented / "out.png").read_bytes().startswith(b"\x89PNG")


def test_volumes_and_reasons_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", str(series("head")), "-o", str(tmp_path / "out.dcm")]) == 0
    said = capsys.readouterr()
    assert "Brain" in said.out
    assert "cm³" in said.out
    assert "Lung_L           not drawn: no lung on this side in the image" in said.out
    assert "drawn by hu-ct 2.0, licence AGPL-3.0-or-later; review required" in said.out
    assert said.err == ""


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (tmp_path / "none" / "out.dcm", tmp_path):
        assert main(["segment", str(tmp_path), "-o", str(place)]) == 1
        assert "[OUTPUT]" in capsys.readouterr().err


def test_a_model_that_raises_ends_with_a_reason_and_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises(self: object, volume: object, progress: object) -> None:
        raise ZeroDivisionError("with a patient's name")

    monkeypatch.setattr("model.engines.hu_ct.engine.HuCt.draw", raises)
    assert main(["segment", str(series("head")), "-o", str(tmp_path / "out.dcm")]) == 1
    said = capsys.readouterr().err
    assert "ENGINE_RAISED" in said
    assert "patient" not in said
    assert not list(tmp_path.iterdir())


def test_an_unknown_model_ends_with_the_names_that_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", str(series("head")), "--model", "nonesuch", "-o", str(tmp_path / "out.dcm")]) == 1
    assert "hu-ct" in capsys.readouterr().err
    assert not (tmp_path / "out.dcm").exists()


def test_a_gap_in_the_series_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_series(SeriesPlan(offsets=(0.0, 3.0, 6.0, 12.0, 15.0)), tmp_path / "series")
    assert main(["segment", str(folder), "-o", str(tmp_path / "out.dcm")]) == 1
    assert "GEOMETRY_GAP" in capsys.readouterr().err


def test_an_image_without_a_body_is_no_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    air = np.full((8, 64, 64), -1000, dtype=np.int16)
    folder = write_series(SeriesPlan(), tmp_path / "series", air)
    assert main(["segment", str(folder), "-o", str(tmp_path / "out.dcm")]) == 1
    assert "MODEL_NOTHING" in capsys.readouterr().err
