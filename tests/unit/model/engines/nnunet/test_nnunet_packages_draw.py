"""nnU-Net results folders become packages and draw; how like nnU-Net itself is for tests/models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.engines.engine import Drawing
from model.engines.network.orientation import oriented
from model.engines.network.way import OnCpu
from model.engines.network.window import slices
from model.engines.nnunet.engine import NnUnet
from model.engines.nnunet.normalise import normalised
from model.errors import AutocontourError, EngineFailed, InputRefused
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.package import Package
from model.registry import Loaded, engine_of
from model.volume.volume import Volume
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.series import geometry
from tests.builders.short_memory import short_memory
from tests.builders.volumes import blobs, plan_of, volume

OWN = ImportOptions(license="LicenseRef-own", precision="fp32", orientation="LPS")
SHAPE = (20, 40, 44)


def imported(tmp_path: Path, net: TinyNet, options: ImportOptions = OWN) -> Package:
    """The package of a tiny network."""
    return import_model(write_folder(tmp_path / "results", net), tmp_path / "library", options)


def draw(package: Package, image: Volume | None = None) -> Drawing:
    """What the package draws on blobs."""
    return engine_of(package).draw(image or volume(SHAPE), lambda fraction, words: None)


def masks(drawing: Drawing, shape: tuple[int, int, int] = SHAPE) -> dict[str, np.ndarray]:
    """Whole masks by label."""
    return {one.label: one.mask.full(shape) for one in drawing.structures}


@pytest.mark.parametrize(
    "net",
    [
        TinyNet(),
        TinyNet(folds=2, mirror=None),
        TinyNet(network="ResidualEncoderUNet", mirror=None),
        TinyNet(old_plans=True, mirror=None),
        TinyNet(configuration="2d", patch=(32, 32), spacing=(4.0, 4.0), mirror=(0, 1)),
        TinyNet(transpose=(2, 0, 1), mirror=None),
        TinyNet(spacing=(14.0, 3.0, 3.0), mirror=None),
    ],
    ids=["plain", "two folds", "residual", "older plans", "2d", "transposed", "thick slices"],
)
def test_every_kind_of_network_draws_its_labels(tmp_path: Path, net: TinyNet) -> None:
    drawing = draw(imported(tmp_path, net))
    drawn = {one.label for one in drawing.structures} | {one.label for one in drawing.not_drawn}
    assert drawn == {"liver", "kidney_left"}
    assert drawing.structures
    assert drawing.algorithm.model == "tiny" or drawing.algorithm.model == "901-tiny"
    assert "LicenseRef-own" in drawing.algorithm.licence


def test_labels_do_not_overlap_and_lie_in_the_series(tmp_path: Path) -> None:
    found = masks(draw(imported(tmp_path, TinyNet(mirror=None))))
    assert np.sum(list(found.values()), axis=0, dtype=int).max() == 1


NESTED = {"background": 0, "whole": [1, 2, 3], "inner": [2, 3], "core": 2}


def regions_in_full(package: Package) -> dict[str, np.ndarray]:
    """Where each channel of the package's network is above one half, by the plain way: all of it in memory."""
    engine = engine_of(package)
    assert isinstance(engine, NnUnet)
    member = engine.members[0]
    image = oriented(volume(SHAPE), package.document.input.orientation)
    array = np.asarray(image.array, dtype=np.float32).transpose(member.plans.transpose)
    assert isinstance(member.way, OnCpu)
    sheets = slices(normalised(array, member.plans), member.window, member.way.predict, len(NESTED) - 1)
    channels = np.stack(list(sheets), axis=1) > 0
    back = np.argsort(member.plans.transpose)
    names = [name for name in NESTED if name != "background"]
    return {
        name: np.asarray(image.back(one.transpose(back).astype(np.uint8)) > 0)
        for name, one in zip(names, channels, strict=True)
    }


