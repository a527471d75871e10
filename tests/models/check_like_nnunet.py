"""As nnU-Net draws: at least 99.99 % of the voxels of a real CT, for each kind of network; ``make test-models``.

Its name keeps it out of ``make test``: it needs nnU-Net itself and trains for minutes the first time.
"""

from __future__ import annotations

import pytest

from tests.models.compare import compare
from tests.models.trained import NETS

EQUAL = 0.9999


@pytest.mark.parametrize("name", NETS)
def test_voxels_are_those_of_nnunet(name: str) -> None:
    as_it_is, full = compare(name), compare(name, "full-precision")
    assert as_it_is.equal >= EQUAL
    # What differs comes from the 16 bits of nnU-Net's buffers: with more it is nearer.
    assert full.equal >= as_it_is.equal
