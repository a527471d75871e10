"""deepbet draws a brain where its extra is installed; modality and extent are checked before its networks run."""

from __future__ import annotations

import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from model.engines.engine import Drawing
from model.engines.registry import engine, names
from model.errors import EngineFailed
from model.quality.findings import volume_ml
from model.samples.image import read_nifti
from model.samples.packages import MRICRON, extract
from model.volume.volume import Volume
from tests.builders.acquisition import sample_volume
from tests.builders.agreement import dice
from tests.builders.volumes import volume
from tests.golden.overlays import MR_HEAD, SHARE, changed, overlay, path_of

pytestmark = pytest.mark.skipif(find_spec("deepbet") is None, reason='the extra "deepbet" is not installed')


@cache
def drawn() -> tuple[Volume, Drawing]:
    head = sample_volume(MR_HEAD)
    return head, engine("deepbet").draw(head, lambda fraction, words: None)


def test_it_is_a_model_of_this_machine_and_refuses_what_is_no_head_in_mr() -> None:
    assert "deepbet" in names()
    drawer = engine("deepbet")
    with pytest.raises(EngineFailed, match="T1-weighted MR"):
        drawer.draw(volume((20, 40, 44)), lambda fraction, words: None)
    with pytest.raises(EngineFailed, match="needs a head"):
        drawer.draw(volume((8, 40, 44), modality="MR"), lambda fraction, words: None)


def test_the_brain_of_a_template_head_has_the_volume_of_one() -> None:
    head, drawing = drawn()
    assert [one.label for one in drawing.structures] == ["Brain"]
    # The template is stretched to a standard space in which heads are a quarter too large.
    assert 1900 < volume_ml(drawing.structures[0].mask, head.geometry) < 2010


def test_the_brain_agrees_with_the_mask_that_comes_with_the_head() -> None:
    # That mask follows the gyri, ours the inside of the skull: 228 of 237 ml that differ are fluid around the brain.
    head, drawing = drawn()
    with tempfile.TemporaryDirectory() as folder:
        (path,) = extract(MRICRON, ("usr/share/mricron/templates/ch2bet.nii.gz",), Path(folder))
        stripped = read_nifti(path).array > 0
    assert dice(drawing.structures[0].mask, stripped) > 0.93
    mine = drawing.structures[0].mask.full(head.geometry.shape)
    assert float((stripped & mine).sum()) > 0.99 * float(np.count_nonzero(stripped))


def test_the_overlay_looks_as_it_did() -> None:
    way_out = "draw the pictures anew with python -m tests.golden.overlays and look at them"
    assert changed(path_of(MR_HEAD, "deepbet"), overlay(*drawn())) < SHARE, way_out
