"""The commands that docs/quality.md shows run as they stand there, on the files of the kit."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from model.codes.listing import CHAPTERS
from plugin.cli import main

PAGE = (Path(__file__).parents[4] / "docs" / "quality.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def commands(name: str) -> list[list[str]]:
    lines = [line for block in BLOCKS for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"autocontour {name} ")]


def test_each_command_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.json").write_text('{"Herz": "Heart"}')
    write, grade = commands("metric-kit")
    assert main(write) == 0
    even = tmp_path / "OUT" / "even"
    (tmp_path / "OURS.dcm").write_bytes((even / "reference.dcm").read_bytes())
    (tmp_path / "EDITED.dcm").write_bytes((even / "other.dcm").read_bytes())
    (even / "series").rename(tmp_path / "SERIES_DIR")
    plain, as_json = commands("compare")
    assert main(plain) == 0
    capsys.readouterr()
    assert main(as_json) == 0
    results = f'{{"even": {capsys.readouterr().out}}}'
    (tmp_path / "RESULTS.json").write_text(results)
    # The tolerances of the page are not the kit's, so some numbers of surface Dice are others.
    assert main(grade) in (0, 1)
    assert "right" in capsys.readouterr().out


def test_each_code_of_the_page_has_a_row_in_the_list() -> None:
    known = {code for chapter in CHAPTERS for row in chapter.rows for code in row.codes}
    named = set(re.findall(r"`((?:ROI|CONTOURS|SLICES|ENDS)_[A-Z_]+)`", PAGE))
    assert {"ROI_AMBIGUOUS", "SLICES_MISSING", "ENDS_CUT", "CONTOURS_RESAMPLED"} <= named
    assert named <= known
