"""Left is drawn on the left by every kind of model on every kind of axes, or the import is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest

from model.errors import InputRefused, TargetFailed
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.package import Package, open_package
from model.packages.sides import read_sides
from model.registry import engine_of
from model.sides.check import ensure_sides, sides_of_engine, try_out
from model.sides.sample import Shown
from tests.builders import sided
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.sided import SHAPE

# Every order of the axes and every way round.
EVERY = ["".join(one) for order in permutations(("LR", "AP", "SI")) for one in product(*order)]


def nnunet(folder: Path, letters: str) -> tuple[Path, ImportOptions]:
    return sided.nnunet(folder / "results", letters), ImportOptions(orientation=letters)


def torchscript(folder: Path, letters: str) -> tuple[Path, ImportOptions]:
    return sided.torchscript(folder, letters), ImportOptions(description=sided.description(letters))


def onnx(folder: Path, letters: str) -> tuple[Path, ImportOptions]:
    pytest.importorskip("onnx", reason="onnx makes the file")
    pytest.importorskip("onnxruntime", reason='the extra "onnx" is not installed')
    return sided.onnx_file(folder, letters), ImportOptions(description=sided.description(letters))


def bundle(folder: Path, letters: str) -> tuple[Path, ImportOptions]:
    pytest.importorskip("monai", reason='the extra "monai" is not installed')
    return sided.bundle(folder / "bundle", letters), ImportOptions()


def program(folder: Path, letters: str) -> tuple[Path, ImportOptions]:
    return sided.bundle(folder / "bundle", letters, program=True), ImportOptions()


Make = Callable[[Path, str], tuple[Path, ImportOptions]]
KINDS: list[Make] = [nnunet, torchscript, onnx, bundle, program]


def taken(path: Path, options: ImportOptions, library: Path) -> Package:
    """Imported with the made-up body as the sample."""
    own = replace(options, name="x", license="LicenseRef-own", precision="fp32")
    return import_model(path, library, own, samples=sided.samples)


def on_the_left(package: Package) -> dict[str, float]:
    """Share of each drawn structure in the patient's left half."""
    drawing = engine_of(package).draw(sided.volume(), lambda fraction, words: None)
    return sided.left_kidneys({one.label: one.mask.full(SHAPE) for one in drawing.structures})


@pytest.mark.parametrize("letters", ["LPS", "RAS", "PIR", "ASL"])
@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_left_is_drawn_on_the_left_whatever_the_axes_of_the_training(tmp_path: Path, make: Make, letters: str) -> None:
    package = taken(*make(tmp_path, letters), tmp_path / "library")
    shares = on_the_left(package)
    assert shares["kidney_left"] > 0.95
    assert shares["kidney_right"] < 0.05
    found = read_sides(package)
    assert found is not None
    assert found.verdict == "verified", found.reason
    assert set(found.structures) == {"kidney_left", "kidney_right"}


@pytest.mark.parametrize("letters", EVERY)
def test_each_of_the_48_axes_is_turned_to(tmp_path: Path, letters: str) -> None:
    shares = on_the_left(taken(*torchscript(tmp_path, letters), tmp_path / "library"))
    assert shares["kidney_left"] > 0.95
    assert shares["kidney_right"] < 0.05


@pytest.mark.parametrize(("trained", "said"), [("RAS", "LPS"), ("LPS", "RPS"), ("LAS", "RAS"), ("PIR", "PIL")])
@pytest.mark.parametrize("make", [nnunet, torchscript, onnx], ids=lambda make: make.__name__)
def test_a_mirrored_import_is_refused_and_leaves_nothing(tmp_path: Path, make: Make, trained: str, said: str) -> None:
    path, _ = make(tmp_path, trained)
    described = {} if make is nnunet else sided.description(said)
    options = ImportOptions(orientation=said, description=described)
    with pytest.raises(InputRefused) as refused:
        taken(path, options, tmp_path / "library")
    assert refused.value.code == "SIDES"
    assert "kidney_left, kidney_right" in refused.value.message
    assert "--orientation" in refused.value.message
    assert not (tmp_path / "library").exists()


TOTAL = TinyNet("Dataset297_TotalSegmentator_total_3mm_1559subj")
REORIENTED = TinyNet(reader="NibabelIOWithReorient")


@pytest.mark.parametrize("net", [TOTAL, REORIENTED], ids=["TotalSegmentator", "reader that turns"])
def test_what_the_files_say_of_the_axes_is_tested_like_what_people_say(tmp_path: Path, net: TinyNet) -> None:
    package = taken(sided.nnunet(tmp_path / "right", "RAS", net), ImportOptions(), tmp_path / "library")
    assert package.document.input.orientation_from == "files"
    assert on_the_left(package)["kidney_left"] > 0.95
    # Files that name another training than theirs are found out.
    with pytest.raises(InputRefused, match="SIDES"):
        taken(sided.nnunet(tmp_path / "wrong", "LPS", net), ImportOptions(), tmp_path / "elsewhere")


def test_each_network_of_several_is_tested(tmp_path: Path) -> None:
    for number, letters in ((291, "RAS"), (292, "RAS")):
        sided.nnunet(tmp_path / "good", letters, TinyNet(f"Dataset{number}_TotalSegmentator_part"))
    good = taken(tmp_path / "good", ImportOptions(datasets=(291, 292)), tmp_path / "library")
    found = read_sides(good)
    assert found is not None
    assert (found.verdict, len(found.structures)) == ("verified", 4)
    sided.nnunet(tmp_path / "bad", "RAS", TinyNet("Dataset291_TotalSegmentator_part"))
    sided.nnunet(tmp_path / "bad", "LPS", TinyNet("Dataset292_TotalSegmentator_part"))
    with pytest.raises(InputRefused, match="SIDES"):
        taken(tmp_path / "bad", ImportOptions(datasets=(291, 292)), tmp_path / "elsewhere")


