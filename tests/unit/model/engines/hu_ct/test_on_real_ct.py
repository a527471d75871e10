"""hu-ct on real CT: agreement with reference labels where a sample has them, plausible volumes where it has none.

The references are TotalSegmentator's output, so agreement and not truth. Volumes in ml were measured once and looked
at (docs/images); the bounds are where a structure would no longer be the organ.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from model.contours.structure import BoxedMask
from model.engines.hu_ct.lungs import lung_edge
from model.engines.hu_ct.working import WorkingGrid
from model.errors import EngineFailed
from model.quality.findings import volume_ml
from model.registry import engine
from model.volume.volume import Volume
from tests.builders.acquisition import sample_drawing, sample_volume
from tests.builders.agreement import (
    LABELS,
    SPINAL_CORD,
    body_reference,
    centre_distances,
    dice,
    other_references,
    reference_on,
    within,
)

Drawn = tuple[dict[str, BoxedMask], dict[str, str], Volume]


@cache
def drawn(name: str) -> Drawn:
    volume, drawing = sample_drawing(name)
    masks = {one.label: one.mask for one in drawing.structures}
    return masks, {one.label: one.reason for one in drawing.not_drawn}, volume


def of_label(name: str, label: str) -> np.ndarray:
    return np.isin(reference_on(name, drawn(name)[2]), LABELS[label])


@pytest.mark.parametrize(
    ("name", "label", "least", "most"),
    [
        ("thorax", "External", 10_000, 12_000),
        ("thorax", "Lung_L", 1000, 1150),
        ("thorax", "Lung_R", 1680, 1830),
        ("thorax", "Trachea", 14, 25),
        ("thorax", "SpinalCanal", 45, 62),
        ("thorax2", "Lung_L", 1480, 1650),
        ("thorax2", "Lung_R", 2220, 2420),
        ("thorax2", "Trachea", 16, 27),
        ("thorax2", "SpinalCanal", 58, 80),
        ("aorta", "Lung_L", 1550, 1750),
        ("aorta", "Lung_R", 2180, 2380),
        ("aorta", "Trachea", 20, 34),
        ("aorta", "SpinalCanal", 62, 86),
        ("abdomen", "SpinalCanal", 44, 63),
        ("slab", "SpinalCanal", 10, 18),
        ("head", "Brain", 1200, 1600),
        ("head", "External", 3100, 3400),
    ],
)
def test_volumes_are_those_of_the_organs(name: str, label: str, least: float, most: float) -> None:
    masks, _, volume = drawn(name)
    assert least < volume_ml(masks[label], volume.geometry) < most


@pytest.mark.parametrize("label", ["Lung_L", "Lung_R"])
def test_lung_bases_agree_with_the_reference(label: str) -> None:
    # 41 and 70 ml at 3 mm voxels: more than half of the voxels are at a surface, so Dice is low for its distance.
    mask, truth = drawn("abdomen")[0][label], of_label("abdomen", label)
    assert dice(mask, truth) > 0.957
    assert within(mask, truth, 1) > 0.99


@pytest.mark.parametrize("label", ["Lung_L", "Lung_R"])
def test_lung_bases_agree_with_each_reference_nearly_as_the_references_with_each_other(label: str) -> None:
    volume = drawn("abdomen")[2]
    mine = drawn("abdomen")[0][label].full(volume.geometry.shape)[-30:]
    theirs = {name: np.isin(labels, LABELS[label]) for name, labels in other_references().items()}
    among_each_other = dice(BoxedMask.crop(theirs["fine"]), theirs["coarse"])
    assert among_each_other < 0.972
    for truth in theirs.values():
        assert dice(BoxedMask.crop(mine), truth) > among_each_other - 0.015
    assert dice(BoxedMask.crop(mine), theirs["fine"]) > 0.963


def test_the_surface_of_a_lung_lies_halfway_between_its_own_values_and_tissue() -> None:
    # Deep inspiration, and a lung so dense that halfway would be the value of lung with fat beside it.
    array = np.full((20, 40, 40), 40, dtype=np.float32)
    core = np.zeros(array.shape, dtype=np.bool_)
    core[4:16, 10:30, 10:30] = True
    edges = []
    for lung in (-870.0, -690.0):
        array[core] = lung
        grid = WorkingGrid(array, (3.0, 3.0, 3.0), (1, 1, 1), full=None)  # type: ignore[arg-type]
        edges.append(lung_edge(core, grid))
    assert edges == [-415.0, -350.0]


def test_bones_agree_on_native_ct() -> None:
    assert dice(drawn("abdomen")[0]["Bones_HU"], of_label("abdomen", "Bones_HU")) > 0.90


@pytest.mark.parametrize("name", ["abdomen", "slab"])
def test_the_canal_is_centred_on_the_cord(name: str) -> None:
    masks, _, volume = drawn(name)
    distances = centre_distances(masks["SpinalCanal"], reference_on(name, volume) == SPINAL_CORD, volume)
    assert len(distances) >= 20
    assert np.percentile(distances, 95) <= 2.5


def test_the_canal_stops_above_the_sacrum() -> None:
    masks, _, volume = drawn("abdomen")
    sacrum = np.flatnonzero((reference_on("abdomen", volume) == 25).any(axis=(1, 2)))
    lowest = masks["SpinalCanal"].origin[0]
    assert lowest > (sacrum[0] + sacrum[-1]) / 2


@pytest.mark.parametrize("name", ["abdomen", "slab"])
def test_external_holds_every_organ(name: str) -> None:
    masks, _, volume = drawn(name)
    organs = reference_on(name, volume) > 0
    inside = masks["External"].full(volume.geometry.shape)
    assert float((organs & inside).sum()) / float(organs.sum()) > 0.999


@pytest.mark.parametrize(
    ("name", "label", "word"),
    [
        ("slab", "Bones_HU", "contrast"),
        ("aorta", "Bones_HU", "contrast"),
        ("slab", "Lung_L", "no lung"),
        ("heart", "External", "field of view"),
        ("heart", "Lung_L", "no spine"),
        ("heart", "Lung_R", "no spine"),
        ("heart", "Bones_HU", "contrast"),
        ("abdomen", "Trachea", "airway"),
        ("head", "Trachea", "airway"),
        ("head", "SpinalCanal", "spine"),
        ("thorax", "Brain", "skull"),
        ("abdomen", "Brain", "skull"),
    ],
)
def test_what_the_image_cannot_give_is_left_out_with_its_reason(name: str, label: str, word: str) -> None:
    masks, reasons, _ = drawn(name)
    assert label not in masks
    assert word in reasons[label]


def test_external_agrees_with_the_reference() -> None:
    truth = body_reference()
    mask = drawn("abdomen")[0]["External"].full(drawn("abdomen")[2].geometry.shape)[-len(truth) :]
    assert dice(BoxedMask.crop(mask), truth) > 0.98


def test_lung_and_bowel_gas_are_told_apart() -> None:
    masks, _, volume = drawn("abdomen")
    gas = np.isin(reference_on("abdomen", volume), (6, 18, 19, 20))  # stomach, small bowel, duodenum, colon
    lungs = masks["Lung_L"].full(volume.geometry.shape) | masks["Lung_R"].full(volume.geometry.shape)
    assert not (lungs & gas).any()


def test_mr_is_refused() -> None:
    with pytest.raises(EngineFailed, match="MODEL_MODALITY"):
        engine("hu-ct").draw(sample_volume("mr-head-thick"), lambda fraction, what: None)


def test_an_unknown_model_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(EngineFailed, match="hu-ct") as refused:
        engine("nonesuch")
    assert refused.value.code == "MODEL_UNKNOWN"
