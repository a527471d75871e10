"""What hu-ct draws on the samples still looks as it did when somebody last looked."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.golden.overlays import NAMES, path_of, picture

# Contours a pixel aside on another processor are no change; a structure more or less is.
DIFFERENT, SHARE = 60, 0.004


@pytest.mark.parametrize("name", NAMES)
def test_an_overlay_looks_as_it_did(name: str) -> None:
    kept = np.asarray(Image.open(path_of(name)).convert("RGB")).astype(int)
    now = np.asarray(Image.open(io.BytesIO(picture(name))).convert("RGB")).astype(int)
    assert now.shape == kept.shape, "draw the pictures anew with python -m tests.golden.overlays and look at them"
    changed = float((np.abs(now - kept).max(axis=-1) > DIFFERENT).mean())
    assert changed < SHARE, "draw the pictures anew with python -m tests.golden.overlays and look at them"