def test_a_test_that_takes_too_long_is_ended_with_that_reason(package: Package) -> None:
    found = try_out(package, silent, samples=sided.samples, seconds=-1.0)
    assert found.verdict == "not verifiable"
    assert "takes longer than" in found.reason


def test_labels_whose_sides_are_exchanged_are_refused_too(tmp_path: Path) -> None:
    description = sided.description("LPS")
    for label, name in zip(description["labels"], ("Kidney_R", "Kidney_L"), strict=True):
        label["name"] = name
    with pytest.raises(InputRefused, match="SIDES"):
        taken(sided.torchscript(tmp_path, "LPS"), ImportOptions(description=description), tmp_path / "library")


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """A good package."""
    return taken(*torchscript(tmp_path, "RAS"), tmp_path / "library")


def never(modality: str, fetch: bool) -> Iterator[Shown]:
    """Samples of a machine that has none and reaches none."""
    assert modality == "CT"
    raise TargetFailed("SAMPLE_DOWNLOAD", "the sample could not be fetched")


def silent(fraction: float, words: str) -> None:
    """Progress that nobody watches."""


def test_a_package_that_was_mirrored_by_hand_is_found_when_it_is_loaded(package: Package) -> None:
    document = json.loads((package.folder / "model.json").read_text())
    document["input"]["orientation"] = "LPS"
    (package.folder / "model.json").write_text(json.dumps(document))
    changed = open_package(package.folder)
    assert read_sides(changed) is None
    for _ in range(2):  # and once more from what was kept
        with pytest.raises(InputRefused, match="SIDES"):
            ensure_sides(changed, silent, samples=sided.samples)
    assert (kept := read_sides(changed)) is not None
    assert kept.verdict == "mirrored"
    with pytest.raises(InputRefused, match="SIDES"):
        sides_of_engine(engine_of(changed), silent)


def test_a_package_of_before_is_tested_once_and_keeps_its_digest(package: Package) -> None:
    (package.folder / "sides.json").unlink()
    before = open_package(package.folder).digest
    assert ensure_sides(package, silent, samples=sided.samples).verdict == "verified"
    assert open_package(package.folder).digest == before
    assert ensure_sides(package, silent, samples=never).verdict == "verified"
    assert "sides verified" in engine_of(package).draw(sided.volume(), silent).algorithm.description


def test_a_machine_without_a_sample_says_that_nothing_was_verified(package: Package) -> None:
    (package.folder / "sides.json").unlink()
    assert "sides not tested" in engine_of(package).draw(sided.volume(), silent).algorithm.description
    found = ensure_sides(package, silent, samples=never)
    assert found.verdict == "not verifiable"
    assert "could not be fetched" in found.reason
    remarks, verdict = sides_of_engine(engine_of(package), silent)
    assert verdict == "not verifiable"
    assert "not verifiable" in remarks[0]
    assert "sides not verifiable" in engine_of(package).draw(sided.volume(), silent).algorithm.description


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1, "test": 1, "package": "x", "result": {}}'])
def test_a_result_that_is_none_is_no_result(package: Package, content: str) -> None:
    (package.folder / "sides.json").write_text(content)
    assert read_sides(package) is None


def test_a_network_that_draws_nothing_there_is_not_verifiable(tmp_path: Path) -> None:
    def empty(modality: str, fetch: bool) -> Iterator[Shown]:
        (shown,) = sided.samples(modality, fetch)
        flat = np.where(shown.volume.array > -200, -100, -240).astype(np.int16)
        yield Shown("flat body", type(shown.volume)(flat, shown.volume.geometry), shown.organs)

    path, options = torchscript(tmp_path, "RAS")
    made = import_model(
        path,
        tmp_path / "library",
        ImportOptions(name="x", license="MIT", description=options.description),
        samples=empty,
    )
    found = read_sides(made)
    assert found is not None
    assert found.verdict == "not verifiable"
    assert "none of its structures" in found.reason


def test_what_has_no_side_is_not_tested(tmp_path: Path) -> None:
    description = sided.description("RAS")
    description["labels"] = [{"value": 1, "label": "prostate"}]
    made = import_model(
        sided.torchscript(tmp_path, "RAS"),
        tmp_path / "library",
        ImportOptions(name="x", license="MIT", description=description),
        samples=never,
    )
    found = read_sides(made)
    assert found is not None
    assert "lies on one side" in found.reason
    assert sides_of_engine(engine_of(made), silent) == ((), "")


def test_axes_that_were_assumed_are_told_with_every_result(tmp_path: Path) -> None:
    net = TinyNet(labels={"background": 0, "prostate": 1}, mirror=None)
    made = taken(write_folder(tmp_path / "results", net), ImportOptions(), tmp_path / "library")
    assert made.document.input.orientation_from == "assumed"
    remarks, _ = sides_of_engine(engine_of(made), silent)
    assert "were assumed" in remarks[0]
    assert "axes of training assumed" in engine_of(made).draw(sided.volume(), silent).algorithm.description
