"""deepbet draws a brain where its extra is installed; modality and extent are checked before its networks run."""

from __future__ import annotations

import pytest

pytest.importorskip("deepbet", reason='the extra "deepbet" is not installed')

from model.engines.registry import engine, names
from model.errors import EngineFailed
from model.samples import series
from model.series.geometry import geometry_of
from model.volume.load import load_volume, series_in
from tests.builders.volumes import volume


def test_it_is_a_model_of_this_machine_and_refuses_what_is_no_head_in_mr() -> None:
    assert "deepbet" in names()
    drawer = engine("deepbet")
    with pytest.raises(EngineFailed, match="T1-weighted MR"):
        drawer.draw(volume((20, 40, 44)), lambda fraction, words: None)
    with pytest.raises(EngineFailed, match="needs a head"):
        drawer.draw(volume((8, 40, 44), modality="MR"), lambda fraction, words: None)


def test_the_brain_of_a_template_head_has_the_volume_of_one() -> None:
    paths, headers = series_in(series("mr-head"))
    geometry = geometry_of(headers)
    drawing = engine("deepbet").draw(load_volume(paths, geometry), lambda fraction, words: None)
    assert [one.label for one in drawing.structures] == ["Brain"]
    millilitres = drawing.structures[0].mask.array.sum() / 1000  # voxels of 1 mm³; the template is a large head
    assert 1500 < millilitres < 2100
