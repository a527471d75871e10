"""What hu-ct draws on the samples still looks as it did when somebody last looked."""

from __future__ import annotations

import pytest

from tests.golden.overlays import NAMES, SHARE, changed, path_of, picture

WAY_OUT = "draw the pictures anew with python -m tests.golden.overlays and look at them"


@pytest.mark.parametrize("name", NAMES)
def test_an_overlay_looks_as_it_did(name: str) -> None:
    assert changed(path_of(name), picture(name)) < SHARE, WAY_OUT
