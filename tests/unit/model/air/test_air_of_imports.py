"""Tiles of air are skipped where a test found every voxel the same, where that is wished for, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from model.air.check import OTHER_NUMBERS, ensure_air
from model.air.remarks import remarks_of_air
from model.engines.engine import Drawing
from model.engines.network.air import DRAWN
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.air import AirResult, read_air
from model.packages.document import AirWish
from model.packages.package import Package, open_package
from model.registry import engine_of
from model.service.settings import ServiceDocument
from model.sides.sample import SampleSource
from tests.builders import in_air, sided
from tests.builders.in_air import LARGE, RIGHT, SMALL, WRONG, OddAir
from tests.builders.nearly_tied import NearestCentre


def silent(fraction: float, words: str) -> None:
    """Progress that nobody watches."""


def taken(
    folder: Path,
    network: torch.nn.Module | None = None,
    wish: AirWish | None = "skip",
    samples: SampleSource = in_air.samples,
    normalisation: str = "range",
    **inference: object,
) -> Package:
    """Imported into ``folder/library`` as ``x``."""
    options = ImportOptions(
        name="x",
        license="MIT",
        air_tiles=wish,
        description=in_air.description(normalisation, **inference),
    )
    file = in_air.torchscript(folder, network or NearestCentre(RIGHT))
    return import_model(file, folder / "library", options, samples=samples)


def only_result(package: Package) -> AirResult:
    (found,) = read_air(package)
    return found


def drawn(package: Package, odd: int = -1000) -> Drawing:
    return engine_of(package).draw(in_air.volume(odd), silent)


def require_same(one: Drawing, other: Drawing) -> None:
    assert [structure.label for structure in one.structures] == [structure.label for structure in other.structures]
    for first, second in zip(one.structures, other.structures, strict=True):
        assert first.mask.origin == second.mask.origin
        assert np.array_equal(first.mask.array, second.mask.array)


@pytest.mark.parametrize("normalisation", ["range", "clipped"])
def test_a_network_that_is_right_in_air_skips_it_and_says_so(tmp_path: Path, normalisation: str) -> None:
    package = taken(tmp_path, normalisation=normalisation)
    found = only_result(package)
    assert (found.verdict, found.reason) == ("same", "not one voxel differs on 1 image(s)")
    (image,) = found.images
    assert image.name == "made-up body"
    assert image.differing == 0
    assert image.voxels > 1000
    assert image.tiles > image.skipped > image.tiles / 4
    assert found.seconds is not None
    skipping = drawn(package)
    whole = drawn(replace(package, air="compute"))
    assert {one.label for one in whole.structures} == {LARGE, SMALL}
    require_same(skipping, whole)
    assert f"{image.skipped} of {image.tiles} tiles skipped as air" in skipping.algorithm.description
    assert whole.air is None
    assert "air" not in whole.algorithm.description
    assert remarks_of_air(engine_of(package)) == ()


def test_all_tiles_are_computed_where_nobody_asked(tmp_path: Path) -> None:
    package = taken(tmp_path, wish=None)
    assert read_air(package) == []
    assert "air_tiles" not in (package.folder / "model.json").read_text()
    assert ensure_air(package, silent, samples=in_air.samples).verdict == "same"
    assert drawn(package).air is None
    assert remarks_of_air(engine_of(package)) == ()
    # What the site wishes for holds in place of what the package says, and at once.
    assert drawn(replace(package, air="skip")).air is not None


def test_a_network_that_draws_a_structure_in_air_is_refused(tmp_path: Path) -> None:
    package = taken(tmp_path, NearestCentre(WRONG))
    found = only_result(package)
    assert (found.verdict, found.reason) == ("differs", DRAWN)
    assert found.images[0].skipped == 0
    assert drawn(package).air is None
    (told,) = remarks_of_air(engine_of(package))
    assert told == f"The model x was drawn with all tiles, not without those of air as asked for: {DRAWN}."


def test_a_network_that_is_wrong_about_some_air_is_refused_with_its_voxels(tmp_path: Path) -> None:
    package = taken(tmp_path, OddAir(RIGHT), samples=in_air.samples_with_odd_air)
    found = only_result(package)
    assert found.verdict == "differs"
    assert "differ on made-up body" in found.reason
    assert found.images[0].skipped > 0
    assert found.images[0].differing > 1000
    assert LARGE in {one.label for one in drawn(package, in_air.ODD).structures}


def test_a_patient_in_whose_air_something_is_drawn_is_drawn_with_all_tiles(tmp_path: Path) -> None:
    package = taken(tmp_path, OddAir(RIGHT))
    assert only_result(package).verdict == "same"
    odd = drawn(package, in_air.ODD)
    require_same(odd, drawn(replace(package, air="compute"), in_air.ODD))
    assert odd.air is not None
    assert (odd.air.skipped, odd.air.reason) == (0, DRAWN)
    assert f"0 of {odd.air.tiles} tiles skipped as air ({DRAWN})" in odd.algorithm.description


def test_without_enough_tiles_of_air_nothing_is_known(tmp_path: Path) -> None:
    package = taken(tmp_path, patch=[32, 64, 64])
    found = only_result(package)
    assert found.verdict == "untested"
    assert "no image has enough tiles" in found.reason
    assert found.reason in remarks_of_air(engine_of(package))[0]


def test_where_nothing_is_drawn_nothing_is_known(tmp_path: Path) -> None:
    found = only_result(taken(tmp_path, NearestCentre((0.0, 50.0, 60.0))))
    assert found.images[0].skipped > 0
    assert (found.verdict, found.images[0].voxels) == ("untested", 0)


def test_numbers_that_depend_on_the_image_are_refused(tmp_path: Path) -> None:
    package = taken(tmp_path, normalisation="zscore")
    found = ensure_air(package, silent, samples=in_air.samples)
    assert (found.verdict, found.reason) == ("untested", OTHER_NUMBERS)
    assert only_result(package).reason == OTHER_NUMBERS


def test_the_result_holds_for_what_computed_it(tmp_path: Path) -> None:
    package = taken(tmp_path)
    record = json.loads((package.folder / "air.json").read_text())
    assert record["results"][0]["computed_by"].endswith(" in fp32")
    record["results"][0]["computed_by"] = "openvino 1.0 on none in fp32"
    (package.folder / "air.json").write_text(json.dumps(record))
    assert drawn(package).air is None
    assert "was not tested with" in remarks_of_air(engine_of(package))[0]


def test_a_result_of_another_package_permits_nothing(tmp_path: Path) -> None:
    package = taken(tmp_path)
    document = json.loads((package.folder / "model.json").read_text()) | {"version": "2"}
    (package.folder / "model.json").write_text(json.dumps(document))
    assert read_air(open_package(package.folder)) == []
    assert drawn(open_package(package.folder)).air is None


def test_a_result_that_cannot_be_kept_permits_nothing(tmp_path: Path) -> None:
    package = taken(tmp_path, wish=None)
    (package.folder / "air.json").mkdir()
    found = ensure_air(package, silent, samples=in_air.samples)
    assert found.verdict == "untested"
    assert "cannot be written" in found.reason


def test_channels_of_their_own_and_mirror_images_are_the_same(tmp_path: Path) -> None:
    network = NearestCentre((1.0, 2.0, 4.0))
    package = taken(tmp_path, network, activation="sigmoid", flips=[0, 2])
    assert only_result(package).verdict == "same"
    skipping = drawn(package)
    assert skipping.air is not None
    assert skipping.air.skipped > 0
    require_same(skipping, drawn(replace(package, air="compute")))


def test_folds_of_nnunet_and_their_mirror_images_are_the_same(tmp_path: Path) -> None:
    folder = sided.nnunet(tmp_path, "LPS")
    plans = json.loads((folder / "plans.json").read_text())
    # To this network air is 0, and so is what lies beyond the edges of a tile: it sees no edges there.
    plans["foreground_intensity_properties_per_channel"]["0"]["mean"] = -900.0
    configuration = plans["configurations"]["3d_fullres"]
    configuration |= {"normalization_schemes": ["CTNormalization"], "patch_size": [16, 16, 16]}
    (folder / "plans.json").write_text(json.dumps(plans))
    checkpoint = torch.load(folder / "fold_0/checkpoint_final.pth", weights_only=False)
    for fold in ("fold_0", "fold_1"):
        (folder / fold).mkdir(exist_ok=True)
        mirrored = checkpoint | {"inference_allowed_mirroring_axes": (0, 1)}
        torch.save(mirrored, folder / fold / "checkpoint_final.pth")
    options = ImportOptions(name="x", license="MIT", orientation="LPS", precision="fp32", air_tiles="skip")
    package = import_model(folder, tmp_path / "library", options, samples=in_air.samples)
    assert only_result(package).verdict == "same"
    skipping = drawn(package)
    assert skipping.air is not None
    assert skipping.air.skipped > 0
    assert skipping.structures
    require_same(skipping, drawn(replace(package, air="compute")))


def test_tiles_of_one_slice_are_skipped_slice_by_slice(tmp_path: Path) -> None:
    package = taken(tmp_path, patch=[1, 16, 16])
    assert only_result(package).verdict == "same"
    skipping = drawn(package)
    assert skipping.air is not None
    assert skipping.air.skipped > in_air.SHAPE[0]
    require_same(skipping, drawn(replace(package, air="compute")))


def test_the_service_takes_the_same_key_as_the_gateway() -> None:
    one = {"StateDirectory": "state", "Sites": {}, "AirTiles": "skip"}
    assert ServiceDocument.model_validate(one).AirTiles == "skip"
    with pytest.raises(ValidationError):
        ServiceDocument.model_validate(one | {"AirTiles": "auto"})
