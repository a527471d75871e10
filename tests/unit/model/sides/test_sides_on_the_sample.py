"""The judge of sides on the real sample: what others drew there lies right, and in a mirror it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.contours.structure import BoxedMask, Structure
from model.errors import TargetFailed
from model.samples import reference
from model.sides.judge import placed, verdict
from model.sides.sample import Shown, installed
from plugin.cli import main
from tests.builders import sided

# Numbers of TotalSegmentator's classes in the labels that come with the sample.
CLASSES = {
    1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver", 8: "adrenal_gland_right", 9: "adrenal_gland_left",
    75: "femur_left", 76: "femur_right", 77: "hip_left", 78: "hip_right", 80: "gluteus_maximus_left",
    81: "gluteus_maximus_right", 86: "autochthon_left", 87: "autochthon_right", 88: "iliopsoas_left",
    89: "iliopsoas_right",
}  # fmt: skip
SIDES = {name: "L" if name.endswith("left") or name == "spleen" else "R" for name in CLASSES.values()}


@pytest.fixture(scope="module")
def shown() -> Shown:
    """The sample CT, where it can be had."""
    try:
        return next(installed("CT", True))
    except TargetFailed as failed:
        pytest.skip(f"the sample cannot be had: {failed.message}")


@pytest.fixture(scope="module")
def structures(shown: Shown) -> list[Structure]:
    """The reference's structures on the sample's own grid."""
    labels = reference("abdomen").array
    assert labels.shape == shown.volume.array.shape
    return [Structure(name, BoxedMask.crop(labels == number)) for number, name in CLASSES.items()]


def test_every_structure_of_the_reference_lies_on_its_side(shown: Shown, structures: list[Structure]) -> None:
    found = placed(structures, SIDES, shown.volume)
    assert {one.label for one in found if one.found == "side"} == set(CLASSES.values())
    assert all(shown.shows(one.label) for one in found)
    assert verdict(found, shown.name).verdict == "verified"


def test_in_a_mirror_every_structure_lies_on_the_other_side(shown: Shown, structures: list[Structure]) -> None:
    mirrored = [
        replace(one, mask=BoxedMask.crop(np.ascontiguousarray(one.mask.full(shown.volume.array.shape)[:, :, ::-1])))
        for one in structures
    ]
    assert verdict(placed(mirrored, SIDES, shown.volume), shown.name).verdict == "mirrored"


def test_an_mr_is_judged_as_a_ct_is() -> None:
    try:
        shown = next(installed("MR", True))
    except TargetFailed as failed:
        pytest.skip(f"the sample cannot be had: {failed.message}")
    labels = reference("mr-abdomen").array
    names = {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver"}
    drawn = [Structure(name, BoxedMask.crop(labels == number)) for number, name in names.items()]
    found = verdict(placed(drawn, {name: SIDES[name] for name in names.values()}, shown.volume), shown.name)
    assert (found.verdict, set(found.structures)) == ("verified", set(names.values()))


def test_one_exchanged_pair_among_many_is_not_verified(shown: Shown, structures: list[Structure]) -> None:
    exchanged = {"femur_left": "R", "femur_right": "L"}
    found = verdict(placed(structures, {**SIDES, **exchanged}, shown.volume), shown.name)
    assert found.verdict == "mirrored"
    assert set(found.structures) == set(exchanged)


def test_noise_lies_on_no_side(shown: Shown) -> None:
    noise = np.random.default_rng(1).random(shown.volume.array.shape) > 0.999
    found = placed([Structure("kidney_left", BoxedMask.crop(noise))], {"kidney_left": "L"}, shown.volume)
    assert [one.found for one in found] == ["unclear"]
    assert verdict(found, shown.name).verdict == "not verifiable"


@pytest.mark.usefixtures("real_sample")
def test_an_import_draws_the_sample_and_a_mirrored_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCONTOUR_MODELS", str(tmp_path / "library"))
    file = sided.halves(tmp_path)
    for letters, status in (("LPS", 0), ("RPS", 1), ("RAS", 1)):
        (tmp_path / "halves.json").write_text(json.dumps(sided.description_of_halves(letters)))
        command = ["models", "import", str(file), "--description", str(tmp_path / "halves.json"), "--license", "MIT"]
        assert main([*command, "--name", letters.lower()]) == status
        said = capsys.readouterr()
        assert ("sides verified" in said.out) == (status == 0)
        assert ("lie(s) on the other side of the body" in said.err) == (status == 1)
    assert main(["models", "show", "lps"]) == 0
    assert json.loads(capsys.readouterr().out)["sides"]["verdict"] == "verified"
    assert main(["models", "list"]) == 0
    assert "sides verified" in capsys.readouterr().out
    assert main(["models", "verify", "lps"]) == 0
    assert "sides verified" in capsys.readouterr().out
    assert [one.name for one in (tmp_path / "library").iterdir()] == ["lps"]
