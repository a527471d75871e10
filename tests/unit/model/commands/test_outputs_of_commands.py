"""Commands never write over what they read, and over another file only with --force."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.commands.outputs import require_writable, write_output
from model.errors import InputRefused
from plugin.cli import main
from tests.builders.phantom import Phantom, file_of, phantom_series
from tests.builders.series import SeriesPlan, write_series

PLAN = SeriesPlan(shape=(24, 24), offsets=tuple(3.0 * n for n in range(5)))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A series, a label map with its names, and the structure set of both."""
    write_series(PLAN, tmp_path / "ct")
    labels = np.zeros((5, 24, 24), dtype=np.uint8)
    labels[1:4, 4:12, 6:15] = 1
    np.save(tmp_path / "labels.npy", labels)
    (tmp_path / "names.json").write_text('{"1": "Heart"}')
    assert main([*contours(tmp_path), "-o", str(tmp_path / "rs.dcm")]) == 0
    return tmp_path


def contours(place: Path) -> list[str]:
    return ["contours", str(place / "ct"), str(place / "labels.npy"), "--names", str(place / "names.json")]


def segment(place: Path) -> list[str]:
    return ["segment", str(place / "ct")]


def masks(place: Path) -> list[str]:
    return ["masks", str(place / "ct"), str(place / "rs.dcm")]


def digests(place: Path) -> dict[str, str]:
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def refused(capsys: pytest.CaptureFixture[str], code: str) -> None:
    captured = capsys.readouterr()
    assert captured.err.endswith(f"[{code}]\n"), captured.err
    assert captured.out == ""


def itself(image: Path) -> Path:
    return image


def linked(image: Path) -> Path:
    link = image.parents[1] / "link.dcm"
    link.symlink_to(image)
    return link


def hard_linked(image: Path) -> Path:
    link = image.parents[1] / "hard.dcm"
    os.link(image, link)
    return link


def by_a_linked_folder(image: Path) -> Path:
    folder = image.parents[1] / "other"
    folder.symlink_to(image.parent, target_is_directory=True)
    return folder / image.name


def by_a_way_round(image: Path) -> Path:
    return image.parent / ".." / image.parent.name / "." / image.name


def in_capitals(image: Path) -> Path:
    return image.with_name(image.name.upper())


def relative(image: Path) -> Path:
    return Path(os.path.relpath(image))