@pytest.mark.parametrize(
    ("order", "transpose", "letters"),
    [
        ((1, 3, 2), (0, 1, 2), "LPS"),
        ((3, 2, 1), (2, 0, 1), "RAS"),
        ((1, 1, 1), (1, 2, 0), "PSR"),
        ((), (0, 1, 2), "LAI"),
    ],
)
def test_every_region_is_drawn_whole_whatever_the_order_of_painting(
    tmp_path: Path, order: tuple[int, ...], transpose: tuple[int, int, int], letters: str
) -> None:
    net = TinyNet(labels=NESTED, regions=order, mirror=None, spacing=(5.0, 4.0, 4.0), transpose=transpose)
    net = replace(net, spacing=tuple(spacing_on(letters)[axis] for axis in transpose))
    package = imported(tmp_path, net, replace(OWN, orientation=letters))
    drawn, expected = masks(draw(package)), regions_in_full(package)
    assert {label for label, mask in expected.items() if mask.any()} == set(drawn)
    assert len(drawn) == 3
    for label, mask in drawn.items():
        assert np.array_equal(mask, expected[label]), label
    overlap = drawn["whole"] & drawn["inner"]
    assert overlap.any()


def spacing_on(letters: str) -> tuple[float, ...]:
    """mm of (z, y, x) of the axes that the letters name, in a series of 5 mm slices of 4 mm pixels."""
    return tuple(5.0 if letter in "SI" else 4.0 for letter in reversed(letters))


def test_regions_beside_a_network_of_labels_keep_what_the_labels_draw_over_them(tmp_path: Path) -> None:
    write_folder(tmp_path, TinyNet("Dataset901_Regions", labels=NESTED, regions=(1, 3, 2), mirror=None))
    write_folder(tmp_path, TinyNet("Dataset902_Labels", mirror=None, seed=3))
    both = masks(draw(import_model(tmp_path, tmp_path / "library", replace(OWN, name="both"))))
    alone = tmp_path / "Dataset901_Regions"
    regions = masks(draw(import_model(alone, tmp_path / "library", replace(OWN, name="alone"))))
    assert regions
    assert all(np.array_equal(both[label], mask) for label, mask in regions.items())
    assert both.keys() - regions.keys() == {"liver", "kidney_left"}
    assert (both["whole"] & both["liver"]).any()


def test_a_label_of_value_0_under_another_name_is_background(tmp_path: Path) -> None:
    package = imported(tmp_path, TinyNet(labels={"nothing": 0, "whole": [1, 2], "core": [2]}, mirror=None))
    assert [one.label for one in package.document.labels] == ["whole", "core"]


@pytest.mark.parametrize(
    ("changes", "turned"),
    [
        ({"row": (-1.0, 0.0, 0.0), "origin": (129.0, -48.0, -100.0)}, lambda a: a[::-1, :, ::-1]),
        ({"column": (0.0, -1.0, 0.0), "origin": (-48.0, 108.0, -5.0)}, lambda a: a[::-1, ::-1, :]),
    ],
    ids=["feet first", "rows from below"],
)
def test_the_same_organs_are_drawn_however_the_series_lies(
    tmp_path: Path, changes: dict[str, Any], turned: object
) -> None:
    engine = engine_of(imported(tmp_path, TinyNet(mirror=None)))
    plain = masks(engine.draw(volume(SHAPE), lambda fraction, words: None))
    array = np.ascontiguousarray(turned(blobs(SHAPE)))  # type: ignore[operator]
    other = engine.draw(Volume(array, geometry(plan_of(SHAPE, **changes))), lambda fraction, words: None)
    for label, mask in masks(other).items():
        assert np.array_equal(mask, turned(plain[label])), label  # type: ignore[operator]


def test_a_cascade_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        imported(tmp_path, TinyNet(configuration="3d_cascade_fullres"))
    assert refused.value.code == "CASCADE"
    assert "3d_fullres" in refused.value.message
    assert not (tmp_path / "library").exists()


def test_two_images_at_once_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet())
    (folder / "dataset.json").write_text('{"channel_names": {"0": "T1", "1": "T2"}, "labels": {"liver": 1}}')
    with pytest.raises(InputRefused, match="2 images at once"):
        import_model(folder, tmp_path / "library", OWN)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    small = write_folder(tmp_path / "small", TinyNet(features=4))
    large = write_folder(tmp_path / "large", TinyNet(features=6))
    checkpoint = "fold_0/checkpoint_final.pth"
    (small / checkpoint).write_bytes((large / checkpoint).read_bytes())
    with pytest.raises(InputRefused) as refused:
        import_model(small, tmp_path / "library", OWN)
    assert refused.value.code == "WEIGHTS_SHAPE"


