"""The kit is written, our own comparison passes it, and a tool that is wrong does not."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from plugin.cli import main


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    assert main(["metric-kit", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def results(kit: Path) -> dict[str, Any]:
    """What ``compare`` says of each pair, by the command itself."""
    found = {}
    for pair in json.loads((kit / "answers.json").read_text())["Pairs"]:
        folder = kit / pair["Name"]
        tolerances = [f"--tolerance={roi['Name']}={roi['ToleranceMm']}" for roi in pair["Rois"]]
        files = [str(folder / name) for name in ("reference.dcm", "other.dcm", "series")]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main(["compare", *files, "--json", *tolerances]) == 0
        found[pair["Name"]] = json.loads(out.getvalue())
    return found


def graded(kit: Path, results: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (tmp_path / "results.json").write_text(json.dumps(results))
    status = main(["metric-kit", str(kit), "--grade", str(tmp_path / "results.json"), "--json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert status == (1 if answer["wrong"] else 0)
    return answer


def test_our_own_comparison_passes(
    kit: Path, results: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = graded(kit, results, tmp_path, capsys)
    assert [one for one in answer["Graded"] if one["Mark"] != "right"] == []
    assert answer["right"] > 100


def test_a_number_that_is_off_is_wrong_and_one_that_is_not_there_is_not_given(
    kit: Path, results: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = json.loads(json.dumps(results))
    (sphere,) = (roi for roi in other["even"]["Rois"] if roi["Name"] == "Sphere")
    sphere["Dice"] *= 0.9
    del sphere["MeanSurfaceDistanceMm"]
    answer = graded(kit, other, tmp_path, capsys)
    bad = [(one["Roi"], one["What"], one["Mark"]) for one in answer["Graded"] if one["Mark"] != "right"]
    assert bad == [("Sphere", "Dice", "wrong"), ("Sphere", "MeanSurfaceDistanceMm", "not given")]


def test_the_kit_is_the_same_each_time_and_overwrites_nothing(kit: Path, tmp_path: Path) -> None:
    assert main(["metric-kit", str(tmp_path / "again")]) == 0
    written = sorted(path.relative_to(kit) for path in kit.rglob("*") if path.is_file())
    assert len(written) > 100
    assert all((kit / path).read_bytes() == (tmp_path / "again" / path).read_bytes() for path in written)
    assert main(["metric-kit", str(kit)]) == 1
    assert main(["metric-kit", str(kit), "--force"]) == 0


@pytest.mark.parametrize("content", [None, "", "[]"])
def test_results_that_are_none_are_one_sentence(
    content: str | None, kit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    assert main(["metric-kit", str(kit), "--grade", str(tmp_path / "results.json")]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.endswith("[KIT_UNREADABLE]\n")
