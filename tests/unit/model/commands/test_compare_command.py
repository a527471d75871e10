"""``autocontour compare``: a table or JSON of the contract, and one sentence for what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from plugin.cli import main
from tests.builders import edited, series
from tests.builders.drawings import written

PLAN = series.GEOMETRIES["axial"]
LABELS = ("heart", "kidney_left", "spleen", "stomach")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a series, our structure set, and what one system returned of it."""
    series.write_series(PLAN, tmp_path / "images")
    masks = []
    for number, label in enumerate(LABELS):
        mask = np.zeros(series.geometry(PLAN).shape, dtype=np.bool_)
        mask[1:7, 5 + 14 * number : 15 + 14 * number, 10:40] = True
        masks.append((label, mask))
    (tmp_path / "ours.dcm").write_bytes(written(PLAN, masks).content)
    back = edited.returned(dcmread(tmp_path / "ours.dcm"), edited.RAYSTATION)
    (tmp_path / "edited.dcm").write_bytes(back.content)
    return tmp_path


def compare(place: Path, *more: str, reference: str = "ours.dcm", other: str = "edited.dcm") -> int:
    return main(["compare", str(place / reference), str(place / other), str(place / "images"), *more])


def test_the_table_has_a_line_for_each_roi(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(place) == 0
    told = capsys.readouterr()
    lines = [line.split() for line in told.out.splitlines()]
    assert lines[0][:2] == ["structure", "verdict"]
    assert [(line[0], line[1]) for line in lines[1:3]] == [("Heart", "untouched"), ("Kidney_L", "edited")]
    assert "Stomach: it is there, without a contour" in told.out
    assert "2 added ROI(s) are targets, planning structures or marks" in told.err


def test_json_is_the_contracts(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(place, "--json", "--tolerance", "1", "--tolerance", "kidney_l=3") == 0
    found = json.loads(capsys.readouterr().out)
    ours, theirs = (str(dcmread(place / name).SOPInstanceUID) for name in ("ours.dcm", "edited.dcm"))
    assert (found["Reference"], found["Other"]) == (ours, theirs)
    verdicts = {roi["Name"]: roi["Verdict"] for roi in found["Rois"]}
    assert verdicts == {
        "Heart": "untouched",
        "Kidney_L": "edited",
        "Spleen": "deleted",
        "Stomach": "deleted",
        None: "added",
    }
    tolerances = {roi["Name"]: roi["ToleranceMm"] for roi in found["Rois"]}
    assert (tolerances["Heart"], tolerances["Kidney_L"]) == (1.0, 3.0)
    assert len(found["Warnings"]) == 1


def test_a_table_of_names_pairs_what_a_clinic_calls_otherwise(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    back = edited.returned(dcmread(place / "ours.dcm"), edited.PINNACLE)
    (place / "edited.dcm").write_bytes(back.content)
    (place / "names.json").write_text(json.dumps(back.aliases))
    assert compare(place, "--json", "--names", str(place / "names.json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert {roi["Name"]: roi["Verdict"] for roi in found["Rois"]} == back.verdicts


def test_what_was_made_of_nothing_of_ours_is_added_when_it_is_not_ignored(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(place, "--json", "--ignore", "scar") == 0
    found = json.loads(capsys.readouterr().out)
    assert [roi["OtherName"] for roi in found["Rois"] if roi["Name"] is None] == []


@pytest.mark.parametrize("name", ["nowhere.dcm", "images", "image"])
@pytest.mark.parametrize("which", ["reference", "other"])
def test_a_wrong_file_is_one_sentence(name: str, which: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "image").write_bytes((place / "images" / "image0000.dcm").read_bytes())
    reference, other = (name, "edited.dcm") if which == "reference" else ("ours.dcm", name)
    assert compare(place, reference=reference, other=other) == 1
    _one_sentence(capsys, "NOT_RTSTRUCT")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"Herz": 3}',
        '{"Herz": " "}',
        '{"Herz": "Heart", "herz ": "Liver"}',
        '{"Herz": "Heart", "Herz": "Liver"}',
        None,
    ],
    ids=str,
)
def test_a_wrong_table_of_names_is_one_sentence(
    content: str | None, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (place / "names.json").write_text(content)
    assert compare(place, "--names", str(place / "names.json")) == 1
    _one_sentence(capsys, "NAMES_WRONG")


@pytest.mark.parametrize("tolerance", ["-1", "x", "Heart=", "nan", "1e9"])
def test_a_wrong_tolerance_is_wrong_usage(tolerance: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        compare(place, "--tolerance", tolerance)
    assert ended.value.code == 2
    assert "a tolerance is from 0 to 100 mm" in capsys.readouterr().err


def test_a_series_of_another_patient_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series.write_series(series.SeriesPlan(number=2), place / "other")
    assert main(["compare", str(place / "ours.dcm"), str(place / "edited.dcm"), str(place / "other")]) == 1
    _one_sentence(capsys, "OTHER_SERIES")


def test_a_name_of_a_foreign_file_moves_no_cursor(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = dcmread(place / "edited.dcm")
    dataset.StructureSetROISequence[-1].ROIName = "Scar\x1b[2J"
    dataset.save_as(place / "edited.dcm")
    assert compare(place) == 0
    assert "\x1b" not in capsys.readouterr().out


def _one_sentence(capsys: pytest.CaptureFixture[str], code: str) -> None:
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("autocontour: ")
    assert told.err.endswith(f"[{code}]\n")
    assert told.err.count("\n") == 1


def test_files_that_may_not_be_the_ones_that_were_meant_are_said(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(place, other="ours.dcm") == 0
    assert "both files have one SOP Instance UID" in capsys.readouterr().err
    foreign = dcmread(place / "edited.dcm")
    foreign.PatientID = "another"
    foreign.save_as(place / "foreign.dcm")
    assert compare(place, other="foreign.dcm") == 0
    told = capsys.readouterr()
    assert "name different patients" in told.err
    assert "another" not in told.err
    back = edited.returned(dcmread(place / "ours.dcm"), edited.MIM)
    (place / "mim.dcm").write_bytes(back.content)
    assert compare(place, reference="mim.dcm", other="ours.dcm") == 0
    assert "the first file says that it was made from the second" in capsys.readouterr().err
    assert compare(place, other="mim.dcm") == 0
    assert "made from the second" not in capsys.readouterr().err


def test_a_tolerance_for_no_roi_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(place, "--tolerance", "Haert=3", "--tolerance", "heart=1") == 0
    assert "1 tolerance(s) are for names that no ROI of the first file has" in capsys.readouterr().err
