"""Masks to a structure set and back: voxel for voxel, in every geometry, by readers that share no code."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from pydicom import dcmread

from model.contours import kernel
from model.rtstruct.read import read_masks
from tests.builders import rasteriser, series
from tests.builders.drawings import written
from tests.builders.structures import thirty

PLANS = pytest.mark.parametrize("name", series.GEOMETRIES)
# The independent rasteriser tests every voxel against every edge: a small grid keeps it to seconds.
SMALL = (24, 28)


@pytest.fixture(params=["compiled", "numpy"])
def either_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with the compiled part and without it."""
    if request.param == "numpy":
        monkeypatch.setattr(kernel, "KERNEL", None)
    else:
        assert kernel.KERNEL is not None, "the compiled part was not built"
    return str(request.param)


@PLANS
@pytest.mark.usefixtures("either_kernel")
def test_own_reader_gives_every_voxel_back(name: str) -> None:
    plan = series.GEOMETRIES[name]
    geometry = series.geometry(plan)
    made = list(thirty(geometry.shape))
    read = read_masks(dcmread(io.BytesIO(written(plan, made).content)), geometry)
    assert [roi.name for roi in read] == [label for label, _ in made]
    wrong = {
        roi.name: int((roi.mask.full(geometry.shape) != mask).sum()) for roi, (_, mask) in zip(read, made, strict=True)
    }
    assert wrong == dict.fromkeys(wrong, 0)


@PLANS
@pytest.mark.parametrize("union", [False, True], ids=["even-odd", "union"])
def test_independent_rasteriser_gives_every_voxel_back(name: str, union: bool) -> None:
    plan = replace(series.GEOMETRIES[name], shape=SMALL)
    images = rasteriser.along_normal(series.headers(plan))
    made = list(thirty((len(images), *SMALL), seed=5))
    found = rasteriser.masks(written(plan, made).content, images, union=union)
    wrong = {label: int((found[label] != mask).sum()) for label, mask in made}
    assert wrong == dict.fromkeys(wrong, 0)


def test_nested_contours_on_request_are_right_for_readers_that_toggle() -> None:
    plan = replace(series.GEOMETRIES["axial"], shape=SMALL)
    images = rasteriser.along_normal(series.headers(plan))
    made = list(thirty((len(images), *SMALL)))
    found = rasteriser.masks(written(plan, made, keyholes=False).content, images)
    assert all(np.array_equal(found[label], mask) for label, mask in made)
