"""deepbet draws a brain where its extra is installed; modality and extent are checked before its networks run."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.engines.deepbet.head import require_brain, require_head, require_magnitude
from model.engines.engine import Drawing
from model.errors import EngineFailed
from model.quality.findings import volume_ml
from model.registry import engine, names
from model.samples.image import read_nifti
from model.samples.packages import MRICRON, extract
from model.volume.acquisition import Acquisition
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


def as_parts(head: Volume, part: str) -> NDArray[np.float32]:
    """What a scanner shows of the same head as phase, real or imaginary part, with a phase that varies slowly."""
    magnitude = np.asarray(head.array, dtype=np.float32)
    random = np.random.default_rng(3)
    z, y, x = (np.linspace(-1, 1, size, dtype=np.float32) for size in magnitude.shape)
    angle = 2.5 * (z[:, None, None] + y[None, :, None] * x[None, None, :])
    noise = random.normal(0, 2, magnitude.shape) + 1j * random.normal(0, 2, magnitude.shape)
    whole = magnitude * np.exp(1j * angle) + noise
    if part == "phase":
        return np.asarray(np.angle(whole) * 1000, dtype=np.float32)
    if part == "phase, unsigned":
        return np.asarray(np.angle(whole) * 650 + 2048, dtype=np.float32)
    if part == "phase, air masked":
        return np.asarray(np.where(magnitude > 10, np.angle(whole) * 650, 0) + 2048, dtype=np.float32)
    return np.asarray(whole.real if part == "real" else whole.imag, dtype=np.float32)


@pytest.mark.parametrize("part", ["phase", "phase, unsigned", "phase, air masked", "real", "imaginary"])
def test_phase_real_and_imaginary_images_are_refused_whatever_their_headers_say(part: str) -> None:
    head = sample_volume(MR_HEAD)
    with pytest.raises(EngineFailed, match="magnitude"):
        require_magnitude(replace(head, array=as_parts(head, part)))


@pytest.mark.parametrize("term", ["P", "R", "I", "PHASE", "REAL", "IMAGINARY", "PHASE MAP", "P_FFE"])
def test_headers_that_say_so_suffice(term: str) -> None:
    head = sample_volume(MR_HEAD)
    with pytest.raises(EngineFailed, match="magnitude"):
        require_magnitude(replace(head, acquisition=Acquisition(frozenset(("ORIGINAL", "PRIMARY", term)))))


def test_magnitude_images_of_heads_pass_in_any_brightness_and_orientation() -> None:
    head = sample_volume(MR_HEAD)
    terms = Acquisition(frozenset(("ORIGINAL", "PRIMARY", "M", "M_FFE", "NORM")))
    noisy = np.abs(
        np.asarray(head.array, dtype=np.float32) * 7 + np.random.default_rng(1).normal(0, 40, head.array.shape)
    )
    for array in (head.array, noisy.astype(np.float32)):
        image = replace(head, array=array, acquisition=terms)
        require_magnitude(image)
        require_head(image)


def test_what_is_no_head_is_refused() -> None:
    with pytest.raises(EngineFailed, match="head"):
        require_head(sample_volume("mr-abdomen"))
    for millilitres in (40.0, 4000.0):
        with pytest.raises(EngineFailed, match="size of a brain"):
            require_brain(millilitres)


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