ALIASES = [itself, linked, hard_linked, by_a_linked_folder, by_a_way_round, in_capitals, relative]


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize(
    "command",
    [
        lambda place, out: [*segment(place), "-o", out],
        lambda place, out: [*segment(place), "-o", str(place / "new.dcm"), "--preview", out],
        lambda place, out: [*contours(place), "-o", out],
        lambda place, out: [*contours(place), "-o", str(place / "new.dcm"), "--seg", out],
    ],
    ids=["segment", "its preview", "contours", "its segmentation"],
)
def test_an_image_is_never_overwritten(
    command: Callable[[Path, str], list[str]],
    alias: Callable[[Path], Path],
    force: list[str],
    place: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = alias(sorted((place / "ct").iterdir())[0])
    before = digests(place)
    capsys.readouterr()
    assert main([*command(place, str(out)), *force]) == 1
    refused(capsys, "OUTPUT_IS_INPUT")
    assert digests(place) == before


@pytest.mark.parametrize("name", ["labels.npy", "names.json"])
def test_labels_and_names_are_never_overwritten(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = digests(place)
    capsys.readouterr()
    assert main([*contours(place), "-o", str(place / name), "--force"]) == 1
    refused(capsys, "OUTPUT_IS_INPUT")
    assert digests(place) == before


@pytest.mark.parametrize("folder", ["ct", "ct/masks", "CT/masks", "alias", "alias/masks", "ct/../ct"])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_masks_do_not_go_into_the_folder_of_the_series(
    folder: str, force: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "alias").symlink_to(place / "ct", target_is_directory=True)
    before = digests(place)
    capsys.readouterr()
    assert main([*masks(place), "-o", str(place / folder), *force]) == 1
    refused(capsys, "OUTPUT_IS_INPUT")
    assert digests(place) == before


def test_a_structure_set_is_not_overwritten_by_its_mask(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "out").mkdir()
    (place / "rs.dcm").rename(place / "out" / "Heart.nii.gz")
    before = digests(place)
    capsys.readouterr()
    given = ["masks", str(place / "ct"), str(place / "out" / "Heart.nii.gz"), "-o", str(place / "out"), "--force"]
    assert main(given) == 1
    refused(capsys, "OUTPUT_IS_INPUT")
    assert digests(place) == before


@pytest.mark.parametrize("kind", ["file", "link to nowhere"])
def test_another_file_is_overwritten_only_when_told(kind: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = place / "mine.dcm"
    if kind == "file":
        out.write_text("mine")
    else:
        out.symlink_to(place / "nowhere")
    before = digests(place)
    capsys.readouterr()
    for command in (contours(place), segment(place)):
        assert main([*command, "-o", str(out)]) == 1
        refused(capsys, "OUTPUT_EXISTS")
    assert digests(place) == before
    assert main([*contours(place), "-o", str(out), "--force"]) == 0
    assert out.read_bytes()[128:132] == b"DICM"
    assert not (place / "nowhere").exists()


def test_masks_that_are_there_are_overwritten_only_when_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [*masks(place), "-o", str(place / "out")]
    assert main(given) == 0
    (place / "out" / "Heart.nii.gz").write_text("mine")
    capsys.readouterr()
    assert main(given) == 1
    refused(capsys, "OUTPUT_EXISTS")
    assert (place / "out" / "Heart.nii.gz").read_text() == "mine"
    assert main([*given, "--force"]) == 0
    assert (place / "out" / "Heart.nii.gz").read_bytes()[:2] == b"\x1f\x8b"


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_a_mask_that_is_a_link_leaves_what_it_leads_to(link: Callable[[Path, Path], None], place: Path) -> None:
    (place / "out").mkdir()
    (place / "mine").write_text("mine")
    link(place / "out" / "Heart.nii.gz", place / "mine")
    assert main([*masks(place), "-o", str(place / "out"), "--force"]) == 0
    assert (place / "mine").read_text() == "mine"
    assert (place / "out" / "Heart.nii.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_a_folder_as_output_is_called_one(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main([*contours(place), "-o", str(place / "ct"), "--force"]) == 1
    assert "is a folder" in capsys.readouterr().err


def test_two_outputs_are_not_one_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main([*segment(place), "-o", str(place / "x"), "--preview", str(place / "ct" / ".." / "x")]) == 1
    refused(capsys, "OUTPUT")


def test_a_dossier_does_not_overwrite_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = Path(__file__).resolve().parents[4] / "orthanc.json"
    configuration = tmp_path / "orthanc.md"
    configuration.write_text(source.read_text())
    assert main(["evidence", "dossier", str(configuration), "-o", str(configuration), "--force"]) == 1
    refused(capsys, "OUTPUT_IS_INPUT")
    (tmp_path / "mine.md").write_text("mine")
    assert main(["evidence", "dossier", str(configuration), "-o", str(tmp_path / "mine.md")]) == 1
    refused(capsys, "OUTPUT_EXISTS")
    assert (tmp_path / "mine.md").read_text() == "mine"


def test_a_file_that_came_into_being_meanwhile_is_spared(tmp_path: Path) -> None:
    out = tmp_path / "out"
    require_writable([out], [], force=False)
    out.write_text("theirs")
    with pytest.raises(InputRefused, match="OUTPUT_EXISTS"):
        write_output(out, b"ours", force=False)
    assert out.read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    write_output(out, b"ours", force=True)
    assert out.read_bytes() == b"ours"


def test_results_are_given_as_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main([*contours(place), "-o", str(place / "again.dcm"), "--json"]) == 0
    drawn = json.loads(capsys.readouterr().out)
    assert [(roi["Number"], roi["Name"]) for roi in drawn["Rois"]] == [(1, "Heart")]
    assert main([*masks(place), "-o", str(place / "out"), "--json"]) == 0
    filled = json.loads(capsys.readouterr().out)
    assert filled["Rois"] == [{"Number": 1, "Name": "Heart", "Voxels": 3 * 8 * 9, "File": "Heart.nii.gz"}]
    assert filled["LeftOut"] == filled["Warnings"] == []


def test_a_drawing_is_given_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct").mkdir()
    for number, one in enumerate(phantom_series(Phantom(slices=4, size=64, pixel_mm=6.0))):
        (tmp_path / "ct" / f"{number}.dcm").write_bytes(file_of(one))
    assert main([*segment(tmp_path), "-o", str(tmp_path / "rs.dcm"), "--json"]) == 0
    drawn = json.loads(capsys.readouterr().out)
    assert "External" in [roi["Name"] for roi in drawn["Rois"]]
    assert drawn["Model"]["Name"] == "hu-ct"
