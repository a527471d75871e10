"""``autocontour gate DICOM_DIR``: 0 clean, 1 with rule identifiers and counts, never a value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin.cli import main
from tests.builders.marked import ct, encoded, marks_in
from tests.builders.untouched import cleaned, lay


def test_a_clean_folder_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = cleaned([encoded(ct(index)) for index in range(3)])
    lay(clean, tmp_path / "out")
    assert main(["gate", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"clean: 3 file(s), SHA-256 of the list {clean.list_digest}\n"
    assert main(["gate", "--json", str(tmp_path / "out")]) == 0
    assert json.loads(capsys.readouterr().out) == {"Clean": True, "Files": 3, "Digest": clean.list_digest}


def test_a_raw_folder_ends_with_1_and_names_rules_but_no_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(3):
        (tmp_path / f"zqxwson_{index}.dcm").write_bytes(encoded(ct(index)))
    assert main(["gate", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "3  ATTRIBUTE_NOT_ALLOWED:SeriesDescription" in shown.out
    assert "3  FILE_NAME" in shown.out
    assert "3  VALUE_NOT_ALLOWED:PatientName" in shown.out
    assert marks_in((shown.out + shown.err).encode()) == []
    assert main(["gate", "--json", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out)["Findings"]["VALUE_NOT_ALLOWED:PatientID"] == 3


def test_an_empty_folder_and_one_that_is_not_there_end_with_1(tmp_path: Path) -> None:
    assert main(["gate", str(tmp_path)]) == 1
    assert main(["gate", str(tmp_path / "nowhere")]) == 1


def test_each_way_to_name_no_folder_has_its_own_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for command in (["gate"], ["segment", "--model", "hu-ct", "-o", str(tmp_path / "out.dcm")]):
        for name, said in (("none", "does not exist"), ("empty", "is empty"), ("file", "is a file")):
            assert main([*command, str(tmp_path / name)]) == 1
            assert said in capsys.readouterr().err
    assert main(["segment", str(tmp_path), "--model", "hu-ct", "-o", str(tmp_path / "empty")]) == 1
    assert "The output is a folder" in capsys.readouterr().err
