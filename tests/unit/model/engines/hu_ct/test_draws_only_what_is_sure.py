"""A made-up person scanned in every way: hu-ct draws what is there, on its side and in its place, or says why not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.engine import Drawing
from model.engines.hu_ct.engine import ORDER
from model.errors import EngineFailed
from model.quality import with_quality_flags
from model.registry import engine
from model.volume.volume import Volume
from plugin.cli import main
from tests.builders.acquisition import tilted, turned
from tests.builders.long_tests import some_of
from tests.builders.person import CHEST, VARIANTS, Person, Scan
from tests.builders.series import SeriesPlan, write_series

Mask = NDArray[np.bool_]

CHEST_ORGANS = {"External", "Lung_L", "Lung_R", "Trachea", "SpinalCanal"}
HEAD_AND_NECK = CHEST_ORGANS | {"Brain"}
# What is drawn in each variant, Bones_HU aside; everything else is left out with a reason.
DRAWN = dict.fromkeys((name for name in VARIANTS if name != "empty table"), HEAD_AND_NECK) | {
    "chest, arms down": CHEST_ORGANS,
    "chest, arms up, insert": CHEST_ORGANS,
    "chest, contrast": CHEST_ORGANS,
    "chest with emphysema": CHEST_ORGANS,
    "chest, dense lung": CHEST_ORGANS,
    "chest in slices of 3 mm": CHEST_ORGANS,
    "chest in slices of 10 mm": CHEST_ORGANS,
    "only a right lung": CHEST_ORGANS - {"Lung_L"},
    "left lung after the right was removed": CHEST_ORGANS - {"Lung_R"},
    "field of view on the right": set[str](),
    "field of view on the right with the spine": {"Lung_R", "Trachea", "SpinalCanal"},
    "field of view on the left": set[str](),
    "field of view on the left with the spine": {"Lung_L", "Trachea", "SpinalCanal"},
    "field of view within the chest": CHEST_ORGANS - {"External"},
    "belly with gas": CHEST_ORGANS - {"Trachea"},
    "belly with gas like lung": CHEST_ORGANS - {"Trachea"},
    "belly below the lungs": {"External", "SpinalCanal"},
    "head": {"External", "Brain"},
    "head with metal": {"External", "Brain"},
    "neck": {"External"},
    "legs": {"External"},
    "one leg": {"External"},
    "three slices of a chest": {"External"},
    "three slices of a head": {"External"},
    "cylinder": {"External"},
}
# A part of the patient, or no patient: nobody may take it for a whole one.
FLAGGED = ("neck", "legs", "one leg", "three slices of a chest", "three slices of a head", "cylinder")


def draw(scan: Scan) -> Drawing:
    return with_quality_flags(engine("hu-ct").draw(scan.volume, lambda fraction, what: None), scan.volume.geometry)


@cache
def drawn(name: str) -> tuple[Scan, Drawing]:
    scan = VARIANTS[name].scan()
    return scan, draw(scan)


def masks(scan: Scan, drawing: Drawing) -> dict[str, Mask]:
    return {one.label: one.mask.full(scan.volume.geometry.shape) for one in drawing.structures}


def truths(scan: Scan) -> dict[str, Mask]:
    return {
        "External": scan.inside,
        "Lung_R": scan.lungs == 1,
        "Lung_L": scan.lungs == 2,
        "Trachea": scan.trachea,
        "SpinalCanal": scan.canal,
        "Brain": scan.brain,
    }


def millilitres(mask: Mask, scan: Scan) -> float:
    rows, columns = scan.volume.geometry.planes[0].spacing
    return float(mask.sum()) * rows * columns * float(scan.z[1] - scan.z[0]) / 1000


def astray(scan: Scan, drawing: Drawing) -> dict[str, float]:
    """Millilitres of each structure that lie more than two voxels outside of what they are."""
    right = truths(scan)
    return {
        label: millilitres(mask & ~ndimage.binary_dilation(right[label], iterations=2), scan)
        for label, mask in masks(scan, drawing).items()
        if label in right
    }


def astray_or_refused(scan: Scan) -> dict[str, float]:
    """The same; nothing where hu-ct refuses a scan that shows too little."""
    try:
        return astray(scan, draw(scan))
    except EngineFailed as refused:
        if refused.code not in ("MODEL_NOTHING", "NOTHING_DRAWN"):
            raise
        return {}


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "cylinder"])
def test_nothing_lies_outside_of_its_organ(name: str) -> None:
    scan, drawing = drawn(name)
    right = truths(scan)
    for label, volume in astray(scan, drawing).items():
        if (name, label) != ("headrest that touches the head", "External"):
            # Slices of 10 mm end a dome of the diaphragm in steps.
            assert volume < (20.0 if label == "External" else 1.0 + 0.002 * millilitres(right[label], scan)), label


def test_what_touches_the_head_and_is_taken_for_it_is_flagged() -> None:
    _, drawing = drawn("headrest that touches the head")
    external = next(one for one in drawing.structures if one.label == "External")
    assert any("behind the brain" in flag for flag in external.flags)


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_there_is_drawn_and_the_rest_left_out_with_a_reason(name: str) -> None:
    _, drawing = drawn(name)
    labels = {one.label for one in drawing.structures}
    assert labels - {"Bones_HU"} == DRAWN[name]
    reasons = {one.label: one.reason for one in drawing.not_drawn}
    assert labels | set(reasons) == set(ORDER)
    assert all(len(reason) > 15 for reason in reasons.values())


@pytest.mark.parametrize("name", [name for name in DRAWN if {"Lung_L", "Lung_R"} & DRAWN[name]])
def test_lungs_are_whole_and_on_their_sides(name: str) -> None:
    scan, drawing = drawn(name)
    found = masks(scan, drawing)
    for label in {"Lung_L", "Lung_R"} & DRAWN[name]:
        truth = truths(scan)[label]
        dice = 2.0 * int((truth & found[label]).sum()) / (int(truth.sum()) + int(found[label].sum()))
        # A thin base has most of its voxels at its surface.
        assert dice > (0.85 if name.startswith("belly") else 0.95), label


@pytest.mark.parametrize("name", [name for name in DRAWN if "External" in DRAWN[name] and name not in FLAGGED])
def test_external_holds_the_patient_or_says_that_it_does_not(name: str) -> None:
    scan, drawing = drawn(name)
    held = int((masks(scan, drawing)["External"] & scan.inside).sum())
    assert held > 0.98 * int(scan.inside.sum())


@pytest.mark.parametrize("name", FLAGGED)
def test_a_part_of_a_patient_or_a_phantom_is_flagged(name: str) -> None:
    _, drawing = drawn(name)
    external = next(one for one in drawing.structures if one.label == "External")
    assert any("neither spine nor skull" in flag for flag in external.flags)


@pytest.mark.parametrize("name", ["field of view on the right", "field of view on the left", "three slices of a chest"])
def test_without_a_spine_no_side_is_named(name: str) -> None:
    _, drawing = drawn(name)
    reasons = {one.label: one.reason for one in drawing.not_drawn}
    assert "no spine" in reasons["Lung_L"]
    assert "no spine" in reasons["Lung_R"]


def test_a_cut_body_has_no_external() -> None:
    _, drawing = drawn("field of view on the right with the spine")
    assert "cuts through the body" in {one.label: one.reason for one in drawing.not_drawn}["External"]


@pytest.mark.parametrize(
    "cut",
    [
        {"across": (-260.0, 40.0)},
        {"across": (-40.0, 260.0)},
        {"reach": (200.0, 365.0)},
        {"reach": (310.0, 425.0)},
    ],
    ids=["left", "right", "vertex", "base"],
)
def test_a_brain_that_the_image_cuts_is_flagged(cut: dict[str, tuple[float, float]]) -> None:
    drawing = draw(replace(VARIANTS["head"], **cut).scan())  # type: ignore[arg-type]
    brain = [one for one in drawing.structures if one.label == "Brain"]
    assert all(any("ends within the skull" in flag for flag in one.flags) for one in brain)
    assert brain or any(one.label == "Brain" for one in drawing.not_drawn)


@pytest.mark.parametrize("name", ["head", "headrest, mask, table", "head with metal"])
def test_a_whole_brain_is_not_flagged(name: str) -> None:
    _, drawing = drawn(name)
    brain = next(one for one in drawing.structures if one.label == "Brain")
    assert not any("ends within the skull" in flag for flag in brain.flags)


def test_an_empty_table_is_no_patient() -> None:
    with pytest.raises(EngineFailed, match="no body"):
        drawn("empty table")


def test_lung_outside_of_external_is_flagged() -> None:
    # A chest that is open to the air at its left side, the ribs behind still there.
    scan = VARIANTS["chest, contrast"].scan()
    array = np.asarray(scan.volume.array, dtype=np.int16).copy()
    rows, columns = scan.volume.geometry.planes[0].spacing
    place = scan.volume.geometry.planes[0].position
    x = place[0] + columns * np.arange(array.shape[2])
    y = place[1] + rows * np.arange(array.shape[1])
    wall = (x[None, :] > 60) & (y[:, None] < 40) & (scan.lungs == 0) & scan.inside
    array[wall & (scan.z[:, None, None] < 150)] = -1000
    drawing = draw(replace(scan, volume=Volume(array, scan.volume.geometry)))
    external = next(one for one in drawing.structures if one.label == "External")
    assert any("like lung lie outside" in flag for flag in external.flags)


def test_bone_outside_of_external_is_flagged() -> None:
    _, drawing = drawn("headrest of dense foam")
    external = next(one for one in drawing.structures if one.label == "External")
    assert any("as dense as bone" in flag for flag in external.flags)


@pytest.mark.parametrize(("row", "column"), [("R", "P"), ("R", "A"), ("P", "L"), ("A", "H"), ("L", "F")])
def test_prone_feet_first_and_on_the_side_the_lungs_keep_their_sides(row: str, column: str) -> None:
    scan = replace(VARIANTS["only a right lung"], step=6.0, pixel=4.0).scan()
    volume = turned(scan.volume, row, column)
    drawing = with_quality_flags(engine("hu-ct").draw(volume, lambda fraction, what: None), volume.geometry)
    assert {one.label for one in drawing.structures} >= {"Lung_R"}
    assert "Lung_L" not in {one.label for one in drawing.structures}


@pytest.mark.parametrize("degrees", some_of((-20.0, 15.0), always=(-20.0,)))
def test_a_tilted_gantry_changes_nothing(degrees: float) -> None:
    scan = replace(VARIANTS["headrest, mask, table"], step=6.0, pixel=4.0).scan()
    volume = tilted(scan.volume, degrees, 0.0)
    drawing = with_quality_flags(engine("hu-ct").draw(volume, lambda fraction, what: None), volume.geometry)
    labels = {one.label for one in drawing.structures}
    assert {"External", "Brain"} <= labels
    for one in drawing.structures:
        if one.label.startswith("Lung"):
            index = np.argwhere(one.mask.array).mean(axis=0) + one.mask.origin
            first, last = volume.geometry.positions[0], volume.geometry.positions[-1]
            place = first + (last - first) * index[0] / (len(volume.geometry.planes) - 1)
            plane = volume.geometry.planes[0]
            place = place + np.array(plane.column_direction) * index[1] * plane.spacing[0]
            place = place + np.array(plane.row_direction) * index[2] * plane.spacing[1]
            assert (place[0] > 25.0) if one.label == "Lung_L" else (place[0] < -25.0)
            assert place[2] < 172.0


# The same persons each time: shrinking one takes minutes.
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    low=st.floats(-420.0, 240.0),
    height=st.floats(40.0, 300.0),
    left=st.floats(-240.0, 20.0),
    width=st.floats(120.0, 480.0),
    head_air=st.floats(-1000.0, -860.0),
    gas=st.floats(-1000.0, -860.0),
    foam=st.floats(-950.0, -200.0),
    gap=st.floats(6.0, 25.0),
    devices=st.sets(st.sampled_from(["table", "headrest", "cradle", "mask", "bite_block"])),
    lungs=st.sampled_from(["LR", "L", "R"]),
)
def test_whatever_the_field_of_view_no_lung_lies_outside_of_the_lungs_nor_on_the_other_side(
    low: float,
    height: float,
    left: float,
    width: float,
    head_air: float,
    gas: float,
    foam: float,
    gap: float,
    devices: set[str],
    lungs: str,
) -> None:
    person = Person(
        reach=(low, low + height),
        across=(left, left + width),
        step=5.0,
        pixel=4.0,
        head_air=head_air,
        gas=gas,
        foam=foam,
        gap=gap,
        devices=tuple(sorted(devices)),
        lungs=lungs,
    )
    scan = person.scan()
    right = truths(scan)
    for label, volume in astray_or_refused(scan).items():
        if label.startswith("Lung"):
            assert volume < 1.0 + 0.002 * millilitres(right[label], scan), label


def test_the_command_says_why_no_side_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = replace(VARIANTS["field of view on the left"], reach=CHEST, step=5.0, pixel=4.0)
    scan = person.scan()
    plan = SeriesPlan(
        shape=scan.volume.array.shape[1:],
        offsets=tuple(float(one - scan.z[0]) for one in scan.z),
        spacing=(person.pixel, person.pixel),
        origin=scan.volume.geometry.planes[0].position,
    )
    folder = write_series(plan, tmp_path / "series", np.asarray(scan.volume.array, dtype=np.int16))
    assert main(["segment", str(folder), "-o", str(tmp_path / "out.dcm")]) == 0
    said = capsys.readouterr().out
    assert "Lung_L           not drawn: no spine" in said
    assert "External         not drawn: the edge of the image cuts through the body" in said
