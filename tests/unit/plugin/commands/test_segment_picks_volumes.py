"""``autocontour segment`` on a folder with several volumes: --pick, --each, or a refusal that names what to give."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from plugin.cli import main
from tests.builders.enhanced_series import PHILIPS, enhanced, frames_of
from tests.builders.phantom import file_of
from tests.builders.series_of_volumes import BREATHING, DIFFUSION, DIXON, ECHOES, Variants, variants_in, volumes


def folder_of(path: Path, objects: list[Dataset]) -> str:
    path.mkdir()
    for number, one in enumerate(objects):
        (path / f"{number:04d}.dcm").write_bytes(file_of(one))
    return str(path)


def segmented(tmp_path: Path, variants: Variants, *options: str) -> int:
    folder = folder_of(tmp_path / "series", volumes(variants))
    return main(["segment", folder, "-o", str(tmp_path / "out.dcm"), *options])


@pytest.mark.parametrize(
    ("variants", "picks", "variant"),
    [
        (ECHOES, ["EchoTime=longest"], 1),
        (ECHOES, ["EchoTime=2.46"], 0),
        (DIXON, ["ImageType=F"], 1),
        (DIFFUSION, ["DiffusionBValue=largest", "ImageType=trace"], 4),
        (BREATHING, ["NominalPercentageOfRespiratoryPhase=50"], 5),
    ],
)
def test_the_picked_volume_is_drawn(
    variants: Variants, picks: list[str], variant: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert segmented(tmp_path, variants, *(word for one in picks for word in ("--pick", one))) == 0
    written = pydicom.dcmread(tmp_path / "out.dcm")
    assert variants_in(written) == {variant}
    said = capsys.readouterr()
    assert f"{6 * (len(variants) - 1)} slice(s) of the folder are left out" in said.err
    assert "that Pick says" in written.StructureSetDescription
    assert written.StructureSetName in said.out


def test_each_volume_has_a_file_and_a_label_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert segmented(tmp_path, ECHOES, "--each", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [(one["Volume"], one["Output"]) for one in said["Volumes"]] == [
        ("EchoTime = 2.46 ms", "out-1.dcm"),
        ("EchoTime = 7.38 ms", "out-2.dcm"),
    ]
    written = [pydicom.dcmread(tmp_path / f"out-{number}.dcm") for number in (1, 2)]
    assert [one.StructureSetLabel for one in written] == ["TE 2.46 ms", "TE 7.38 ms"]
    assert [variants_in(one) for one in written] == [{0}, {1}]
    assert not (tmp_path / "out.dcm").exists()


def test_each_never_overwrites_a_file_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out-2.dcm").write_bytes(b"mine")
    assert segmented(tmp_path, ECHOES, "--each") == 1
    assert "[OUTPUT_EXISTS]" in capsys.readouterr().err
    assert (tmp_path / "out-2.dcm").read_bytes() == b"mine"
    assert not (tmp_path / "out-1.dcm").exists()


def test_what_is_not_clear_names_what_to_give(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert segmented(tmp_path, ECHOES) == 1
    said = capsys.readouterr().err
    assert "2 images of each place: echoes, EchoTime = 2.46 and 7.38 ms" in said
    assert "On the command line: --pick EchoTime=2.46, or --each. [SEVERAL_IMAGES]" in said


def test_a_pick_that_leaves_nothing_says_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert segmented(tmp_path, ECHOES, "--pick", "EchoTime=9") == 1
    said = capsys.readouterr().err
    assert "there are echoes, EchoTime = 2.46 and 7.38 ms" in said
    assert "[NOTHING_PICKED]" in said


@pytest.mark.parametrize("wrong", ["EchoTime", "EchoTimes=1", "EchoTime=soonest", "Slices=3", "=1"])
def test_a_pick_that_is_none_is_wrong_usage(wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert segmented(tmp_path, ECHOES, "--pick", wrong) == 2
    assert "--pick" in capsys.readouterr().err


def test_magnitude_beside_phase_is_drawn_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variants = [{"ImageType": ["ORIGINAL", "PRIMARY", word, "ND"]} for word in ("P", "M")]
    assert segmented(tmp_path, variants) == 0
    assert "the others are phase images" in capsys.readouterr().err
    assert variants_in(pydicom.dcmread(tmp_path / "out.dcm")) == {1}


def test_of_an_enhanced_object_the_picked_frames_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slices = volumes([{}, {}], shuffled=False)
    (made,) = enhanced([*frames_of(slices[:6], trigger_ms=0.0), *frames_of(slices[6:], trigger_ms=500.0)], PHILIPS)
    folder = folder_of(tmp_path / "enhanced", [made])
    assert main(["segment", folder, "-o", str(tmp_path / "out.dcm")]) == 1
    said = capsys.readouterr().err
    assert "--each. [SEVERAL_IMAGES]" in said
    picked = said.rsplit("--pick ", 1)[1].split(",")[0]
    assert main(["segment", folder, "-o", str(tmp_path / "out.dcm"), "--pick", picked]) == 0, picked
    written = pydicom.dcmread(tmp_path / "out.dcm")
    images = [
        image for roi in written.ROIContourSequence for one in roi.ContourSequence for image in one.ContourImageSequence
    ]
    frames = {int(image.ReferencedFrameNumber) for image in images}
    assert len(frames) == 6
    assert {image.ReferencedSOPInstanceUID for image in images} == {made.SOPInstanceUID}


def test_two_series_in_a_folder_are_refused_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slices = volumes(ECHOES)
    for one in slices[:6]:
        one.SeriesInstanceUID = "2.25.1"
    folder = folder_of(tmp_path / "two", slices)
    assert main(["segment", folder, "-o", str(tmp_path / "out.dcm"), "--pick", "EchoTime=2.46"]) == 1
    assert "[SERIES_MIXED]" in capsys.readouterr().err