def test_another_modality_is_refused_when_drawing(tmp_path: Path) -> None:
    package = imported(tmp_path, TinyNet(mirror=None))
    with pytest.raises(EngineFailed, match="is for CT and the series is MR"):
        draw(package, volume(SHAPE, modality="MR"))


def test_datasets_of_one_task_are_merged_with_names_and_codes(tmp_path: Path) -> None:
    write_folder(tmp_path, TinyNet("Dataset291_Organs", labels={"background": 0, "spleen": 1, "liver": 2}, mirror=None))
    write_folder(
        tmp_path,
        TinyNet("Dataset293_Cardiac", labels={"background": 0, "aorta": 1, "femur_left": 2}, mirror=None, seed=3),
    )
    options = replace(OWN, name="ts", datasets=(291, 293))
    package = import_model(tmp_path, tmp_path / "library", options)
    assert package.document.engine == "totalsegmentator"
    assert package.document.input.orientation == "LPS"
    drawing = draw(package)
    assert {one.label for one in drawing.structures} | {one.label for one in drawing.not_drawn} == {
        "spleen", "liver", "aorta", "femur_left"
    }  # fmt: skip
    assert np.sum(list(masks(drawing).values()), axis=0, dtype=int).max() == 1


def test_published_datasets_carry_their_licence_and_one_that_asks_for_a_number_gets_it(tmp_path: Path) -> None:
    open_one = write_folder(tmp_path / "a", TinyNet("Dataset297_TotalSegmentator_total_3mm_1559subj", mirror=None))
    package = import_model(open_one.parent, tmp_path / "library", ImportOptions(precision="fp32"))
    assert (package.document.id, package.document.license.spdx) == ("totalsegmentator-total-fast", "Apache-2.0")
    closed = write_folder(tmp_path / "b", TinyNet("Dataset301_Heart", mirror=None))
    with pytest.raises(InputRefused, match="--agreement"):
        import_model(closed.parent, tmp_path / "library", ImportOptions(precision="fp32"))
    for licence in ("Apache-2.0", "MIT"):
        with pytest.raises(InputRefused, match="--agreement"):
            import_model(closed.parent, tmp_path / "library", replace(OWN, license=licence))
    published = write_folder(tmp_path / "c", TinyNet("Dataset301_heart_highres_1559subj", mirror=None))
    with pytest.raises(InputRefused, match="--agreement"):
        import_model(published.parent, tmp_path / "library", OWN)
    # The number alone may be anybody's.
    assert import_model(closed.parent, tmp_path / "library", replace(OWN, name="own")).document.license.use == "any"
    agreed = ImportOptions(precision="fp32", agreement="made-up-number", orientation="RAS")
    given = import_model(closed.parent, tmp_path / "library", agreed)
    assert given.document.license.use == "agreement"


def test_a_folder_that_does_not_say_its_licence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="--license"):
        imported(tmp_path, TinyNet(), ImportOptions())


def test_short_memory_falls_back_to_smaller_tiles_and_says_so(tmp_path: Path) -> None:
    engine = engine_of(imported(tmp_path, TinyNet(mirror=None)))
    assert isinstance(engine, NnUnet)
    with short_memory(engine.members[0].placed, 16 * 32 * 16):
        drawing = engine.draw(volume(SHAPE), lambda fraction, words: None)
    assert drawing.structures
    assert all("smaller tiles" in one.flags[0] for one in drawing.structures)


def test_memory_that_never_suffices_ends_with_a_reason(tmp_path: Path) -> None:
    engine = engine_of(imported(tmp_path, TinyNet(mirror=None)))
    assert isinstance(engine, NnUnet)
    with short_memory(engine.members[0].placed, 0), pytest.raises(EngineFailed) as failed:
        engine.draw(volume(SHAPE), lambda fraction, words: None)
    assert failed.value.code == "OUT_OF_MEMORY"


def test_engines_stay_loaded_until_their_package_is_replaced(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet(mirror=None))
    options = replace(OWN, name="kept")
    import_model(folder, tmp_path / "library", options)
    kept = Loaded(tmp_path / "library")
    first = kept.engine("kept")
    assert kept.engine("kept") is first
    import_model(folder, tmp_path / "library", replace(options, version="2"), replace=True)
    assert kept.engine("kept") is not first
    with pytest.raises(AutocontourError, match="kept"):
        kept.engine("nonesuch")
