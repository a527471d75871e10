"""Images whose corners are padding: the circle cuts a body as an edge of the image does, and nothing lies beyond it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from model.engines.engine import Drawing
from model.engines.hu_ct.circle import CUT, find_circle
from model.engines.hu_ct.working import working_grid
from model.quality import with_quality_flags
from model.registry import engine
from model.volume.patient_axes import to_canonical
from model.volume.volume import Volume
from tests.builders.person import Person, Scan

CHEST = Person(reach=(-130.0, 125.0), step=5.0, pixel=3.5)


def within(scan: Scan, radius: float, padding: int = -1024) -> Scan:
    """The scan reconstructed within a circle around the middle of its image."""
    array = np.asarray(scan.volume.array, dtype=np.int16).copy()
    pixel = scan.volume.geometry.planes[0].spacing[0]
    row, column = (np.arange(size) - (size - 1) / 2 for size in array.shape[1:])
    beyond = np.hypot(row[:, None], column[None, :]) * pixel > radius
    array[:, beyond] = padding
    return replace(
        scan,
        volume=Volume(array, scan.volume.geometry),
        inside=scan.inside & ~beyond,
        lungs=np.where(beyond, 0, scan.lungs).astype(np.uint8),
    )


def draw(scan: Scan) -> Drawing:
    return with_quality_flags(engine("hu-ct").draw(scan.volume, lambda fraction, what: None), scan.volume.geometry)


@pytest.mark.parametrize(("radius", "padding"), [(120.0, -1024), (150.0, -3024), (150.0, -1000), (130.0, 0)])
def test_a_body_that_the_circle_cuts_has_no_skin_and_its_lungs_are_whole_up_to_there(
    radius: float, padding: int
) -> None:
    scan = within(CHEST.scan(), radius, padding)
    drawing = draw(scan)
    assert "External" in {one.label: one.reason for one in drawing.not_drawn}
    for label, value in (("Lung_R", 1), ("Lung_L", 2)):
        lung = next(one for one in drawing.structures if one.label == label)
        mask, truth = lung.mask.full(scan.volume.geometry.shape), scan.lungs == value
        assert 2.0 * int((mask & truth).sum()) / (int(mask.sum()) + int(truth.sum())) > 0.95
        # A few voxels at its rim: a millilitre are 16.
        assert int((mask & ~ndimage.binary_dilation(truth, iterations=2)).sum()) < 16 + 0.002 * int(truth.sum())
        assert radius > 130.0 or CUT in lung.flags


def test_a_circle_around_the_whole_patient_changes_nothing() -> None:
    whole = replace(CHEST, across=(-205.0, 205.0)).scan()
    scan = within(whole, 192.0)
    assert find_circle(working_grid(to_canonical(scan.volume))) is not None
    before, after = draw(whole), draw(scan)
    assert {one.label for one in after.structures} == {one.label for one in before.structures}
    external = next(one for one in after.structures if one.label == "External")
    assert int((external.mask.full(scan.volume.geometry.shape) & scan.inside).sum()) > 0.98 * int(scan.inside.sum())
    assert CUT not in external.flags


def test_air_around_a_patient_is_no_circle() -> None:
    scan = CHEST.scan()
    assert find_circle(working_grid(to_canonical(scan.volume))) is None
    # The same with its surroundings masked: of the patient's shape, not of the scanner's.
    array = np.where(ndimage.binary_dilation(scan.inside, iterations=2), scan.volume.array, -1024).astype(np.int16)
    assert find_circle(working_grid(to_canonical(Volume(array, scan.volume.geometry)))) is None
