"""However a series was acquired, hu-ct draws the same organs, and left stays left."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from model.contours.structure import Structure
from model.engines.engine import Drawing
from model.registry import engine
from model.volume.patient_axes import axes_of
from model.volume.volume import Volume
from tests.builders.acquisition import coarser, sample_volume, tilted, turned

# Letters of where columns and rows count to: feet first, prone, mirrored, reversed, coronal and sagittal.
ACQUISITIONS = [("R", "P"), ("L", "A"), ("R", "A"), ("P", "L"), ("L", "F"), ("R", "H"), ("P", "F"), ("A", "H")]


@cache
def thorax() -> Volume:
    return coarser(sample_volume("thorax"), 4)


@cache
def upright() -> Drawing:
    return draw(thorax())


def draw(volume: Volume) -> Drawing:
    return engine("hu-ct").draw(volume, lambda fraction, what: None)


def middle(structure: Structure, volume: Volume) -> np.ndarray:
    """Centroid in LPS mm."""
    index = np.argwhere(structure.mask.array).mean(axis=0) + structure.mask.origin
    return np.asarray(volume.geometry.positions[0] + axes_of(volume.geometry) @ index)


def millilitres(structure: Structure, volume: Volume) -> float:
    return float(structure.mask.array.sum() * abs(np.linalg.det(axes_of(volume.geometry))) / 1000)


@pytest.mark.parametrize(("row", "column"), ACQUISITIONS)
def test_a_turned_series_gives_the_very_same_voxels(row: str, column: str) -> None:
    volume = turned(thorax(), row, column)
    drawing = draw(volume)
    assert [one.label for one in drawing.structures] == [one.label for one in upright().structures]
    for mine, other in zip(drawing.structures, upright().structures, strict=True):
        assert int(mine.mask.array.sum()) == int(other.mask.array.sum()), mine.label
        np.testing.assert_allclose(middle(mine, volume), middle(other, thorax()), atol=1e-6, err_msg=mine.label)


def test_left_is_on_the_left() -> None:
    # x grows to the patient's left (DICOM PS3.3 C.7.6.2.1.1), and the larger lung of this patient is the right one.
    # The other tests compare places by label, so left stays left in them.
    drawn = {one.label: one for one in upright().structures}
    assert middle(drawn["Lung_L"], thorax())[0] > middle(drawn["Lung_R"], thorax())[0] + 80.0
    assert millilitres(drawn["Lung_R"], thorax()) > 1.3 * millilitres(drawn["Lung_L"], thorax())


@pytest.mark.parametrize(("x", "z"), [(25.0, 0.0), (0.0, 30.0), (20.0, -20.0), (8.0, 5.0)])
def test_an_oblique_series_gives_the_same_organs(x: float, z: float) -> None:
    volume = tilted(thorax(), x, z)
    drawn = {one.label: one for one in draw(volume).structures}
    for label in ("External", "Lung_L", "Lung_R"):
        other = next(one for one in upright().structures if one.label == label)
        assert millilitres(drawn[label], volume) == pytest.approx(millilitres(other, thorax()), rel=0.05), label
        assert np.linalg.norm(middle(drawn[label], volume) - middle(other, thorax())) < 6.0, label
